package io.beemesh.machine.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Questions of pods and answers of strangers' servers, broken and random: nothing is thrown, and little made of it. */
final class DnsMessageFuzzTest {
    private static final int ROUNDS = Integer.getInteger("beemesh.fuzz.rounds", 20_000);
    private static final int BYTES_MAX = 80;

    private static final byte[] QUESTION = DnsMessage
            .parse(new byte[]{0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 4, 't', 'e', 's', 't', 0,
                    0, 1, 0, 1})
            .orElseThrow().question();
    private static final byte[] ANSWER = DnsMessage.parse(QUESTION).orElseThrow().answer(
            DnsMessage.OK,
            List.of(new DnsMessage.Answer("a.test", DnsMessage.CNAME, DnsMessage.name("b.test")),
                    new DnsMessage.Answer("b.test", DnsMessage.A, new byte[]{9, 9, 9, 9})),
            true);

    @Test
    void soundMessages_areRead() {
        assertThat(DnsMessage.parse(QUESTION).orElseThrow().name()).isEqualTo("a.test");
        assertThat(DnsMessage.addresses(ANSWER, DnsMessage.A))
                .containsExactly(new byte[]{9, 9, 9, 9});
    }

    @Test
    void anyBytes_areReadOrNot_andNothingIsThrown() {
        SplittableRandom random = new SplittableRandom(4);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = bytes(random, round);
            for (int type : new int[]{DnsMessage.A, DnsMessage.AAAA}) {
                assertThat(DnsMessage.addresses(bytes, type).size()).isLessThanOrEqualTo(16);
            }
            Optional<DnsMessage> read = DnsMessage.parse(bytes);
            if (read.isPresent()) {
                byte[] again = read.get().question();
                assertThat(DnsMessage.parse(again).orElseThrow().name())
                        .isEqualTo(read.get().name());
                assertThat(read.get().answer(DnsMessage.SERVER_FAILURE, List.of(), true))
                        .hasSizeLessThanOrEqualTo(512);
                assertThat(read.get().withName("b.test").question()).isNotEmpty();
            }
        }
    }

    private static byte[] bytes(SplittableRandom random, int round) {
        if (round % 4 == 0) {
            byte[] bytes = new byte[random.nextInt(BYTES_MAX)];
            random.nextBytes(bytes);
            return bytes;
        }
        byte[] bytes = (round % 2 == 0 ? QUESTION : ANSWER).clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }
}

package io.beemesh.libp2p.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class PubsubCodecFuzzTest {
    private static final MessageId ID = MessageId.of(new byte[]{1, (byte) 0xff, 3});

    private static Rpc rpc() {
        Rpc rpc = new Rpc();
        rpc.subscriptions.add(new Rpc.Subscription(true, "topic"));
        rpc.messages.add(new WireMessage(new byte[38], new byte[100], new byte[8], "topic",
                new byte[64], null));
        rpc.ihave.add(new Rpc.IHave("topic", List.of(ID, ID)));
        rpc.iwant.add(ID);
        rpc.graft.add("topic");
        rpc.prune.add(
                new Rpc.Prune("topic", List.of(new Rpc.Exchanged(new byte[38], new byte[9])), 60));
        rpc.idontwant.add(ID);
        return rpc;
    }

    @Test
    void decode_encoded_isTheSame() throws PubsubException {
        assertThat(PubsubCodec.decode(ByteBuffer.wrap(PubsubCodec.encode(rpc()))))
                .usingRecursiveComparison()
                .isEqualTo(rpc());
    }

    @Test
    void decode_mutated_isReadOrRefused() {
        SplittableRandom random = new SplittableRandom(8);
        byte[] valid = PubsubCodec.encode(rpc());
        int read = 0;
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = random.nextInt(4) == 0
                    ? Arrays.copyOf(valid, random.nextInt(valid.length))
                    : valid.clone();
            for (int j = random.nextInt(4); j >= 0 && bytes.length > 0; j--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                assertThat(PubsubCodec.decode(ByteBuffer.wrap(bytes)).messages.size())
                        .isLessThan(10);
                read++;
            } catch (PubsubException e) {
                refused++;
            }
        }
        assertThat(read).isPositive();
        assertThat(refused).isPositive();
    }
}

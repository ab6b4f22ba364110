package io.beemesh.libp2p.multistream;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.simulation.Fuzz;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MultistreamFuzzTest {
    private static final ProtocolId PROTOCOL = new ProtocolId("/test/1.0.0");
    private static final List<byte[]> VALID = List.of(
            MultistreamReader.encode(MultistreamReader.HEADER, PROTOCOL.name()),
            MultistreamReader.encode(MultistreamReader.HEADER, "/other/1", "ls", PROTOCOL.name()),
            MultistreamReader.encode(MultistreamReader.HEADER, "x".repeat(1000)));

    @Test
    void listener_mutatedProposals_agreesOrWaitsOrRefuses() {
        Fuzz.run(VALID, MultistreamException.class, bytes -> {
            MultistreamListener listener = new MultistreamListener(PROTOCOL::equals);
            ByteBuffer in = ByteBuffer.wrap(bytes);
            int answered = 0;
            for (;;) {
                assertThat(listener.wanted()).isBetween(1, MultistreamReader.MESSAGE_BYTES_MAX);
                MultistreamStep step = listener.feed(in);
                if (step instanceof MultistreamStep.Send send) {
                    answered += send.bytes().length;
                } else {
                    break;
                }
            }
            // Every answer is shorter than what it answers: nobody is paid for asking.
            assertThat(answered).isLessThanOrEqualTo(bytes.length + 20);
        });
    }

    @Test
    void dialer_mutatedAnswers_agreesOrWaitsOrRefuses() {
        List<byte[]> answers = List.of(
                MultistreamReader.encode(MultistreamReader.HEADER, PROTOCOL.name()),
                MultistreamReader.encode(MultistreamReader.HEADER, MultistreamReader.NOT_AVAILABLE,
                        "/second/1"));
        Fuzz.run(answers, MultistreamException.class, bytes -> {
            MultistreamDialer dialer = new MultistreamDialer(
                    List.of(PROTOCOL, new ProtocolId("/second/1")));
            ByteBuffer in = ByteBuffer.wrap(bytes);
            MultistreamStep step = dialer.feed(in);
            while (step instanceof MultistreamStep.Send) {
                step = dialer.feed(in);
            }
            assertThat(step).isNotNull();
        });
    }
}

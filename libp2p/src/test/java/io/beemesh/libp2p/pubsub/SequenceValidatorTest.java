package io.beemesh.libp2p.pubsub;

import static io.beemesh.libp2p.pubsub.MessageValidator.Verdict.ACCEPT;
import static io.beemesh.libp2p.pubsub.MessageValidator.Verdict.IGNORE;
import static io.beemesh.libp2p.pubsub.MessageValidator.Verdict.REJECT;
import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SequenceValidatorTest {
    private static final PeerId AUTHOR = author(1);

    private final Simulation simulation = new Simulation(1);
    private final SimulatedLoop loop = simulation.newLoop();
    private MessageValidator.Verdict thought = ACCEPT;
    private final SequenceValidator validator = new SequenceValidator(loop,
            Duration.ofMinutes(2), (message, source) -> thought);

    private static PeerId author(int number) {
        byte[] seed = ByteBuffer.allocate(PrivateKey.SEED_BYTES).putInt(number).array();
        return PrivateKey.fromSeed(seed).peerId();
    }

    private MessageValidator.Verdict validate(PeerId author, long sequence) {
        byte[] number = ByteBuffer.allocate(8).putLong(sequence).array();
        return validator.validate(new PubsubMessage(MessageId.of(author.toBytes(), number), author,
                sequence, "topic", new byte[0]), author);
    }

    private void run(int seconds) {
        simulation.run(Duration.ofSeconds(seconds));
    }

    /** Ids are known for 120 s: from then on there is nothing but the numbers. */
    @Test
    void validate_sentAgainAfterItWasForgotten_isIgnored() {
        for (int second = 1; second <= 500; second++) {
            assertThat(validate(AUTHOR, second)).isEqualTo(ACCEPT);
            if (second > 121) {
                assertThat(validate(AUTHOR, second - 121)).isEqualTo(IGNORE);
            }
            run(1);
        }
    }

    @Test
    void validate_overtaken_isAccepted() {
        for (int second = 0; second < 500; second += 10) {
            assertThat(validate(AUTHOR, 2_000 + second)).isEqualTo(ACCEPT);
            assertThat(validate(AUTHOR, 2_000 + second - 35)).isEqualTo(ACCEPT);
            run(10);
        }
    }

    @Test
    void validate_afterALongSilence_knowsTheLastOnes() {
        assertThat(validate(AUTHOR, -9)).isEqualTo(ACCEPT); // numbers have no sign
        assertThat(validate(AUTHOR, -8)).isEqualTo(ACCEPT);
        run(10_000);
        assertThat(validate(AUTHOR, -8)).isEqualTo(IGNORE);
        assertThat(validate(AUTHOR, 5)).isEqualTo(IGNORE);
        assertThat(validate(AUTHOR, -7)).isEqualTo(ACCEPT);
    }

    @Test
    void validate_othersReject_raisesNothing() {
        thought = REJECT;
        assertThat(validate(AUTHOR, 100)).isEqualTo(REJECT);
        thought = ACCEPT;
        run(1_000);
        assertThat(validate(AUTHOR, 50)).isEqualTo(ACCEPT);
    }

    @Test
    void validate_manyAuthors_forgetsTheOneThatWasSilentLongest() {
        assertThat(validate(AUTHOR, 7)).isEqualTo(ACCEPT);
        run(1_000);
        assertThat(validate(AUTHOR, 7)).isEqualTo(IGNORE);
        for (int i = 2; i < 2 + SequenceValidator.AUTHORS_MAX; i++) {
            assertThat(validate(author(i), 7)).isEqualTo(ACCEPT);
        }
        assertThat(validate(AUTHOR, 7)).isEqualTo(ACCEPT);
        assertThat(validate(author(1 + SequenceValidator.AUTHORS_MAX), 8)).isEqualTo(ACCEPT);
    }
}

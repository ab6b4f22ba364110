package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AnswersTest {
    private static final ObjectKey KEY = TestObjects.configMap("shop", "a");

    private final Simulation simulation = new Simulation(1);
    private final SimulatedLoop loop = simulation.newLoop();
    private final Answers answers = new Answers(loop);

    private static WriteResult refusal(int bytes) {
        return new WriteResult.AlreadyExists(
                TestObjects.draft(KEY, "x".repeat(bytes)).at(1));
    }

    private boolean areComplete() {
        return answers.areCompleteSince(loop.nanoTime() - Duration.ofHours(1).toNanos());
    }

    @Test
    void put_again_keepsTheFirst() {
        answers.put(7, refusal(1));
        answers.put(7, new WriteResult.Full("second"));
        assertThat(answers.get(7)).get().isInstanceOf(WriteResult.AlreadyExists.class);
        assertThat(areComplete()).isTrue();
    }

    /** Who was crowded out was taken for one that had never been. */
    @Test
    void put_moreBytesThanThereIsRoomFor_dropsTheOldestAndSaysSo() {
        for (int id = 1; id <= 3; id++) {
            answers.put(id, refusal(3 << 20));
        }
        assertThat(answers.get(1)).isEmpty();
        assertThat(answers.get(2)).isPresent();
        assertThat(answers.get(3)).isPresent();
        assertThat(areComplete()).isFalse();
    }

    @Test
    void afterAWhile_holdsNothing_withoutAnotherAnswer() {
        for (int id = 1; id <= 3; id++) {
            answers.put(id, refusal(3 << 20));
        }
        simulation.run(Answers.KEPT.plusSeconds(1));
        assertThat(answers.get(3)).isEmpty();
        assertThat(areComplete()).isTrue();
    }
}

package io.beemesh.protocol.siblings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.protocol.DecoderFuzz;
import io.beemesh.protocol.scheduling.TaskId;
import io.beemesh.protocol.siblings.CloneAnswer.Kind;
import io.beemesh.protocol.siblings.CloneTask.Owner;
import io.beemesh.protocol.siblings.Presence.Replica;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SiblingMessagesTest {
    private static final int ROUNDS = Integer.getInteger("beemesh.fuzz.rounds", 3_000);
    private static final Presence PRESENCE = new Presence(1_800_000_000_000L, 7,
            List.of(new Replica(0, 1, false), new Replica(1_000_000, 99, true)));
    private static final CloneTask TASK = new CloneTask(new TaskId(1, 2),
            new Owner("replicasets", "default", "web-5c9f", "0b1f"), 3, 4);

    @Test
    void messages_roundTrip() throws FormatException {
        assertThat(Presence.fromBytes(PRESENCE.toBytes())).isEqualTo(PRESENCE);
        assertThat(CloneTask.fromBytes(TASK.toBytes())).isEqualTo(TASK);
        for (Kind kind : Kind.values()) {
            CloneAnswer answer = new CloneAnswer(kind, 5);
            assertThat(CloneAnswer.fromBytes(answer.toBytes())).isEqualTo(answer);
        }
    }

    @Test
    void fullPresence_fitsIntoItsLimit() throws FormatException {
        List<Replica> replicas = new ArrayList<>();
        for (int i = 0; i < Presence.REPLICAS_MAX; i++) {
            replicas.add(new Replica(Integer.MAX_VALUE - i, Integer.MAX_VALUE, true));
        }
        byte[] bytes = new Presence(Long.MAX_VALUE, Long.MAX_VALUE, replicas).toBytes();
        assertThat(bytes.length).isLessThanOrEqualTo(Presence.BYTES_MAX);
        assertThat(Presence.fromBytes(bytes).replicas()).hasSize(Presence.REPLICAS_MAX);
    }

    @Test
    void presenceOfAPodOfMany_isSmall() {
        assertThat(new Presence(1_800_000_000_000L, 1, List.of(new Replica(5, 1, false)))
                .toBytes().length).isLessThan(20);
    }

    @Test
    void beyondTheLimits_isRefused() {
        assertThatThrownBy(() -> Presence.fromBytes(new byte[Presence.BYTES_MAX + 1]))
                .isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> CloneTask.fromBytes(new byte[CloneTask.BYTES_MAX + 1]))
                .isInstanceOf(FormatException.class);
        byte[] nobody = new CloneTask(TASK.id(), new Owner("replicasets", "default", "web", ""),
                0, 1).toBytes();
        assertThatThrownBy(() -> CloneTask.fromBytes(nobody)).isInstanceOf(FormatException.class);
        byte[] unborn = new CloneTask(TASK.id(), TASK.owner(), 0, 0).toBytes();
        assertThatThrownBy(() -> CloneTask.fromBytes(unborn)).isInstanceOf(FormatException.class);
    }

    @Test
    void decoders_anyBytes_failInOrder() {
        List<byte[]> good = List.of(PRESENCE.toBytes(), TASK.toBytes(),
                CloneAnswer.of(Kind.VETOED).toBytes());
        List<DecoderFuzz.Decoder> decoders = List.of(Presence::fromBytes, CloneTask::fromBytes,
                CloneAnswer::fromBytes);
        DecoderFuzz.run(ROUNDS, good, decoders);
    }
}

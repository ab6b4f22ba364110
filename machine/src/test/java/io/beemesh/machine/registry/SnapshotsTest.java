package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.Snapshots.Taken;
import io.beemesh.protocol.registry.Position;
import io.beemesh.protocol.registry.RegistryMessage.SnapshotPart;
import org.junit.jupiter.api.Test;

class SnapshotsTest {
    private static final PeerId PRIMARY = SimulatedRegistry.peer(1);
    private static final Position POSITION = new Position(1, 10);
    private static final int PART_BYTES = 60;

    private final Snapshots snapshots = new Snapshots(
            new ObjectTable(new NamespaceUsage(1_000, 1_000_000)), new RecordCodec(), 100);

    private Taken take(int slot) {
        return snapshots.take(PRIMARY, new SnapshotPart(slot, 0, 1, POSITION, 0, false,
                new byte[0], new byte[PART_BYTES], 1));
    }

    /** What a primary that died had sent took the place of others for good. */
    @Test
    void overtakenByOtherWays_makesRoomForOthers() {
        assertThat(take(1)).isEqualTo(new Taken.More(1));
        assertThat(take(2)).as("too much together").isEqualTo(new Taken.Nothing());
        snapshots.overtaken(1, POSITION.sequence() - 1);
        assertThat(take(2)).isEqualTo(new Taken.Nothing());
        snapshots.overtaken(1, POSITION.sequence());
        assertThat(take(2)).isEqualTo(new Taken.More(1));
    }
}

package io.beemesh.machine.registry.replica;

import io.beemesh.protocol.registry.Position;

/** The state of a slot at one position, cut into parts that fit into messages. */
public interface SnapshotSource {
    /** The last entry that it includes. */
    Position position();

    /** How many parts there are, at least one. */
    int parts();

    byte[] part(int index);

    /** What goes with the last part. */
    byte[] head();
}

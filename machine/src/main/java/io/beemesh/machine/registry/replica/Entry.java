package io.beemesh.machine.registry.replica;

import io.beemesh.protocol.registry.Position;

/**
 * One entry of a slot's log.
 *
 * @param payload the content as it is on disk and on the wire; shared, never to be changed
 */
public record Entry(Position position, Content content, byte[] payload) {
    public long term() {
        return position.term();
    }

    public long sequence() {
        return position.sequence();
    }

    /** What an entry says, to whoever decoded it. */
    public interface Content {}

    /** Content after which other homes decide. */
    public interface Configuring extends Content {
        HomeSet homes();

        /** False if it repeats the homes for who reads on from here. */
        boolean isChange();
    }
}

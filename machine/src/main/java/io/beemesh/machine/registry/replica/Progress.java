package io.beemesh.machine.registry.replica;

import io.beemesh.protocol.registry.Position;
import java.util.Optional;

/** What a primary knows of one other home or follower. */
final class Progress {
    /** A snapshot on its way. */
    record Sending(Position position, SnapshotSource source, int next) {}

    /** Up to here its log is mine, on its disk. */
    long match;
    /** What to send next. */
    long next;
    long committed;
    long toldCommitted;
    /** Bytes sent and not answered. */
    long inFlightBytes;
    /** When the latest answered message was sent. */
    long ackedAt;
    boolean acked;
    /** When it was last there, with or without anything of the slot. */
    long thereAt;
    long sentAt;
    /** When it answered an append or a snapshot, or was first sent one. */
    long answeredAt;
    boolean voteless;
    /** Whether {@link #next} is a guess of which no answer has come. */
    boolean probing = true;
    boolean probeSent;
    Optional<Sending> snapshot = Optional.empty();

    Progress(long next, long now) {
        this.next = next;
        this.answeredAt = now;
        this.thereAt = now;
    }

    /** Begins again with what is known. */
    void restart() {
        next = match + 1;
        inFlightBytes = 0;
        probing = true;
        probeSent = false;
    }
}

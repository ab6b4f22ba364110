package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.time.Instant;

/**
 * Makes resourceVersions: 41 bits of milliseconds since 2025, 10 bits that count within one, 11 bits of
 * the writer's hash, one that is set on a fork. They rise whatever the wall clock does, and stay above all that was observed.
 */
final class HybridClock {
    private static final long EPOCH_MILLIS = Instant.parse("2025-01-01T00:00:00Z").toEpochMilli();
    private static final int WRITER_BITS = 12;
    /** The last bit of the writer tells a version of a fork. */
    private static final long DETACHED = 1;
    private static final int COUNTER_BITS = 10;
    /** How far beyond the wall clock a version that a client names may lie. */
    private static final Duration AHEAD_MAX = Duration.ofSeconds(1);
    /** The same of a version that a member names, whose wall clock may be anything. */
    private static final Duration MEMBER_AHEAD_MAX = Duration.ofHours(1);

    private final Loop loop;
    private final int writer;
    /** The milliseconds and the counter of the highest version made or observed. */
    private long ticks;

    HybridClock(Loop loop, PeerId self) {
        this.loop = loop;
        this.writer = SlotMap.hash(self.toBytes()) & ((1 << WRITER_BITS) - 1) & ~(int) DETACHED;
    }

    /** A version above all made or observed before. */
    long next() {
        ticks = Math.max(ticks + 1, millis() << COUNTER_BITS);
        return (ticks << WRITER_BITS) | writer;
    }

    /** The same for a fork. */
    long nextDetached() {
        return next() | DETACHED;
    }

    /** Whether a version was made on a fork. */
    static boolean isDetached(long version) {
        return (version & DETACHED) != 0;
    }

    /** Whether a version was made on a fork of another node than this. */
    boolean isForeignFork(long version) {
        return isDetached(version)
                && (version & ((1 << WRITER_BITS) - 1) & ~DETACHED) != writer;
    }

    /** A version as high as {@code version}, or just above it, that is none of a fork. */
    static long attached(long version) {
        return isDetached(version) ? version + 1 : version;
    }

    /** The highest version made or observed, whoever made it. */
    long latest() {
        return ticks << WRITER_BITS;
    }

    /** Makes all later versions higher than {@code version}. */
    void observe(long version) {
        ticks = Math.max(ticks, version >> WRITER_BITS);
    }

    /** Whether a version lies so far ahead that nobody can have made it. */
    boolean isBeyond(long version) {
        return isBeyond(version, AHEAD_MAX);
    }

    /** The same of a version that a member has seen or made, whose wall clock may be another. */
    boolean isBeyondMembers(long version) {
        return isBeyond(version, MEMBER_AHEAD_MAX);
    }

    private boolean isBeyond(long version, Duration ahead) {
        long limit = (millis() + ahead.toMillis()) << COUNTER_BITS;
        return (version >> WRITER_BITS) > Math.max(limit, ticks);
    }

    private long millis() {
        return Math.max(0, loop.wallTime().toEpochMilli() - EPOCH_MILLIS);
    }
}

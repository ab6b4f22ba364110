package io.beemesh.libp2p.simulation;

/** What happened in a {@link SimulatedNetwork}: the proof that the stated faults occurred. */
public final class NetworkCounters {
    long sendings;
    long writes;
    long bytes;
    long latencyNanos;
    long delayed;
    long broken;
    long reordered;
    long blocked;
    long streams;
    long streamsRefused;
    long dials;
    long dialsFailed;
    long crashes;
    long connectionsLost;

    NetworkCounters() {}

    /** Writes on all streams: the messages, for protocols that write one message at a time. */
    public long writes() {
        return writes;
    }

    /** Bytes of all writes. */
    public long bytes() {
        return bytes;
    }

    /** Everything sent one way, again or for the first time: writes, openings of streams, parts of dials. */
    public long sendings() {
        return sendings;
    }

    /** What a sending took one way, retransmissions included, on average; 0 before the first. */
    public long latencyNanosMean() {
        return sendings == delayed ? 0 : latencyNanos / (sendings - delayed);
    }

    /** Sendings lost and repaired by another. */
    public long delayed() {
        return delayed;
    }

    /** Losses that reset a stream or failed a dial. */
    public long broken() {
        return broken;
    }

    /** Writes that arrived before an earlier one on another stream of the same connection. */
    public long reordered() {
        return reordered;
    }

    /** Writes and dials that a partition held up. */
    public long blocked() {
        return blocked;
    }

    /** Streams opened. */
    public long streams() {
        return streams;
    }

    /** Streams not opened for want of a common protocol. */
    public long streamsRefused() {
        return streamsRefused;
    }

    /** Dials begun. */
    public long dials() {
        return dials;
    }

    /** Dials that failed. */
    public long dialsFailed() {
        return dialsFailed;
    }

    /** Hosts crashed or stopped. */
    public long crashes() {
        return crashes;
    }

    /** Connections lost by crash, stop or partition. */
    public long connectionsLost() {
        return connectionsLost;
    }

    @Override
    public String toString() {
        return "sendings=" + sendings + " writes=" + writes + " bytes=" + bytes
                + " latencyMicros=" + latencyNanosMean() / 1_000 + " delayed="
                + delayed + " broken=" + broken
                + " reordered="
                + reordered + " blocked=" + blocked + " streams=" + streams + " streamsRefused="
                + streamsRefused
                + " dials=" + dials + " dialsFailed=" + dialsFailed + " crashes=" + crashes
                + " connectionsLost="
                + connectionsLost;
    }
}

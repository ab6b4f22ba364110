package io.beemesh.libp2p.yamux;

/**
 * Bytes that all streams of a host together may hold for readers who gave no credit, and by which
 * their windows may have grown. What does not fit costs the stream, not the host.
 */
public final class ReceiveBudget {
    private final long bufferBytesMax;
    private final long growthBytesMax;
    private long bufferedBytes;
    private long grownBytes;

    public ReceiveBudget(long bufferBytesMax, long growthBytesMax) {
        this.bufferBytesMax = bufferBytesMax;
        this.growthBytesMax = growthBytesMax;
    }

    /** 64 MiB buffered, windows grown by 64 MiB. */
    public static ReceiveBudget defaults() {
        return new ReceiveBudget(64L << 20, 64L << 20);
    }

    /** Bytes that wait for readers now. */
    public long bufferedBytes() {
        return bufferedBytes;
    }

    boolean tryBuffer(int bytes) {
        if (bufferedBytes + bytes > bufferBytesMax) {
            return false;
        }
        bufferedBytes += bytes;
        return true;
    }

    void unbuffer(int bytes) {
        bufferedBytes -= bytes;
    }

    boolean tryGrow(int bytes) {
        if (grownBytes + bytes > growthBytesMax) {
            return false;
        }
        grownBytes += bytes;
        return true;
    }

    void shrink(int bytes) {
        grownBytes -= bytes;
    }
}

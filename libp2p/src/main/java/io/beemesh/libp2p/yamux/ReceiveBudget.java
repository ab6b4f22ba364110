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

    /** The share of one connection. */
    Share share() {
        return new Share();
    }

    /**
     * What one connection takes: never more than it leaves to the others, so that a single peer whose streams
     * nobody reads has half at most, and those who come later find room.
     */
    final class Share {
        private long ownBuffered;
        private long ownGrown;

        boolean tryBuffer(int bytes) {
            if (ownBuffered + bytes > bufferBytesMax - bufferedBytes - bytes) {
                return false;
            }
            ownBuffered += bytes;
            bufferedBytes += bytes;
            return true;
        }

        void unbuffer(int bytes) {
            ownBuffered -= bytes;
            bufferedBytes -= bytes;
        }

        boolean tryGrow(int bytes) {
            if (ownGrown + bytes > growthBytesMax - grownBytes - bytes) {
                return false;
            }
            ownGrown += bytes;
            grownBytes += bytes;
            return true;
        }

        void shrink(int bytes) {
            ownGrown -= bytes;
            grownBytes -= bytes;
        }
    }
}

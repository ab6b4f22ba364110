package io.beemesh.libp2p.netty;

import java.util.function.LongConsumer;

/**
 * Bytes that the {@link ChannelBridge}s of one loop together may hold for sockets that take none. The less is
 * left, the less each asks for; what does not fit costs the bridge that holds some already, so that those whose
 * sockets take what comes go on. On the loop only.
 */
public final class BridgeBudget {
    private static final int WINDOW_BYTES_MIN = 1024;
    /** A bridge asks for so much of what is left. */
    private static final int SHARE = 64;
    /** Of the whole, for bridges that hold nothing. */
    private static final int RESERVE = 4;

    private final long bytesMax;
    private final LongConsumer carried;
    private long heldBytes;

    /** @param bytesMax outside of the heap; a quarter of it is only for bridges that hold nothing yet */
    public BridgeBudget(long bytesMax) {
        this(bytesMax, bytes -> {
        });
    }

    /**
     * The same.
     *
     * @param carried told of bytes that a bridge carried, of either direction
     */
    public BridgeBudget(long bytesMax, LongConsumer carried) {
        this.bytesMax = bytesMax;
        this.carried = carried;
    }

    /** Bytes that are held now. */
    public long heldBytes() {
        return heldBytes;
    }

    private long rest() {
        return bytesMax - bytesMax / RESERVE - heldBytes;
    }

    /** What a bridge may have on its way. */
    int window() {
        return Math.clamp(rest() / SHARE, WINDOW_BYTES_MIN, ChannelBridge.WINDOW_BYTES);
    }

    boolean take(int bytes, boolean isFirst) {
        if (bytes > (isFirst ? bytesMax - heldBytes : rest())) {
            return false;
        }
        heldBytes += bytes;
        return true;
    }

    void carried(int bytes) {
        carried.accept(bytes);
    }

    void give(int bytes) {
        heldBytes -= bytes;
    }
}

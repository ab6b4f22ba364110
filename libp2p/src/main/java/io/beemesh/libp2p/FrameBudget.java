package io.beemesh.libp2p;

import org.jspecify.annotations.Nullable;

/** Bytes that several readers of streams together may hold. On the loop only. */
public final class FrameBudget {
    private final long bytesMax;
    private final @Nullable FrameBudget whole;
    private long heldBytes;

    public FrameBudget(long bytesMax) {
        this(bytesMax, null);
    }

    private FrameBudget(long bytesMax, @Nullable FrameBudget whole) {
        this.bytesMax = bytesMax;
        this.whole = whole;
    }

    /** A budget for some of the readers, which takes from this one too. */
    public FrameBudget part(long partBytesMax) {
        return new FrameBudget(partBytesMax, this);
    }

    /** Bytes that are held now. */
    public long heldBytes() {
        return heldBytes;
    }

    /** False if they do not fit. */
    public boolean take(int bytes) {
        if (heldBytes + bytes > bytesMax || (whole != null && !whole.take(bytes))) {
            return false;
        }
        heldBytes += bytes;
        return true;
    }

    /** Takes back what was taken. */
    public void give(int bytes) {
        heldBytes -= bytes;
        if (whole != null) {
            whole.give(bytes);
        }
    }
}

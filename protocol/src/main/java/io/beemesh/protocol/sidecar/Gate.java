package io.beemesh.protocol.sidecar;

/**
 * Says when bytes that a sealed stream has brought may be passed on: they wait where they are, and no more come
 * than the stream's window. On the loop only.
 */
public interface Gate {
    /** Whoever waits at a gate. */
    interface Waiting {
        /** It is open: what was held may go on. */
        void onOpen();

        /** It does not open any more: what was held is nobody's. */
        void onLost();
    }

    /** True if bytes may go on at this moment; if not, this has it opened, and tells when it is. */
    boolean isOpen();

    /** From now on it is told. */
    void add(Waiting waiting);

    void remove(Waiting waiting);
}

package io.beemesh.libp2p;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * One ordered, reliable, half-closable byte channel, whatever is spoken on it.
 *
 * <p>All methods are called, and all callbacks come, on the host's loop. Reading is credit-based:
 * nothing is delivered beyond what {@link #request} allowed, and the sender's window opens only as
 * bytes are delivered.
 */
public interface ByteStream {
    /** True if the remote peer opened it. */
    boolean isInbound();

    /** Sets who receives; must be called once, before the first {@link #request}. */
    void reader(StreamReader reader);

    /** Allows {@code bytes} more to be delivered; {@code Long.MAX_VALUE} means without limit. */
    void request(long bytes);

    /**
     * Sends all of {@code bytes}, whose content must not change until the returned future completes:
     * normally once the stream has room for more, exceptionally with a {@link StreamResetException}.
     * A caller that goes on writing without waiting is bounded: beyond the stream's limit the stream is
     * reset.
     */
    CompletableFuture<Void> write(ByteBuffer bytes);

    /** Ends the writing side after what was written; reading goes on. */
    void closeWrite();

    /** Ends both sides at once and drops what is under way. */
    void reset();

    /** True until both sides have ended or the stream was reset. */
    boolean isOpen();
}

package io.beemesh.libp2p;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Varint;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes of a stream into length-prefixed messages ({@code uvarint(length) ++ message}).
 *
 * <p>It holds at most one frame of the limit and what a pause keeps back, never more than the credit of
 * one such frame. On the loop only.
 */
public final class FrameReader implements StreamReader {
    private static final int FIRST_BYTES = 512;

    /** Receives the messages of one stream; after {@link #onFailure} or {@link #onEnd} nothing follows. */
    public interface Receiver {
        /** One message; valid only during the call. */
        void onFrame(ByteBuffer frame);

        /** The remote peer ended its writing side between two messages. */
        void onEnd();

        /** The stream was reset, by this reader if a frame was too long or cut short. */
        void onFailure(Libp2pException cause);
    }

    private final Stream stream;
    private int frameBytesMax;
    private final Receiver receiver;
    private final FrameBudget budget;
    private byte[] held = new byte[0];
    private int heldBytes;
    private boolean paused;
    private boolean parsing;
    private boolean ended;
    private boolean done;
    private @Nullable StreamReader successor;

    private FrameReader(Stream stream, int frameBytesMax, Receiver receiver, FrameBudget budget) {
        this.stream = stream;
        this.frameBytesMax = frameBytesMax;
        this.receiver = receiver;
        this.budget = budget;
    }

    /** Becomes the reader of {@code stream} and begins. */
    public static FrameReader start(Stream stream, int frameBytesMax, Receiver receiver) {
        return start(stream, frameBytesMax, receiver, new FrameBudget(Long.MAX_VALUE));
    }

    /** The same; a frame that comes in pieces for which there is no budget fails the stream. */
    public static FrameReader start(Stream stream, int frameBytesMax, Receiver receiver,
            FrameBudget budget) {
        FrameReader reader = new FrameReader(stream, frameBytesMax, receiver, budget);
        stream.reader(reader);
        stream.request(frameBytesMax + (long) Varint.BYTES_MAX);
        return reader;
    }

    /** The length prefix and the message, ready to be written. */
    public static ByteBuffer frame(byte[] message) {
        ByteBuffer frame = ByteBuffer.allocate(Varint.size(message.length) + message.length);
        Varint.write(message.length, frame);
        return frame.put(message).flip();
    }

    /**
     * What comes from now on is no messages any more and goes to {@code next}, what was held back first.
     * The stream's credit at that moment is that of one longest frame with its prefix.
     */
    public void handOver(StreamReader next) {
        if (done) {
            next.onReset(new StreamResetException("stream is over"));
            return;
        }
        successor = next;
        paused = false;
        if (!parsing && heldBytes > 0) {
            ByteBuffer rest = ByteBuffer.wrap(held, 0, heldBytes);
            dropHeld();
            next.onData(rest);
        }
        if (ended) {
            next.onEnd();
        }
    }

    /** From now on messages may be as long as this; the limit before was a lower one. */
    public void raiseLimit(int newFrameBytesMax) {
        int more = newFrameBytesMax - frameBytesMax;
        if (more > 0) {
            frameBytesMax = newFrameBytesMax;
            stream.request(more);
        }
    }

    /** Delivers nothing until {@link #resume}. */
    public void pause() {
        paused = true;
    }

    /** Delivers again, at once what was kept back. */
    public void resume() {
        if (!paused) {
            return;
        }
        paused = false;
        if (parsing) {
            return;
        }
        if (heldBytes > 0) {
            parseHeld();
        }
        endIfDue();
    }

    @Override
    public void onData(ByteBuffer bytes) {
        if (done) {
            return;
        }
        if (successor != null) {
            successor.onData(bytes);
            return;
        }
        if (heldBytes > 0 || paused) {
            if (hold(bytes) && !paused) {
                parseHeld();
            }
            return;
        }
        parse(bytes);
        if (!done && bytes.hasRemaining()) {
            boolean ignored = hold(bytes);
        }
    }

    /** False if there was no budget, and the stream has failed. */
    private boolean hold(ByteBuffer bytes) {
        int needed = heldBytes + bytes.remaining();
        if (needed > held.length) {
            int length = Math.max(needed, Math.max(FIRST_BYTES, 2 * held.length));
            if (!budget.take(length - held.length)) {
                fail("too many bytes of messages wait for their rest");
                return false;
            }
            held = Arrays.copyOf(held, length);
        }
        bytes.get(held, heldBytes, needed - heldBytes);
        heldBytes = needed;
        return true;
    }

    private void dropHeld() {
        budget.give(held.length);
        held = new byte[0];
        heldBytes = 0;
    }

    private void parseHeld() {
        byte[] source = held;
        ByteBuffer in = ByteBuffer.wrap(source, 0, heldBytes);
        parse(in);
        if (done || !in.hasRemaining()) {
            dropHeld();
        } else if (in.position() > 0) {
            heldBytes = in.remaining();
            System.arraycopy(source, in.position(), source, 0, heldBytes);
        }
    }

    private void parse(ByteBuffer in) {
        parsing = true;
        try {
            while (!paused && !done) {
                int start = in.position();
                long length = Varint.tryRead(in);
                if (length > frameBytesMax) {
                    fail("frame has " + length + " bytes, limit " + frameBytesMax);
                    return;
                }
                if (length < 0 || length > in.remaining()) {
                    in.position(start);
                    return;
                }
                ByteBuffer frame = in.slice(in.position(), (int) length);
                in.position(in.position() + (int) length);
                stream.request(in.position() - start);
                receiver.onFrame(frame);
                if (successor != null) {
                    passOn(in, successor);
                    return;
                }
            }
        } catch (FormatException e) {
            fail("bad frame length: " + e.getMessage());
        } finally {
            parsing = false;
        }
    }

    private static void passOn(ByteBuffer in, StreamReader successor) {
        if (in.hasRemaining()) {
            ByteBuffer rest = in.slice();
            in.position(in.limit());
            successor.onData(rest);
        }
    }

    /** Resets the stream for what the remote peer did. */
    public void fail(String why) {
        if (!done) {
            done = true;
            dropHeld();
            stream.reset();
            receiver.onFailure(new Libp2pException(why));
        }
    }

    /** Delivers nothing more. */
    public void stop() {
        done = true;
        dropHeld();
    }

    @Override
    public void onEnd() {
        ended = true;
        if (successor != null) {
            successor.onEnd();
        } else {
            endIfDue();
        }
    }

    private void endIfDue() {
        if (!ended || paused || done) {
            return;
        }
        if (heldBytes > 0) {
            fail("stream ended inside a frame");
        } else {
            done = true;
            receiver.onEnd();
        }
    }

    @Override
    public void onReset(StreamResetException cause) {
        if (successor != null) {
            successor.onReset(cause);
        } else if (!done) {
            done = true;
            dropHeld();
            receiver.onFailure(cause);
        }
    }
}

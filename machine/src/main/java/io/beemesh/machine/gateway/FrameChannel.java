package io.beemesh.machine.gateway;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.Stream;
import io.beemesh.protocol.pods.PodStreamOpen;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * Frames of one libp2p stream for threads that block: a frame is a byte that says what it is, and data.
 * Sending waits for room; receiving is paused while a queue is full.
 */
final class FrameChannel implements FrameReader.Receiver {
    private final Loop loop;
    private final Stream stream;
    private final Consumer<byte[]> onFrame;
    private final Runnable onClosed;
    private final FrameReader reader;

    /**
     * Becomes the reader of the stream; on the loop.
     *
     * @param onFrame gets each frame on the loop; must not block
     * @param onClosed called once, on the loop, when nothing more comes
     */
    FrameChannel(Loop loop, Stream stream, Consumer<byte[]> onFrame, Runnable onClosed) {
        this.loop = loop;
        this.stream = stream;
        this.onFrame = onFrame;
        this.onClosed = onClosed;
        this.reader = FrameReader.start(stream, PodStreamOpen.FRAME_BYTES_MAX, this);
    }

    @Override
    public void onFrame(ByteBuffer frame) {
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        if (bytes.length > 0) {
            onFrame.accept(bytes);
        }
    }

    @Override
    public void onEnd() {
        onClosed.run();
    }

    @Override
    public void onFailure(Libp2pException cause) {
        onClosed.run();
    }

    /** A queue that pauses this channel while it is full. */
    FrameQueue queue() {
        return new FrameQueue(reader::pause, () -> loop.execute(reader::resume));
    }

    /** Sends one frame and waits for room; any thread but the loop's. */
    void send(byte type, byte[] data, int offset, int length) throws IOException {
        byte[] message = new byte[1 + length];
        message[0] = type;
        System.arraycopy(data, offset, message, 1, length);
        sendRaw(message);
    }

    void send(byte type, byte... data) throws IOException {
        send(type, data, 0, data.length);
    }

    /** Sends a frame as it is. */
    void sendRaw(byte[] message) throws IOException {
        CompletableFuture<Boolean> written = new CompletableFuture<>();
        loop.execute(() -> stream.write(FrameReader.frame(message))
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        written.completeExceptionally(failure);
                    } else {
                        written.complete(true);
                    }
                }));
        try {
            written.get();
        } catch (ExecutionException e) {
            throw new IOException("the stream to the pod's machine ended", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    /** Sends all of {@code in} as frames of one type. */
    void pump(InputStream in, byte type) throws IOException {
        byte[] block = new byte[PodStreamOpen.DATA_BYTES_MAX];
        for (int count = in.read(block); count >= 0; count = in.read(block)) {
            send(type, block, 0, count);
        }
    }

    /** Ends this side in order. */
    void closeWrite() {
        loop.execute(stream::closeWrite);
    }

    /** Ends both sides at once. */
    void reset() {
        loop.execute(stream::reset);
    }
}

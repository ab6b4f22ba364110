package io.beemesh.machine.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Bytes that come in frames, read as a stream. Who puts is paused while {@value #FRAMES_MAX} frames wait,
 * so at most that many and what was under way are held.
 */
final class FrameQueue extends InputStream {
    private static final int FRAMES_MAX = 16;
    private static final byte[] END = new byte[0];

    private final LinkedBlockingQueue<byte[]> frames = new LinkedBlockingQueue<>();
    private final Runnable pause;
    private final Runnable resume;
    private byte[] current = END;
    private int position;
    private boolean ended;

    FrameQueue(Runnable pause, Runnable resume) {
        this.pause = pause;
        this.resume = resume;
    }

    /** Adds a frame without its first byte; on the loop. */
    void put(byte[] frame) {
        if (frame.length > 1) {
            frames.add(frame);
            if (frames.size() >= FRAMES_MAX) {
                pause.run();
            }
        }
    }

    /** Nothing follows. */
    void end() {
        frames.add(END);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (position == current.length && !next()) {
            return -1;
        }
        int count = Math.min(length, current.length - position);
        System.arraycopy(current, position, target, offset, count);
        position += count;
        return count;
    }

    private boolean next() throws IOException {
        if (ended) {
            return false;
        }
        try {
            current = frames.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
        if (frames.size() == FRAMES_MAX / 2) {
            resume.run();
        }
        ended = current.length == 0;
        position = ended ? 0 : 1;
        return !ended;
    }

    @Override
    public int available() {
        return current.length - position;
    }
}

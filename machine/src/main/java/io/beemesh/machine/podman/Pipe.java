package io.beemesh.machine.podman;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Bytes from one thread to another, a bounded number of pieces. Unlike {@code PipedInputStream} it does
 * not care which threads write, or whether they are still there.
 */
final class Pipe {
    private static final int PIECES_MAX = 32;
    private static final byte[] END = new byte[0];

    private final BlockingQueue<byte[]> pieces = new ArrayBlockingQueue<>(PIECES_MAX);
    private volatile boolean readerGone;
    private volatile boolean ended;

    /** The reading end; closing it makes writes fail. */
    InputStream input() {
        return new Input();
    }

    void write(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return;
        }
        byte[] piece = new byte[length];
        System.arraycopy(bytes, offset, piece, 0, length);
        put(piece);
    }

    void end() {
        if (!ended) {
            ended = true;
            try {
                put(END);
            } catch (IOException _) {
                // Nobody reads any more.
            }
        }
    }

    private void put(byte[] piece) throws IOException {
        try {
            while (!readerGone) {
                if (pieces.offer(piece, 100, TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new IOException("closed");
    }

    private final class Input extends InputStream {
        private byte[] piece = END;
        private int at;
        private boolean finished;

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (at == piece.length && !next()) {
                return -1;
            }
            int count = Math.min(length, piece.length - at);
            System.arraycopy(piece, at, bytes, offset, count);
            at += count;
            return count;
        }

        private boolean next() throws IOException {
            if (finished) {
                return false;
            }
            try {
                piece = pieces.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            at = 0;
            finished = piece.length == 0;
            return !finished;
        }

        @Override
        public void close() {
            readerGone = true;
            if (!finished) {
                pieces.clear();
                pieces.offer(END);
            }
        }
    }
}

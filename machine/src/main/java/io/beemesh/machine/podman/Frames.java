package io.beemesh.machine.podman;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Docker's way of carrying two streams in one: a byte for which, three of nothing, four of length,
 * content.
 *
 * @see <a href="https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach">stream
 *     format</a>
 */
final class Frames {
    static final int STDERR = 2;
    private static final int HEADER_BYTES = 8;
    private static final int CHUNK_BYTES_MAX = 32 << 10;

    private Frames() {}

    /** Takes pieces of a stream; the bytes are valid during the call only. */
    interface Sink {
        void accept(int stream, byte[] bytes, int length) throws IOException;
    }

    /** Reads until the end. */
    static void copy(InputStream in, Sink sink) throws IOException {
        byte[] header = new byte[HEADER_BYTES];
        byte[] chunk = new byte[CHUNK_BYTES_MAX];
        while (in.readNBytes(header, 0, HEADER_BYTES) == HEADER_BYTES) {
            int left = ByteBuffer.wrap(header).getInt(4);
            while (left > 0) {
                int read = in.read(chunk, 0, Math.min(left, chunk.length));
                if (read < 0) {
                    return;
                }
                sink.accept(header[0], chunk, read);
                left -= read;
            }
        }
    }
}

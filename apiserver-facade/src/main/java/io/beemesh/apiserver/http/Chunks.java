package io.beemesh.apiserver.http;

import io.vertx.core.buffer.Buffer;
import java.util.Iterator;
import java.util.List;

/** Copies the pieces of an answer into buffers of a middling size, one at a time. */
final class Chunks {
    static final int BYTES_MAX = 64 * 1024;

    private final Iterator<byte[]> pieces;
    private byte[] piece = {};
    private int offset;

    Chunks(List<byte[]> pieces) {
        this.pieces = pieces.iterator();
    }

    static long totalBytes(List<byte[]> pieces) {
        long bytes = 0;
        for (byte[] piece : pieces) {
            bytes += piece.length;
        }
        return bytes;
    }

    boolean hasNext() {
        while (offset == piece.length && pieces.hasNext()) {
            piece = pieces.next();
            offset = 0;
        }
        return offset < piece.length;
    }

    /** The next bytes, at most {@link #BYTES_MAX}. */
    Buffer next() {
        Buffer chunk = Buffer.buffer(BYTES_MAX / 8);
        while (chunk.length() < BYTES_MAX && hasNext()) {
            int part = Math.min(piece.length - offset, BYTES_MAX - chunk.length());
            chunk.appendBytes(piece, offset, part);
            offset += part;
        }
        return chunk;
    }
}

package io.beemesh.libp2p.multistream;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Takes messages out of a byte stream, not one byte more than each needs. */
final class MultistreamReader {
    static final String HEADER = "/multistream/1.0.0";
    static final String NOT_AVAILABLE = "na";

    /** The longest message with its newline, as go and js have it. */
    static final int MESSAGE_BYTES_MAX = 1024;

    private int length;
    private int shift;
    private byte @Nullable [] message;
    private int filled;

    /** How many bytes can be taken at least without going past the end of the message. */
    int wanted() {
        return message == null ? 1 : message.length - filled;
    }

    /** The next message without its newline, or null if its end is missing. */
    @Nullable
    String next(ByteBuffer in) throws MultistreamException {
        while (message == null) {
            if (!in.hasRemaining()) {
                return null;
            }
            readLength(in.get());
        }
        int count = Math.min(message.length - filled, in.remaining());
        in.get(message, filled, count);
        filled += count;
        if (filled < message.length) {
            return null;
        }
        if (message[filled - 1] != '\n') {
            throw new MultistreamException("message does not end with a newline");
        }
        String text = new String(message, 0, filled - 1, StandardCharsets.UTF_8);
        message = null;
        filled = 0;
        return text;
    }

    private void readLength(byte next) throws MultistreamException {
        length |= (next & 0x7f) << shift;
        shift += 7;
        if (next < 0 && shift < 14) {
            return;
        }
        if (next < 0 || length < 1 || length > MESSAGE_BYTES_MAX) {
            throw new MultistreamException(
                    "message of " + length + " bytes, not 1 to " + MESSAGE_BYTES_MAX);
        }
        message = new byte[length];
        length = 0;
        shift = 0;
    }

    static void encode(String text, ByteBuffer out) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = bytes.length + 1;
        if (length >= 0x80) {
            out.put((byte) ((length & 0x7f) | 0x80)).put((byte) (length >>> 7));
        } else {
            out.put((byte) length);
        }
        out.put(bytes).put((byte) '\n');
    }

    static byte[] encode(String... texts) {
        int size = 0;
        for (String text : texts) {
            size += text.length() * 3 + 3;
        }
        ByteBuffer out = ByteBuffer.allocate(size);
        for (String text : texts) {
            encode(text, out);
        }
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        return bytes;
    }
}

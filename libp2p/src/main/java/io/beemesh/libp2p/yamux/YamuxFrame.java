package io.beemesh.libp2p.yamux;

import java.nio.ByteBuffer;

/**
 * The header of a frame.
 *
 * @param type one of the constants
 * @param flags an or of the constants
 * @param stream 0 for the session itself
 * @param length bytes of a body, a window delta, a ping's value or a reason; unsigned 32 bits
 * @see <a href="https://github.com/libp2p/specs/blob/master/yamux/README.md">yamux</a>
 */
record YamuxFrame(int type, int flags, int stream, int length) {
    static final int HEADER_BYTES = 12;

    static final int DATA = 0;
    static final int WINDOW_UPDATE = 1;
    static final int PING = 2;
    static final int GO_AWAY = 3;

    static final int SYN = 1;
    static final int ACK = 2;
    static final int FIN = 4;
    static final int RST = 8;

    static YamuxFrame read(ByteBuffer in) throws YamuxException {
        int version = in.get();
        int type = in.get();
        if (version != 0 || type < DATA || type > GO_AWAY) {
            throw new YamuxException("frame of version " + version + ", type " + type);
        }
        return new YamuxFrame(type, in.getShort(), in.getInt(), in.getInt());
    }

    static void write(ByteBuffer out, int type, int flags, int stream, int length) {
        out.put((byte) 0).put((byte) type).putShort((short) flags).putInt(stream).putInt(length);
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    long unsignedLength() {
        return Integer.toUnsignedLong(length);
    }
}

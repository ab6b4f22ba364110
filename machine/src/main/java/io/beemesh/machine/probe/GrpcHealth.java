package io.beemesh.machine.probe;

import io.beemesh.machine.runtime.Prober.ProbeResult;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * One call of {@code grpc.health.v1.Health/Check} over HTTP/2 without TLS: just the frames that it
 * takes, so that the node carries no gRPC stack.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/health-checking.md">health checking</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9113">HTTP/2</a>
 */
final class GrpcHealth {
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII);
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GO_AWAY = 7;
    private static final int ACK = 1;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int FRAME_BYTES_MAX = 16_384;
    private static final int FRAMES_MAX = 100;
    private static final int GRPC_PREFIX_BYTES = 5;
    private static final String[] STATUS = {"UNKNOWN", "SERVING", "NOT_SERVING",
            "SERVICE_UNKNOWN"};

    private final Socket socket;

    GrpcHealth(Socket socket) {
        this.socket = socket;
    }

    ProbeResult check(String service) throws IOException {
        OutputStream out = socket.getOutputStream();
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.write(PREFACE);
        frame(request, SETTINGS, 0, 0, new byte[0]);
        frame(request, HEADERS, END_HEADERS, 1, headers());
        frame(request, DATA, END_STREAM, 1, message(service));
        out.write(request.toByteArray());
        out.flush();
        return read(new DataInputStream(socket.getInputStream()), out);
    }

    private byte[] headers() {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        // Indexed fields of HPACK's static table: :method POST, :scheme http.
        block.write(0x83);
        block.write(0x86);
        literal(block, 4, "/grpc.health.v1.Health/Check");
        literal(block, 1, String.valueOf(socket.getRemoteSocketAddress()).replaceFirst("^.*/",
                ""));
        named(block, "content-type", "application/grpc");
        named(block, "te", "trailers");
        named(block, "user-agent", "kube-probe/1.34");
        return block.toByteArray();
    }

    private static void literal(ByteArrayOutputStream block, int nameIndex, String value) {
        block.write(nameIndex);
        text(block, value);
    }

    private static void named(ByteArrayOutputStream block, String name, String value) {
        block.write(0);
        text(block, name);
        text(block, value);
    }

    private static void text(ByteArrayOutputStream block, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        assert bytes.length < 127 : "needs the long form of a length";
        block.write(bytes.length);
        block.write(bytes, 0, bytes.length);
    }

    private static byte[] message(String service) {
        byte[] name = service.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream field = new ByteArrayOutputStream();
        if (name.length > 0) {
            field.write(0x0a);
            int length = name.length;
            while (length > 127) {
                field.write((length & 127) | 128);
                length >>= 7;
            }
            field.write(length);
            field.write(name, 0, name.length);
        }
        return ByteBuffer.allocate(GRPC_PREFIX_BYTES + field.size()).put((byte) 0)
                .putInt(field.size()).put(field.toByteArray()).array();
    }

    private static void frame(ByteArrayOutputStream out, int type, int flags, int stream,
            byte[] payload) {
        out.write(payload.length >> 16);
        out.write(payload.length >> 8);
        out.write(payload.length);
        out.write(type);
        out.write(flags);
        out.writeBytes(ByteBuffer.allocate(4).putInt(stream).array());
        out.writeBytes(payload);
    }

    private static ProbeResult read(DataInputStream in, OutputStream out) throws IOException {
        for (int i = 0; i < FRAMES_MAX; i++) {
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            in.readInt();
            if (length > FRAME_BYTES_MAX) {
                throw new IOException("frame of " + length + " bytes");
            }
            byte[] payload = in.readNBytes(length);
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            switch (type) {
                case SETTINGS, PING -> {
                    if ((flags & ACK) == 0) {
                        frame(answer, type, ACK, 0, type == PING ? payload : new byte[0]);
                        out.write(answer.toByteArray());
                        out.flush();
                    }
                }
                case DATA -> {
                    if (payload.length >= GRPC_PREFIX_BYTES) {
                        return judge(payload);
                    }
                }
                case HEADERS -> {
                    if ((flags & END_STREAM) != 0) {
                        return new ProbeResult(false,
                                "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)");
                    }
                }
                case RST_STREAM, GO_AWAY -> throw new IOException("the call was refused");
                default -> {
                    // Window updates and the like ask for nothing.
                }
            }
        }
        throw new IOException("no answer in " + FRAMES_MAX + " frames");
    }

    private static ProbeResult judge(byte[] payload) {
        // Field 1 is the status; a message without it says UNKNOWN.
        int status = payload.length >= GRPC_PREFIX_BYTES + 2
                && payload[GRPC_PREFIX_BYTES] == 8 ? payload[GRPC_PREFIX_BYTES + 1] : 0;
        String name = status >= 0 && status < STATUS.length ? STATUS[status] : "UNKNOWN";
        return status == 1
                ? new ProbeResult(true, "")
                : new ProbeResult(false,
                        "service unhealthy (responded with \"" + name + "\")");
    }
}

package io.beemesh.machine.podman;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.Json;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A connection that a POST has turned from HTTP into plain bytes both ways, as exec and attach do.
 *
 * <p>docker-java's transport never closes the writing half of such a connection, so that a program which
 * reads its input to the end would wait for ever; hence these few lines of HTTP.
 */
final class Hijacked implements AutoCloseable {
    private static final int HEAD_BYTES_MAX = 16 << 10;
    private static final int ERROR_BYTES_MAX = 64 << 10;

    private final SocketChannel channel;
    private final InputStream input;

    private Hijacked(SocketChannel channel, InputStream input) {
        this.channel = channel;
        this.input = input;
    }

    /** Connects and asks. */
    static Hijacked open(Path socket, String path, @Nullable JsonNode body) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            byte[] json = body == null ? new byte[0] : Json.write(body);
            String head = "POST " + path + " HTTP/1.1\r\nHost: podman\r\nConnection: Upgrade\r\n"
                    + "Upgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: "
                    + json.length + "\r\n\r\n";
            OutputStream out = Channels.newOutputStream(channel);
            out.write(head.getBytes(StandardCharsets.US_ASCII));
            out.write(json);
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel));
            checkHead(in);
            return new Hijacked(channel, in);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static void checkHead(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = in.read();
            if (c < 0 || head.length() > HEAD_BYTES_MAX) {
                throw new IOException("no HTTP answer: " + head);
            }
            head.append((char) c);
        }
        String[] words = head.toString().split(" ", 3);
        int code = words.length > 1 ? Integer.parseInt(words[1]) : 0;
        if (code == 101 || code == 200) {
            return;
        }
        int length = Integer.parseInt(head.toString()
                .replaceAll("(?is).*\r\ncontent-length: *([0-9]{1,6}).*|.*", "0$1"));
        String text = new String(in.readNBytes(Math.min(length, ERROR_BYTES_MAX)),
                StandardCharsets.UTF_8);
        try {
            text = Json.parse(text.getBytes(StandardCharsets.UTF_8)).path("message")
                    .asText(text);
        } catch (IOException _) {
            // Not JSON: the text itself is the message.
        }
        throw new PodmanException(code, text);
    }

    InputStream input() {
        return input;
    }

    /** What the other side reads; closing it is its end of file. */
    OutputStream output() {
        return new Output(Channels.newOutputStream(channel));
    }

    void endOutput() throws IOException {
        if (channel.isOpen()) {
            channel.shutdownOutput();
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException _) {
            // It was to be closed.
        }
    }

    private final class Output extends OutputStream {
        private final OutputStream out;

        Output(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            endOutput();
        }
    }
}

package io.beemesh.apiserver.cli;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Answers on a unix socket as Podman would, of one container that runs; no container does. For
 * {@link TrainCommand}, which must not need Podman to build.
 */
final class StandInPodman implements AutoCloseable {
    private static final int HEAD_BYTES_MAX = 64 << 10;
    /** Bears every field that the node asks for of any one thing. */
    private static final String THING = """
            {"Id":"one","Version":"4.3.1","InfraContainerID":"one","Size":1,"RepoDigests":[],
            "NetworkSettings":{"Networks":{"beemesh":{"IPAddress":"127.0.0.1"}}},
            "Config":{"Labels":{}},"State":{"Status":"running","Running":true,
            "StartedAt":"2026-01-01T00:00:00Z","FinishedAt":"0001-01-01T00:00:00Z"}}""";

    private final ServerSocketChannel server;

    StandInPodman(Path socket) throws IOException {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
    }

    void start() {
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    SocketChannel channel = server.accept();
                    Thread.ofVirtual().start(() -> serve(channel));
                }
            } catch (IOException _) {
                // Closed.
            }
        });
    }

    private static void serve(SocketChannel channel) {
        try (channel) {
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel));
            OutputStream out = Channels.newOutputStream(channel);
            while (true) {
                String head = head(in);
                in.skipNBytes(length(head));
                String path = head.split(" ", 3)[1];
                if (path.contains("/events")) {
                    write(out, "Transfer-Encoding: chunked\r\n\r\n");
                    in.skipNBytes(Long.MAX_VALUE);
                }
                boolean list = path.contains("/pods/json") || path.contains("/containers/json");
                String body = list ? "[]" : THING;
                write(out, "Content-Length: " + body.length() + "\r\n\r\n" + body);
            }
        } catch (EOFException | ClosedChannelException _) {
            // The node has hung up.
        } catch (IOException e) {
            System.err.println("stand-in for Podman: " + e);
        }
    }

    private static void write(OutputStream out, String rest) throws IOException {
        out.write(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + rest)
                .getBytes(StandardCharsets.UTF_8));
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = in.read();
            if (c < 0 || head.length() > HEAD_BYTES_MAX) {
                throw new EOFException();
            }
            head.append((char) c);
        }
        return head.toString();
    }

    private static long length(String head) {
        for (String line : head.toLowerCase(Locale.ROOT).split("\r\n", -1)) {
            if (line.startsWith("content-length:")) {
                return Long.parseLong(line.substring(15).strip());
            }
        }
        return 0;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}

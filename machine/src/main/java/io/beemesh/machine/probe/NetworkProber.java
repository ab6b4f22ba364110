package io.beemesh.machine.probe;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.network.netty.PodSockets;
import io.beemesh.machine.runtime.Prober;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import javax.net.ssl.SSLContext;

/** Asks over sockets, on virtual threads, a bounded number at once. */
public final class NetworkProber implements Prober {
    private static final int PROBES_MAX = 64;
    private static final int LINE_BYTES_MAX = 1024;
    private static final int REDIRECT_FIRST = 200;
    private static final int ERROR_FIRST = 400;

    private final Loop loop;
    private final Semaphore permits = new Semaphore(PROBES_MAX);
    private final PodSockets sockets;

    public NetworkProber(Loop loop) {
        this(loop, PodSockets.direct());
    }

    public NetworkProber(Loop loop, PodSockets sockets) {
        this.loop = loop;
        this.sockets = sockets;
    }

    private interface Question {
        ProbeResult ask(Socket socket) throws IOException, GeneralSecurityException;
    }

    @Override
    public CompletableFuture<ProbeResult> tcp(String host, int port, Duration limit) {
        return ask(host, port, limit, "", _ -> new ProbeResult(true, ""));
    }

    @Override
    public CompletableFuture<ProbeResult> http(HttpTarget target, Duration limit) {
        String url = (target.tls() ? "https" : "http") + "://" + target.host() + ":"
                + target.port() + target.path();
        return ask(target.host(), target.port(), limit, "Get \"" + url + "\": ",
                socket -> http(target, socket));
    }

    private static ProbeResult http(HttpTarget target, Socket plain)
            throws IOException, GeneralSecurityException {
        Socket socket = plain;
        if (target.tls()) {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, TrustAll.MANAGERS, null);
            socket = context.getSocketFactory().createSocket(plain, target.host(), target.port(),
                    true);
        }
        StringBuilder request = new StringBuilder("GET ").append(target.path())
                .append(" HTTP/1.1\r\n");
        Map<String, String> headers = target.headers();
        if (headers.keySet().stream().noneMatch(n -> n.equalsIgnoreCase("Host"))) {
            request.append("Host: ").append(target.host()).append(':').append(target.port())
                    .append("\r\n");
        }
        if (headers.keySet().stream().noneMatch(n -> n.equalsIgnoreCase("User-Agent"))) {
            request.append("User-Agent: kube-probe/1.34\r\n");
        }
        headers.forEach((name, value) -> request.append(name).append(": ").append(value)
                .append("\r\n"));
        request.append("Accept: */*\r\nConnection: close\r\n\r\n");
        socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
        String line = line(socket.getInputStream());
        String[] words = line.split(" ", 3);
        if (words.length < 2 || !words[0].startsWith("HTTP/")) {
            return new ProbeResult(false, "malformed HTTP response \"" + line + "\"");
        }
        int code = Integer.parseInt(words[1]);
        return code >= REDIRECT_FIRST && code < ERROR_FIRST
                ? new ProbeResult(true, "")
                : new ProbeResult(false, "HTTP probe failed with statuscode: " + code);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        int c;
        while ((c = in.read()) >= 0 && c != '\n' && line.length() < LINE_BYTES_MAX) {
            if (c != '\r') {
                line.append((char) c);
            }
        }
        if (line.isEmpty()) {
            throw new IOException("EOF");
        }
        return line.toString();
    }

    @Override
    public CompletableFuture<ProbeResult> grpc(String host, int port, String service,
            Duration limit) {
        return ask(host, port, limit, "", socket -> new GrpcHealth(socket).check(service));
    }

    private CompletableFuture<ProbeResult> ask(String host, int port, Duration limit,
            String prefix, Question question) {
        CompletableFuture<ProbeResult> future = new CompletableFuture<>();
        Socket socket = sockets.open(host);
        Loop.Timer timer = loop.schedule(limit, () -> {
            // The thread that waits on the socket sees it closed.
            future.complete(new ProbeResult(false, prefix
                    + "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"));
            close(socket);
        });
        Thread.ofVirtual().start(() -> {
            ProbeResult result;
            try {
                permits.acquire();
                try (socket) {
                    socket.connect(new InetSocketAddress(host, port), (int) limit.toMillis());
                    result = question.ask(socket);
                } finally {
                    permits.release();
                }
            } catch (SocketTimeoutException e) {
                result = new ProbeResult(false,
                        prefix + "dial tcp " + host + ":" + port + ": i/o timeout");
            } catch (IOException | GeneralSecurityException | NumberFormatException e) {
                String text = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
                result = new ProbeResult(false, prefix + (text.contains("refused")
                        ? "dial tcp " + host + ":" + port + ": connect: connection refused"
                        : text));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                result = new ProbeResult(false, "interrupted");
            }
            ProbeResult answer = result;
            loop.execute(() -> {
                timer.cancel();
                future.complete(answer);
            });
        });
        return future;
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException _) {
            // It was to be closed.
        }
    }
}

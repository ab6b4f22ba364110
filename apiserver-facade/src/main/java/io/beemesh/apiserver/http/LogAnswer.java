package io.beemesh.apiserver.http;

import io.beemesh.apiserver.http.streaming.BlockingStream;
import io.beemesh.apiserver.http.streaming.PodUpgrade;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.machine.agent.PodStreams.LogRequest;
import io.beemesh.machine.agent.PodStreams.PodStreamException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a container's log no faster than the client takes it, as a body or as WebSocket messages. A
 * client that leaves ends the follow.
 */
final class LogAnswer {
    static final String BINARY = "binary.k8s.io";
    static final String BASE64 = "base64.binary.k8s.io";

    private static final int COPY_BYTES = 16 * 1024;
    private static final Logger LOG = LoggerFactory.getLogger(LogAnswer.class);

    private final EdgeContext edge;
    private final Answer answer;

    private LogAnswer(EdgeContext edge, Answer answer) {
        this.edge = edge;
        this.answer = answer;
    }

    /** Opens the log on a virtual thread and answers. */
    static void give(EdgeContext edge, Answer answer, LogRequest log) {
        LogAnswer writer = new LogAnswer(edge, answer);
        Thread.ofVirtual().name("log").start(() -> writer.open(log));
    }

    private void open(LogRequest log) {
        try {
            InputStream in = edge.services().streams().logs(log);
            edge.context().runOnContext(v -> {
                if (answer.upgrade() == Upgrade.WEB_SOCKET) {
                    webSocket(in);
                } else {
                    body(in);
                }
            });
        } catch (PodStreamException e) {
            ApiResponse.Whole failure = failure(e);
            edge.context().runOnContext(v -> answer.whole(failure));
        } catch (RuntimeException e) {
            LOG.error("Log failed pod={}", log.pod(), e);
            edge.context()
                    .runOnContext(v -> answer.whole(Statuses.internal("the log cannot be read")));
        }
    }

    private static ApiResponse.Whole failure(PodStreamException e) {
        String message = String.valueOf(e.getMessage());
        return switch (e.reason()) {
            case BAD_REQUEST -> Statuses.failure(400, "BadRequest", message);
            case NOT_FOUND -> Statuses.failure(404, "NotFound", message);
            case INTERNAL -> Statuses.internal(message);
        };
    }

    private void body(InputStream in) {
        HttpServerResponse response = answer.request().response();
        if (response.closed()) {
            close(in);
            return;
        }
        answer.head(200, "text/plain", Map.of());
        response.setChunked(true);
        response.writeHead();
        response.closeHandler(v -> close(in));
        response.exceptionHandler(e -> close(in));
        pump(in, new BlockingStream(edge.context(), response::write, response::end));
    }

    private void webSocket(InputStream in) {
        List<String> offered = PodUpgrade
                .offered(answer.request().headers().getAll("sec-websocket-protocol"));
        String protocol = offered.stream().filter(o -> o.equals(BINARY) || o.equals(BASE64))
                .findFirst().orElse("");
        if (protocol.isEmpty()) {
            answer.request().headers().remove("sec-websocket-protocol");
        } else {
            answer.request().headers().set("sec-websocket-protocol", protocol);
        }
        answer.request().toWebSocket().onSuccess(socket -> {
            answer.opened();
            socket.handler(ignored -> {
            });
            socket.closeHandler(v -> {
                answer.closed();
                close(in);
            });
            pump(in, new BlockingStream(edge.context(),
                    bytes -> message(socket, protocol.equals(BASE64), bytes),
                    () -> socket.isClosed()
                            ? Future.succeededFuture()
                            : socket.close((short) 1000)));
        }).onFailure(e -> close(in));
    }

    private static Future<Void> message(ServerWebSocket socket, boolean base64, Buffer bytes) {
        if (socket.isClosed()) {
            return Future.failedFuture("connection is closed");
        }
        return base64
                ? socket.writeFinalTextFrame(Base64.getEncoder().encodeToString(bytes.getBytes()))
                : socket.writeFinalBinaryFrame(bytes);
    }

    private static void pump(InputStream in, OutputStream client) {
        Thread.ofVirtual().name("log").start(() -> {
            byte[] buffer = new byte[COPY_BYTES];
            try (in; client) {
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                    client.write(buffer, 0, count);
                }
            } catch (IOException e) {
                LOG.debug("Log ended cause={}", e.toString());
            }
        });
    }

    /** Closing may block, so not on the event loop. */
    private static void close(InputStream in) {
        Thread.ofVirtual().name("log-close").start(() -> {
            try {
                in.close();
            } catch (IOException e) {
                LOG.debug("Log not closed cause={}", e.toString());
            }
        });
    }
}

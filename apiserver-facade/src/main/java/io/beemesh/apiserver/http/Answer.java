package io.beemesh.apiserver.http;

import io.beemesh.apiserver.http.streaming.PodUpgrade;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.ApiResponse.PodStreamRequest;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes the one answer of a request, of whichever kind. On the connection's event loop. */
final class Answer {
    private static final Logger LOG = LoggerFactory.getLogger(Answer.class);

    private final EdgeContext edge;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Upgrade upgrade;
    private final String method;
    private final long beganNanos;
    private boolean given;

    Answer(EdgeContext edge, HttpServerRequest request, Upgrade upgrade, String method) {
        this.edge = edge;
        this.request = request;
        this.response = request.response();
        this.upgrade = upgrade;
        this.method = method;
        this.beganNanos = edge.nanoTime().getAsLong();
    }

    /** Answers, unless there is an answer or nobody to take it. */
    void give(ApiResponse answer) {
        if (given || response.closed()) {
            return;
        }
        given = true;
        switch (answer) {
            case ApiResponse.Whole whole -> whole(whole);
            case ApiResponse.Watching watching -> watch(watching);
            case ApiResponse.PodStreaming(PodStreamRequest.Log log) -> LogAnswer.give(edge, this,
                    log.request());
            case ApiResponse.PodStreaming(PodStreamRequest stream) -> podStream(stream);
            case ApiResponse.PodProxying proxying -> ProxyAnswer.give(edge, this, proxying);
        }
    }

    HttpServerRequest request() {
        return request;
    }

    Upgrade upgrade() {
        return upgrade;
    }

    /** Writes a whole answer, also where another kind was to be begun. */
    void whole(ApiResponse.Whole whole) {
        if (response.closed()) {
            return;
        }
        if (upgrade == Upgrade.WEB_SOCKET && !request.isEnded()) {
            request.resume();
        }
        head(whole.code(), whole.contentType(), whole.headers());
        String acceptEncoding = request.getHeader("accept-encoding");
        WholeResponse.write(edge.context(), response, whole,
                acceptEncoding == null ? "" : acceptEncoding);
    }

    /** Sets status and headers, and counts the answer. */
    void head(int code, String contentType, Map<String, List<String>> headers) {
        response.setStatusCode(code);
        if (!contentType.isEmpty()) {
            response.putHeader("Content-Type", contentType);
        }
        auditHeaders();
        response.putHeader("Cache-Control", "no-cache, private");
        headers.forEach(response::putHeader);
        count(code);
    }

    /** Counts an upgrade or an answer. */
    void count(int code) {
        edge.meters().answered(method, code, edge.nanoTime().getAsLong() - beganNanos);
    }

    private void auditHeaders() {
        String audit = request.getHeader("audit-id");
        response.putHeader("Audit-Id", edge.auditIds().of(audit == null ? "" : audit));
        response.putHeader("X-Content-Type-Options", "nosniff");
    }

    private void watch(ApiResponse.Watching watching) {
        if (upgrade == Upgrade.WEB_SOCKET) {
            auditHeaders();
            boolean text = watching.contentType().startsWith("application/json");
            request.toWebSocket().onSuccess(socket -> {
                upgraded();
                socket.handler(ignored -> {
                });
                startWatch(new WatchOutlet.Messages(socket, text), watching);
            }).onFailure(this::handshakeFailed);
            return;
        }
        head(200, watching.contentType(), watching.headers());
        response.setChunked(true);
        response.writeHead();
        startWatch(new WatchOutlet.Body(response, request.connection()), watching);
    }

    private void startWatch(WatchOutlet outlet, ApiResponse.Watching watching) {
        edge.meters().longRunning().increment();
        new WatchSink(edge.context(), outlet, watching.producer(),
                () -> edge.meters().longRunning().decrement()).start();
    }

    private void podStream(PodStreamRequest stream) {
        PodUpgrade pods = new PodUpgrade(edge.services().streams(), edge.context());
        switch (upgrade) {
            case NONE -> whole(
                    Statuses.failure(400, "BadRequest", "Upgrade request required"));
            case WEB_SOCKET -> webSocket(pods, stream);
            case SPDY -> spdy(pods, stream);
        }
    }

    private void webSocket(PodUpgrade pods, PodStreamRequest stream) {
        List<String> offered = PodUpgrade.offered(request.headers()
                .getAll("sec-websocket-protocol"));
        Optional<String> protocol = pods.webSocketProtocol(stream, offered);
        if (protocol.isEmpty()) {
            whole(noProtocol(offered));
            return;
        }
        Optional<String> refusal = pods.refusal(stream, protocol.get());
        if (refusal.isPresent()) {
            whole(Statuses.failure(400, "BadRequest", refusal.get()));
            return;
        }
        request.headers().set("sec-websocket-protocol", protocol.get());
        if (protocol.get().isEmpty()) {
            request.headers().remove("sec-websocket-protocol");
        }
        auditHeaders();
        request.toWebSocket().onSuccess(socket -> {
            opened();
            pods.join(socket, stream, protocol.get(), this::closed);
        }).onFailure(this::handshakeFailed);
    }

    private void spdy(PodUpgrade pods, PodStreamRequest stream) {
        List<String> offered = PodUpgrade.offered(request.headers()
                .getAll("x-stream-protocol-version"));
        Optional<String> protocol = pods.spdyProtocol(stream, offered);
        if (protocol.isEmpty()) {
            whole(noProtocol(offered));
            return;
        }
        response.putHeader("Connection", "Upgrade").putHeader("Upgrade",
                SpdyUpgradeMethod.PROTOCOL);
        if (!protocol.get().isEmpty()) {
            response.putHeader("X-Stream-Protocol-Version", protocol.get());
        }
        request.toNetSocket().onSuccess(socket -> {
            opened();
            pods.join(socket, stream, protocol.get(), this::closed);
        }).onFailure(this::handshakeFailed);
    }

    /** An upgraded connection serves. */
    void opened() {
        upgraded();
        edge.meters().longRunning().increment();
    }

    private void upgraded() {
        count(101);
        edge.connections().upgraded(request.connection());
    }

    /** An upgraded connection is closed. */
    void closed() {
        edge.meters().longRunning().decrement();
    }

    private static ApiResponse.Whole noProtocol(List<String> offered) {
        return Statuses.failure(403, "Forbidden",
                "unable to upgrade: the server supports none of the client's protocols "
                        + offered);
    }

    private void handshakeFailed(Throwable cause) {
        LOG.debug("Upgrade failed method={} cause={}", method, cause.toString());
    }
}

package io.beemesh.apiserver.http;

import io.beemesh.apiserver.http.streaming.PodUpgrade;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.TrustOptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The API port on one event loop; several instances share the port. */
final class ApiServer extends VerticleBase {
    /** A long command of an exec stands in the first line. */
    static final int LINE_BYTES_MAX = 256 * 1024;

    static final int HEADER_BYTES_MAX = 64 * 1024;

    /** Streams of one HTTP/2 connection; as Kubernetes. */
    static final int HTTP2_STREAMS_MAX = 250;

    /** Of one WebSocket message in. */
    static final int MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

    private static final long SWEEP_MILLIS = 5_000;

    private final HttpEndpointConfig config;
    private final HttpServices services;
    private final Shared shared;
    private @Nullable HttpServer server;

    ApiServer(HttpEndpointConfig config, HttpServices services, Shared shared) {
        this.config = config;
        this.services = services;
        this.shared = shared;
    }

    /** What the instances share. */
    record Shared(AuditIds auditIds, RequestMeters meters, AtomicInteger connections,
            AtomicLong bodyBytes, AtomicInteger port) {}

    @Override
    public Future<?> start() {
        EdgeContext edge = new EdgeContext(context, services, shared.auditIds(), shared.meters(),
                new RequestBody(vertx, shared.bodyBytes()),
                new Connections(config.connectionsMax(), shared.connections()), System::nanoTime);
        vertx.setPeriodic(SWEEP_MILLIS, t -> edge.connections().sweep(System.nanoTime()));
        HttpServer http = vertx.createHttpServer(options());
        server = http;
        http.connectionHandler(connection -> {
            edge.connections().opened(connection, System.nanoTime());
            SpdyUpgradeMethod.install(connection);
        });
        http.invalidRequestHandler(ApiServer::refuseMalformed);
        http.requestHandler(request -> ApiExchange.serve(edge, request));
        return http.listen().onSuccess(s -> shared.port().set(s.actualPort()));
    }

    @Override
    public Future<?> stop() {
        return server == null ? Future.succeededFuture() : server.close();
    }

    private HttpServerOptions options() {
        List<String> protocols = new ArrayList<>(PodUpgrade.webSocketProtocols());
        protocols.add(LogAnswer.BINARY);
        protocols.add(LogAnswer.BASE64);
        HttpServerOptions options = new HttpServerOptions().setHost(config.host())
                .setPort(config.apiPort() == 0 ? -1 : config.apiPort()).setSsl(true)
                .setUseAlpn(true)
                .setKeyCertOptions(KeyCertOptions.wrap(new ServingKeys(services.identity())))
                .setTrustOptions(TrustOptions
                        .wrap(new AnyClient(services.authenticator().authority())))
                .setClientAuth(ClientAuth.REQUEST).setTcpKeepAlive(true).setTcpNoDelay(true)
                .setMaxInitialLineLength(LINE_BYTES_MAX).setMaxHeaderSize(HEADER_BYTES_MAX)
                .setMaxWebSocketFrameSize(MESSAGE_BYTES_MAX)
                .setMaxWebSocketMessageSize(MESSAGE_BYTES_MAX)
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setHandle100ContinueAutomatically(true).setWebSocketSubProtocols(protocols);
        options.getInitialSettings().setMaxConcurrentStreams(HTTP2_STREAMS_MAX)
                .setMaxHeaderListSize(LINE_BYTES_MAX + HEADER_BYTES_MAX);
        return options;
    }

    /** Answers what is not HTTP or beyond its limits. */
    private static void refuseMalformed(HttpServerRequest request) {
        byte[] body = Statuses.failure(400, "BadRequest",
                "the request is malformed or its head is too large").body().getFirst();
        request.response().setStatusCode(400).putHeader("Content-Type", "application/json")
                .putHeader("Connection", "close").end(new String(body, StandardCharsets.UTF_8))
                .onComplete(v -> request.connection().close());
    }
}

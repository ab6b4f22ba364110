package io.beemesh.apiserver.http;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP edge of a node: the Kubernetes API over TLS, and the loopback port. One Vert.x with few
 * threads; nothing blocks on them, pods' streams are on virtual threads.
 */
public final class HttpEndpoint {
    private static final Logger LOG = LoggerFactory.getLogger(HttpEndpoint.class);

    private final HttpEndpointConfig config;
    private final HttpServices services;
    private final Vertx vertx;
    private final AtomicInteger apiPort = new AtomicInteger();
    private final AtomicInteger loopbackPort = new AtomicInteger();

    /** Nothing is opened before {@link #start}. */
    public HttpEndpoint(HttpEndpointConfig config, HttpServices services) {
        this.config = config;
        this.services = services;
        this.vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(config.eventLoops())
                .setWorkerPoolSize(1).setInternalBlockingPoolSize(1)
                .setPreferNativeTransport(false)
                .setBlockedThreadCheckInterval(Duration.ofMinutes(1).toMillis())
                .setFileSystemOptions(new FileSystemOptions().setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
    }

    /** Listens; fails if a port is taken. */
    public CompletableFuture<Void> start() {
        AtomicInteger connections = new AtomicInteger();
        services.meters().gauge("apiserver_open_connections", "Connections of the API port.",
                connections::get);
        ApiServer.Shared shared = new ApiServer.Shared(new AuditIds(config.seed()),
                new RequestMeters(services.meters()), connections, new AtomicLong(), apiPort);
        Future<String> api = vertx.deployVerticle(
                () -> new ApiServer(config, services, shared),
                new DeploymentOptions().setInstances(config.eventLoops()));
        Future<String> both = config.loopbackPort().isEmpty()
                ? api
                : api.compose(id -> vertx.deployVerticle(new LoopbackServer(
                        config.loopbackPort().getAsInt(), services, loopbackPort)));
        return both.onSuccess(id -> LOG.info("HTTP edge started host={} apiPort={} loopbackPort={}",
                config.host(), apiPort.get(), loopbackPort.get())).<Void>mapEmpty()
                .toCompletionStage().toCompletableFuture();
    }

    /** The API's port, once started. */
    public int apiPort() {
        return apiPort.get();
    }

    /** The loopback port, once started, if there is one. */
    public OptionalInt loopbackPort() {
        return config.loopbackPort().isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(loopbackPort.get());
    }

    /** Ends all connections and threads. */
    public CompletableFuture<Void> close() {
        return vertx.close().toCompletionStage().toCompletableFuture();
    }
}

package io.beemesh.apiserver.http;

import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.machine.metrics.Meters;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The loopback port: workloads by plain HTTP, metrics and health, and all else for the Service that
 * wants it. Who reaches it is on this machine, and is taken for an administrator; web pages that
 * a browser on this machine shows are not.
 */
final class LoopbackServer extends VerticleBase {
    private static final int IDLE_SECONDS = 180;

    private final int wantedPort;
    private final HttpServices services;
    private final AtomicInteger port;
    private @Nullable HttpServer server;

    /** {@code port} tells the real port once started. */
    LoopbackServer(int wantedPort, HttpServices services, AtomicInteger port) {
        this.wantedPort = wantedPort;
        this.services = services;
        this.port = port;
    }

    @Override
    public Future<?> start() {
        ServiceProxy proxy = new ServiceProxy(vertx, services);
        Router router = Router.router(vertx);
        for (WorkloadPost.Kind kind : WorkloadPost.Kind.values()) {
            router.post("/v1/workloads/" + kind.path()).handler(context -> post(context, kind));
        }
        router.get("/metrics").handler(context -> context.response()
                .putHeader("Content-Type", Meters.CONTENT_TYPE)
                .end(services.meters().text()));
        router.get("/livez").handler(context -> probe(context, "/livez"));
        router.get("/readyz").handler(context -> probe(context, "/readyz"));
        router.route().handler(context -> proxy.serve(context.request()));
        HttpServer http = vertx.createHttpServer(new HttpServerOptions().setHost("127.0.0.1")
                .setPort(wantedPort).setIdleTimeout(IDLE_SECONDS)
                .setIdleTimeoutUnit(TimeUnit.SECONDS).setHandle100ContinueAutomatically(true));
        server = http;
        return http.requestHandler(router).listen().onSuccess(s -> port.set(s.actualPort()));
    }

    @Override
    public Future<?> stop() {
        return server == null ? Future.succeededFuture() : server.close();
    }

    private void probe(RoutingContext routing, String path) {
        Map<String, List<String>> query = routing.queryParams().contains("verbose")
                ? Map.of("verbose", List.of(""))
                : Map.of();
        ApiRequest probe = new ApiRequest("GET", path, query, Map.of(), new byte[0],
                WorkloadPost.LOOPBACK);
        services.api().handle(probe).whenComplete((answer, failure) -> context
                .runOnContext(v -> {
                    if (answer instanceof ApiResponse.Whole whole) {
                        write(routing.response(), whole);
                    } else {
                        text(routing.response(), 500, "The API server did not answer.");
                    }
                }));
    }

    private void post(RoutingContext routing, WorkloadPost.Kind kind) {
        HttpServerRequest request = routing.request();
        if (isFromWebPage(request)) {
            text(request.response(), 403,
                    "This port takes no workloads from web pages; use curl or kubectl.");
            return;
        }
        new RequestBody(vertx, new AtomicLong()).read(request).onSuccess(result -> {
            switch (result) {
                case RequestBody.Result.Complete complete ->
                    new WorkloadPost(services.api(), kind).apply(complete.bytes())
                            .whenComplete((answer, failure) -> context.runOnContext(
                                    v -> write(request.response(), failure == null
                                            ? answer
                                            : Statuses.internal(failure.toString()))));
                case RequestBody.Result.TooLarge() ->
                    refuse(request, 413, "A workload has at most " + RequestBody.BYTES_MAX
                            + " bytes.");
                case RequestBody.Result.Busy() ->
                    refuse(request, 429, "Too many requests, please try again later.");
                case RequestBody.Result.TooSlow() ->
                    refuse(request, 408, "The workload did not arrive in time.");
            }
        });
    }

    /** Scripts of web pages cannot leave out Origin, nor choose Host. */
    private static boolean isFromWebPage(HttpServerRequest request) {
        String host = request.authority() == null ? "" : request.authority().host();
        boolean local = List.of("127.0.0.1", "localhost", "::1", "[::1]").contains(host);
        return request.getHeader("origin") != null || !local;
    }

    private static void refuse(HttpServerRequest request, int code, String sentence) {
        request.handler(ignored -> {
        });
        text(request.response().putHeader("Connection", "close"), code, sentence);
    }

    private static void write(HttpServerResponse response, ApiResponse.Whole whole) {
        if (response.closed()) {
            return;
        }
        Buffer body = Buffer.buffer();
        whole.body().forEach(body::appendBytes);
        response.setStatusCode(whole.code()).putHeader("Content-Type", whole.contentType())
                .end(body);
    }

    static void text(HttpServerResponse response, int code, String sentence) {
        if (!response.closed()) {
            response.setStatusCode(code).putHeader("Content-Type", "text/plain; charset=utf-8")
                    .end(sentence + "\n");
        }
    }
}

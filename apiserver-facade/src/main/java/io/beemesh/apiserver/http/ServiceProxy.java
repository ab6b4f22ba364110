package io.beemesh.apiserver.http;

import io.beemesh.machine.network.netty.PodProxy;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands requests on to a ready endpoint of the default Service, and its answers back. */
final class ServiceProxy {
    private static final int CONNECT_MILLIS = 3_000;
    private static final int IDLE_SECONDS = 60;
    private static final int CONNECTIONS_MAX = 64;
    private static final Set<String> HOP_BY_HOP = Set.of("connection", "keep-alive",
            "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
            "transfer-encoding", "upgrade");
    private static final Logger LOG = LoggerFactory.getLogger(ServiceProxy.class);

    private final HttpClient client;
    private final Supplier<Optional<InetSocketAddress>> chooser;
    private final Function<String, Optional<PodProxy>> podProxy;
    private final Optional<String> unreachable;

    ServiceProxy(Vertx vertx, HttpServices services) {
        this.chooser = services.defaultService();
        this.podProxy = services.podProxy();
        this.unreachable = services.unreachable();
        this.client = vertx.createHttpClient(
                // A kept connection may be closed by the pod just as it is used again.
                new HttpClientOptions().setKeepAlive(false).setConnectTimeout(CONNECT_MILLIS)
                        .setIdleTimeout(IDLE_SECONDS).setIdleTimeoutUnit(TimeUnit.SECONDS),
                new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX).setMaxWaitQueueSize(
                        CONNECTIONS_MAX));
    }

    /** Answers {@code request} with what the Service says. On the event loop. */
    void serve(HttpServerRequest request) {
        Optional<InetSocketAddress> target = chooser.get();
        if (target.isEmpty()) {
            LoopbackServer.text(request.response(), 404, "No Service takes this path: annotate one"
                    + " that has a ready pod, kubectl annotate service NAME"
                    + " beemesh.io/http-default=true");
            return;
        }
        if (unreachable.isPresent()) {
            LoopbackServer.text(request.response(), 503, "The default Service has ready pods, but "
                    + unreachable.get() + ".");
            return;
        }
        request.pause();
        RequestOptions options = new RequestOptions().setMethod(request.method())
                .setHost(target.get().getAddress().getHostAddress())
                .setPort(target.get().getPort()).setURI(request.uri());
        podProxy.apply(target.get().getAddress().getHostAddress())
                .ifPresent(at -> options.setProxyOptions(new ProxyOptions()
                        .setType(ProxyType.SOCKS5).setHost(at.address().getHostString())
                        .setPort(at.address().getPort()).setUsername(PodProxy.USER)
                        .setPassword(at.secret())));
        client.request(options).compose(out -> {
            copyHead(request, out);
            return out.send(request);
        }).compose(answer -> back(request.response(), answer)).onFailure(e -> {
            LOG.debug("Proxied request failed target={} cause={}", target.get(), e.toString());
            if (!request.isEnded()) {
                request.resume();
            }
            if (request.response().headWritten()) {
                request.connection().close();
            } else {
                LoopbackServer.text(request.response(), 502,
                        "The default Service did not answer at " + target.get() + ".");
            }
        });
    }

    private static void copyHead(HttpServerRequest request, HttpClientRequest out) {
        request.headers().forEach((name, value) -> {
            if (!HOP_BY_HOP.contains(name.toLowerCase(Locale.ROOT))) {
                out.headers().add(name, value);
            }
        });
        out.putHeader("X-Forwarded-For", request.remoteAddress().hostAddress());
        out.putHeader("X-Forwarded-Proto", "http");
        if (request.getHeader("transfer-encoding") != null) {
            out.setChunked(true);
        }
    }

    private static Future<Void> back(HttpServerResponse response,
            HttpClientResponse answer) {
        response.setStatusCode(answer.statusCode());
        answer.headers().forEach((name, value) -> {
            if (!HOP_BY_HOP.contains(name.toLowerCase(Locale.ROOT))) {
                response.headers().add(name, value);
            }
        });
        if (answer.getHeader("content-length") == null) {
            response.setChunked(true);
        }
        return response.send(answer);
    }
}

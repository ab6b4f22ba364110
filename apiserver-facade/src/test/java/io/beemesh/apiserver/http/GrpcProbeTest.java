package io.beemesh.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.machine.probe.NetworkProber;
import io.beemesh.machine.runtime.Prober.ProbeResult;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The agent's gRPC probe against a whole HTTP/2 server, which this module has. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GrpcProbeTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private final Vertx vertx = Vertx.vertx();
    private final NettyLoop loop = new NettyLoop("probe");
    private int port;

    @BeforeAll
    void listen() throws Exception {
        HttpServer server = vertx.createHttpServer().requestHandler(GrpcProbeTest::serve);
        port = server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture()
                .get(30, TimeUnit.SECONDS).actualPort();
    }

    @AfterAll
    void close() {
        vertx.close();
        loop.close();
    }

    /** Health of the server itself and of a service that is down; nothing else is known. */
    private static void serve(HttpServerRequest request) {
        request.body().onSuccess(body -> {
            boolean grpc = request.version() == HttpVersion.HTTP_2
                    && "/grpc.health.v1.Health/Check".equals(request.path())
                    && "application/grpc".equals(request.getHeader("content-type"))
                    && body.length() >= 5 && body.getInt(1) == body.length() - 5;
            String service = body.length() > 7
                    ? body.getString(7, body.length(), StandardCharsets.UTF_8.name())
                    : "";
            request.response().putHeader("content-type", "application/grpc");
            if (!grpc || service.equals("none")) {
                request.response().putHeader("grpc-status", "12").end();
                return;
            }
            request.response().putTrailer("grpc-status", "0");
            request.response().end(Buffer.buffer(
                    new byte[]{0, 0, 0, 0, 2, 8, (byte) (service.equals("down") ? 2 : 1)}));
        });
    }

    private ProbeResult probe(int to, String service) throws Exception {
        return new NetworkProber(loop).grpc("127.0.0.1", to, service, LIMIT).get(40,
                TimeUnit.SECONDS);
    }

    @Test
    void serving_isSuccess() throws Exception {
        assertThat(probe(port, "")).isEqualTo(new ProbeResult(true, ""));
        assertThat(probe(port, "up")).isEqualTo(new ProbeResult(true, ""));
    }

    @Test
    void notServing_saysWhatWasAnswered() throws Exception {
        assertThat(probe(port, "down")).isEqualTo(new ProbeResult(false,
                "service unhealthy (responded with \"NOT_SERVING\")"));
    }

    @Test
    void serverWithoutTheProtocol_andNoServer_areFailures() throws Exception {
        assertThat(probe(port, "none").message()).contains("does not implement");
        assertThat(probe(1, "").message()).contains("connection refused");
    }
}

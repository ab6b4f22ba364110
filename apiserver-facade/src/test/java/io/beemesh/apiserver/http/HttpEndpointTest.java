package io.beemesh.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class HttpEndpointTest {
    private static TestEdge edge;
    private static HttpClient http2;
    private static HttpClient http1;

    @BeforeAll
    static void open() {
        edge = new TestEdge();
        http2 = edge.client(true, Version.HTTP_2);
        http1 = edge.client(true, Version.HTTP_1_1);
    }

    @AfterAll
    static void close() {
        http1.close();
        http2.close();
        edge.close();
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(edge.url(path)))
                .timeout(Duration.ofSeconds(30));
    }

    private static HttpResponse<String> get(HttpClient client, String path) throws Exception {
        return client.send(request(path).build(), BodyHandlers.ofString());
    }

    @Test
    void get_clientCertificate_isAnsweredOverBothVersions() throws Exception {
        for (HttpClient client : List.of(http1, http2)) {
            HttpResponse<String> answer = get(client, "/api/v1/namespaces/default/pods/p");

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.version())
                    .isEqualTo(client.version());
            assertThat(answer.body()).isEqualTo(TestApi.POD_JSON);
            assertThat(answer.headers().map()).containsEntry("cache-control",
                    List.of("no-cache, private"))
                    .containsEntry("content-type", List.of("application/json"))
                    .containsEntry("x-content-type-options", List.of("nosniff"));
            assertThat(answer.headers().firstValue("audit-id").orElse("")).hasSize(36);
        }
        ApiRequest seen = edge.api.requests.getLast();
        assertThat(seen.user().name()).isEqualTo("admin");
        assertThat(seen.user().groups()).contains("system:masters", "system:authenticated");
    }

    @Test
    void get_auditId_isRepeated() throws Exception {
        assertThat(http2.send(request("/version").header("Audit-Id", "mine-1").build(),
                BodyHandlers.ofString()).headers().firstValue("audit-id")).contains("mine-1");
    }

    @Test
    void get_wrongToken_isUnauthorizedAndNoneIsAnonymous() throws Exception {
        try (HttpClient nobody = edge.client(false, Version.HTTP_2)) {
            assertThat(get(nobody, "/version").statusCode()).isEqualTo(200);
            HttpResponse<String> answer = nobody.send(
                    request("/api").header("Authorization", "Bearer x").build(),
                    BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.body()).isEqualTo(
                    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
                            + "\"message\":\"Unauthorized\",\"reason\":\"Unauthorized\",\"code\":401}");
        }
    }

    @Test
    void get_encodedPathAndQuery_areDecoded() throws Exception {
        get(http2, "/api/v1/a%2Fb+c%20d?fieldSelector=metadata.name%3Dweb&x=1&x=2+3&flag");

        ApiRequest seen = edge.api.requests.getLast();
        assertThat(seen.path()).isEqualTo("/api/v1/a/b+c d");
        assertThat(seen.query()).containsExactlyInAnyOrderEntriesOf(
                Map.of("fieldSelector", List.of("metadata.name=web"), "x", List.of("1", "2 3"),
                        "flag", List.of("")));
    }

    @Test
    void post_body_reachesTheEngine() throws Exception {
        edge.api.answer("/echo", r -> new ApiResponse.Whole(201, r.header("content-type"),
                Map.of("Warning", List.of("299 - \"a\"", "299 - \"b\"")), List.of(r.body())));

        HttpResponse<String> answer = http1.send(request("/echo")
                .header("Content-Type", "application/yaml").POST(BodyPublishers.ofString("a: 1"))
                .build(), BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.body()).isEqualTo("a: 1");
        assertThat(answer.headers().allValues("warning")).hasSize(2);
    }

    @Test
    void post_moreThanLimit_isTooLarge() throws Exception {
        byte[] large = new byte[RequestBody.BYTES_MAX + 1];
        for (HttpClient client : List.of(http1, http2)) {
            // Without a length, so that it is found out on the way.
            HttpResponse<String> answer = client.send(
                    request("/echo").POST(BodyPublishers
                            .ofInputStream(() -> new ByteArrayInputStream(large))).build(),
                    BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(413);
            assertThat(answer.body()).contains("\"reason\":\"RequestEntityTooLarge\"");
        }
        assertThat(get(http1, "/version").statusCode()).isEqualTo(200);
    }

    @Test
    void get_largeAnswer_isCompressedIfAccepted() throws Exception {
        List<byte[]> pieces = new ArrayList<>();
        Random random = new Random(3);
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 5000; i++) {
            String piece = "{\"n\":" + random.nextLong() + "}, padding padding padding\n";
            pieces.add(piece.getBytes(StandardCharsets.UTF_8));
            all.append(piece);
        }
        edge.api.answer("/large",
                r -> new ApiResponse.Whole(200, "application/json", Map.of(), pieces));
        for (HttpClient client : List.of(http1, http2)) {
            HttpResponse<byte[]> packed = client.send(
                    request("/large").header("Accept-Encoding", "gzip").build(),
                    BodyHandlers.ofByteArray());
            assertThat(packed.headers().firstValue("content-encoding")).contains("gzip");
            try (InputStream in = new GZIPInputStream(
                    new ByteArrayInputStream(packed.body()))) {
                assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                        .isEqualTo(all.toString());
            }
            HttpResponse<String> plain = get(client, "/large");
            assertThat(plain.headers().firstValue("content-encoding")).isEmpty();
            assertThat(plain.body()).isEqualTo(all.toString());
        }
    }

    @Test
    void get_engineFails_isInternalError() throws Exception {
        edge.api.answerLater("/broken",
                r -> CompletableFuture.failedFuture(new IllegalStateException("a defect")));

        HttpResponse<String> answer = get(http2, "/broken");

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).contains("\"reason\":\"InternalError\"");
    }

    @Test
    void get_certificateRenewed_isShownWithoutRestart() throws Exception {
        X509Certificate before = shown();
        edge.identity.set(edge.newIdentity());

        assertThat(shown()).isNotEqualTo(before)
                .isEqualTo(edge.identity.get().certificate());
    }

    private static X509Certificate shown() throws Exception {
        try (SSLSocket socket = (SSLSocket) edge.tls(false).getSocketFactory()
                .createSocket("127.0.0.1", edge.apiPort())) {
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    @Test
    void rawSocket_malformedRequest_isRefused() throws Exception {
        assertThat(raw("NONSENSE\r\n\r\n")).containsPattern("^HTTP/1.[01] 400 ");
        assertThat(raw("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n")).containsPattern("^HTTP/1.[01] 400 ")
                .contains("the request URI is malformed");
        assertThat(raw("GET / HTTP/1.1\r\nHost: x\r\nX: " + "y".repeat(70_000) + "\r\n\r\n"))
                .containsPattern("^HTTP/1.[01] 400 ");
        assertThat(raw("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n"))
                .containsPattern("^HTTP/1.[01] 400 ");
    }

    private static String raw(String text) throws Exception {
        try (SSLSocket socket = (SSLSocket) edge.tls(true).getSocketFactory()
                .createSocket("127.0.0.1", edge.apiPort())) {
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            out.write(text.getBytes(StandardCharsets.US_ASCII));
            out.flush();
            byte[] answer = new byte[4096];
            int count = socket.getInputStream().readNBytes(answer, 0, 20);
            count += Math.max(0,
                    socket.getInputStream().read(answer, count, answer.length - count));
            return new String(answer, 0, count, StandardCharsets.US_ASCII);
        }
    }

    @Test
    void metrics_requests_areCounted() throws Exception {
        get(http2, "/version");

        assertThat(get(http2, "/metrics").body())
                .containsPattern("apiserver_request_total\\{code=\"200\",verb=\"GET\"\\} [1-9]")
                .contains("apiserver_current_inflight_requests 1")
                .contains("apiserver_request_duration_seconds_bucket");
    }

    @Test
    void connections_aboveTheBound_areClosed() throws Exception {
        try (TestEdge small = new TestEdge(2);
                SSLSocket first = connect(small);
                SSLSocket second = connect(small)) {
            assertThat(first.isConnected() && second.isConnected()).isTrue();
            TestEdge.await(() -> small.meters.text().contains("apiserver_open_connections 2"));
            try (SSLSocket third = connect(small)) {
                assertThat(third.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    private static SSLSocket connect(TestEdge to) throws Exception {
        SSLSocket socket = (SSLSocket) to.tls(true).getSocketFactory().createSocket("127.0.0.1",
                to.apiPort());
        socket.setSoTimeout(10_000);
        socket.startHandshake();
        return socket;
    }
}

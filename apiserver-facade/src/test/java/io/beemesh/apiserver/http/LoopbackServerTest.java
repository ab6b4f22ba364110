package io.beemesh.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.beemesh.apiserver.request.ApiRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LoopbackServerTest {
    private static final String DEPLOYMENT = """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: web
              namespace: shop
            spec:
              replicas: 2
            """;
    private static final String COLLECTION = "/apis/apps/v1/namespaces/shop/deployments";
    private static TestEdge edge;
    private static HttpClient client;

    @BeforeAll
    static void open() {
        edge = new TestEdge();
        client = HttpClient.newHttpClient();
    }

    @AfterAll
    static void close() {
        client.close();
        edge.close();
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest
                .newBuilder(URI.create("http://127.0.0.1:" + edge.loopbackPort() + path))
                .timeout(Duration.ofSeconds(20));
    }

    private static HttpResponse<String> post(String path, String body) throws Exception {
        return client.send(request(path).POST(BodyPublishers.ofString(body)).build(),
                BodyHandlers.ofString());
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return client.send(request(path).build(), BodyHandlers.ofString());
    }

    @Test
    void post_newDeployment_isCreatedAsAdmin() throws Exception {
        edge.api.answer(COLLECTION, r -> TestApi.json(201, "{\"kind\":\"Deployment\"}"));

        HttpResponse<String> answer = post("/v1/workloads/stateless", DEPLOYMENT);

        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.body()).isEqualTo("{\"kind\":\"Deployment\"}");
        ApiRequest seen = edge.api.requests.getLast();
        assertThat(seen.method()).isEqualTo("POST");
        assertThat(seen.user().groups()).contains("system:masters");
        assertThat(new String(seen.body(), StandardCharsets.UTF_8)).isEqualTo(
                "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":"
                        + "\"web\",\"namespace\":\"shop\"},\"spec\":{\"replicas\":2}}");
    }

    @Test
    void post_existingStatefulSetAsJson_isReplaced() throws Exception {
        String collection = "/apis/apps/v1/namespaces/default/statefulsets";
        edge.api.answer(collection, r -> Statuses.failure(409, "AlreadyExists", "exists"));
        edge.api.answer(collection + "/db", r -> TestApi.json(200, "{}"));

        HttpResponse<String> answer = post("/v1/workloads/stateful", "{\"apiVersion\":"
                + "\"apps/v1\",\"kind\":\"StatefulSet\",\"metadata\":{\"name\":\"db\"}}");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(edge.api.requests.getLast().method()).isEqualTo("PUT");
    }

    @Test
    void post_wrongInput_isASentence() throws Exception {
        assertThat(post("/v1/workloads/stateful", DEPLOYMENT).body()).isEqualTo(
                "/v1/workloads/stateful takes one StatefulSet of apps/v1, not Deployment of apps/v1;"
                        + " use kubectl apply for other kinds.\n");
        for (String wrong : List.of("", "a: [", "- list", DEPLOYMENT + "---\n" + DEPLOYMENT,
                "kind: Deployment\napiVersion: apps/v1")) {
            HttpResponse<String> answer = post("/v1/workloads/stateless", wrong);
            assertThat(answer.statusCode()).as(wrong).isEqualTo(400);
            assertThat(answer.body()).as(wrong).endsWith("\n").doesNotContain("Exception");
        }
    }

    @Test
    void post_fromWebPage_isRefused() throws Exception {
        assertThat(client.send(request("/v1/workloads/stateless")
                .header("Origin", "http://evil.example").POST(BodyPublishers.ofString(DEPLOYMENT))
                .build(), BodyHandlers.ofString()).statusCode()).isEqualTo(403);
    }

    @Test
    void get_healthAndMetrics_areServed() throws Exception {
        assertThat(get("/livez").body()).isEqualTo("ok");
        assertThat(get("/readyz").body()).isEqualTo("ok");
        assertThat(get("/metrics").body()).contains("# TYPE apiserver_open_connections gauge");
    }

    @Test
    void get_otherPath_goesToTheDefaultServiceOrSaysHow() throws Exception {
        edge.service.set(Optional.empty());
        HttpResponse<String> nobody = get("/shop");
        assertThat(nobody.statusCode()).isEqualTo(404);
        assertThat(nobody.body()).contains("beemesh.io/http-default=true");

        HttpServer service = HttpServer
                .create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.createContext("/", exchange -> {
            byte[] body = (exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8))
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("X-Mine", "yes");
            exchange.sendResponseHeaders(202, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        service.start();
        edge.service.set(Optional.of(service.getAddress()));
        HttpResponse<String> answer = post("/shop/cart?x=1", "apples");
        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body()).isEqualTo("POST /shop/cart?x=1 apples");
        assertThat(answer.headers().firstValue("x-mine")).contains("yes");
        service.stop(0);
        assertThat(get("/shop").statusCode()).isEqualTo(502);
    }
}

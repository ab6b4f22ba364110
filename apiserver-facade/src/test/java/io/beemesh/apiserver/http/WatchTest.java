package io.beemesh.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.apiserver.request.ApiResponse;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class WatchTest {
    private static final String PATH = "/api/v1/pods";
    private static TestEdge edge;

    @BeforeAll
    static void open() {
        edge = new TestEdge();
    }

    @AfterAll
    static void close() {
        edge.close();
    }

    /** Hands its sink to the test. */
    private static final class Events implements ApiResponse.Producer {
        final CompletableFuture<ApiResponse.Sink> sink = new CompletableFuture<>();
        final CompletableFuture<Void> stopped = new CompletableFuture<>();

        @Override
        public void start(ApiResponse.Sink to) {
            sink.complete(to);
        }

        @Override
        public void stop() {
            stopped.complete(null);
        }

        void send(String event) {
            // In two pieces, as the engine does with shared bytes.
            int middle = event.length() / 2;
            sink.join().send(List.of(bytes(event.substring(0, middle)),
                    bytes(event.substring(middle) + "\n")));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Events events(String path) {
        Events events = new Events();
        edge.api.answer(path,
                r -> new ApiResponse.Watching("application/json", Map.of(), events));
        return events;
    }

    private static InputStream open(HttpClient client, String path) throws Exception {
        HttpResponse<InputStream> answer = client.send(
                HttpRequest.newBuilder(URI.create(edge.url(path))).build(),
                BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }

    @Test
    void watch_bothVersions_deliversEachEventAtOnceAndEndsCleanly() throws Exception {
        for (Version version : Version.values()) {
            if (version.name().equals("HTTP_3")) {
                continue;
            }
            Events events = events(PATH);
            try (HttpClient client = edge.client(true, version);
                    BufferedReader lines = new BufferedReader(new InputStreamReader(
                            open(client, PATH), StandardCharsets.UTF_8))) {
                events.send("{\"type\":\"ADDED\"}");
                assertThat(lines.readLine()).isEqualTo("{\"type\":\"ADDED\"}");
                events.send("{\"type\":\"DELETED\"}");
                assertThat(lines.readLine()).isEqualTo("{\"type\":\"DELETED\"}");
                events.sink.join().end();
                assertThat(lines.readLine()).isNull();
                assertThat(events.stopped).isNotDone();
            }
        }
    }

    @Test
    void watch_clientLeaves_stopsTheProducer() throws Exception {
        for (Version version : List.of(Version.HTTP_1_1, Version.HTTP_2)) {
            Events events = events(PATH + "/" + version);
            try (HttpClient client = edge.client(true, version)) {
                InputStream body = open(client, PATH + "/" + version);
                events.send("{}");
                assertThat(body.read()).isEqualTo('{');
                body.close();
                events.stopped.get(10, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void watch_slowClient_isEndedAndProducerStopped() throws Exception {
        Events events = events(PATH + "/slow");
        try (SSLSocket socket = (SSLSocket) edge.tls(true).getSocketFactory()
                .createSocket("127.0.0.1", edge.apiPort())) {
            socket.getOutputStream()
                    .write(bytes("GET " + PATH + "/slow HTTP/1.1\r\nHost: x\r\n\r\n"));
            ApiResponse.Sink sink = events.sink.get(10, TimeUnit.SECONDS);
            List<byte[]> event = List.of(new byte[100_000]);
            for (int i = 0; i < 2000 && !events.stopped.isDone(); i++) {
                sink.send(event);
            }
            events.stopped.get(10, TimeUnit.SECONDS);
            // What the connection had is delivered whole, and the end is a clean one.
            byte[] all = readToEnd(socket);
            assertThat(new String(all, all.length - 5, 5, StandardCharsets.US_ASCII))
                    .isEqualTo("0\r\n\r\n");
        }
    }

    private static byte[] readToEnd(SSLSocket socket) throws Exception {
        socket.setSoTimeout(10_000);
        java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
        byte[] block = new byte[65536];
        while (true) {
            int count = socket.getInputStream().read(block);
            if (count < 0) {
                return all.toByteArray();
            }
            all.write(block, 0, count);
            byte[] now = all.toByteArray();
            if (new String(now, Math.max(0, now.length - 5), Math.min(5, now.length),
                    StandardCharsets.US_ASCII).equals("0\r\n\r\n")) {
                return now;
            }
        }
    }

    @Test
    void watch_largeInitialState_isDeliveredWhole() throws Exception {
        byte[] event = bytes("x".repeat(9_999) + "\n");
        int count = 3_000; // far more than may wait later on
        edge.api.answer(PATH + "/initial", r -> new ApiResponse.Watching("application/json",
                Map.of(), new ApiResponse.Producer() {
                    @Override
                    public void start(ApiResponse.Sink sink) {
                        for (int i = 0; i < count; i++) {
                            sink.send(List.of(event));
                        }
                        sink.end();
                    }

                    @Override
                    public void stop() {}
                }));
        try (HttpClient client = edge.client(true, Version.HTTP_1_1);
                InputStream body = open(client, PATH + "/initial")) {
            assertThat(body.readAllBytes()).hasSize(count * event.length);
        }
    }

    @Test
    void watch_overWebSocket_isOneTextMessageForEachEvent() throws Exception {
        Events events = events(PATH + "/ws");
        BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        try (HttpClient client = edge.client(true, Version.HTTP_1_1)) {
            WebSocket socket = client.newWebSocketBuilder().buildAsync(
                    URI.create(edge.url(PATH + "/ws").replace("https:", "wss:")),
                    listener(messages))
                    .get(10, TimeUnit.SECONDS);
            events.send("{\"type\":\"ADDED\"}");
            events.send("{\"type\":\"MODIFIED\"}");
            assertThat(messages.poll(10, TimeUnit.SECONDS)).isEqualTo("{\"type\":\"ADDED\"}\n");
            assertThat(messages.poll(10, TimeUnit.SECONDS)).isEqualTo("{\"type\":\"MODIFIED\"}\n");
            socket.abort();
            events.stopped.get(10, TimeUnit.SECONDS);

            Events ended = events(PATH + "/ws");
            client.newWebSocketBuilder().buildAsync(
                    URI.create(edge.url(PATH + "/ws").replace("https:", "wss:")),
                    listener(messages))
                    .get(10, TimeUnit.SECONDS);
            ended.sink.get(10, TimeUnit.SECONDS).end();
            assertThat(messages.poll(10, TimeUnit.SECONDS)).isEqualTo("closed 1000");
        }
    }

    private static WebSocket.Listener listener(BlockingQueue<String> messages) {
        return new WebSocket.Listener() {
            @Override
            public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                messages.add(data.toString());
                socket.request(1);
                return CompletableFuture.completedFuture(null);
            }

            @Override
            public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
                messages.add("closed " + code);
                return CompletableFuture.completedFuture(null);
            }
        };
    }

    @Test
    void watch_refusedByEngine_isAPlainAnswerToTheUpgrade() throws Exception {
        try (HttpClient client = edge.client(true, Version.HTTP_1_1)) {
            CompletableFuture<WebSocket> opening = client.newWebSocketBuilder().buildAsync(
                    URI.create(edge.url("/api/v1/nothing").replace("https:", "wss:")),
                    listener(new LinkedBlockingQueue<>()));
            assertThat(opening).failsWithin(10, TimeUnit.SECONDS).withThrowableOfType(
                    java.util.concurrent.ExecutionException.class).havingCause()
                    .isInstanceOfSatisfying(java.net.http.WebSocketHandshakeException.class,
                            e -> assertThat(e.getResponse().statusCode()).isEqualTo(404));
        }
    }
}

package io.beemesh.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.LocalPortForward;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class PortForwardAndLogTest {
    private static final String POD = "/api/v1/namespaces/default/pods/p";
    @AutoClose
    private final TestEdge edge = new TestEdge();

    @Test
    void portForward_fabric8_carriesBothWays() throws Exception {
        try (KubernetesClient client = edge.fabric8();
                LocalPortForward forward = client.pods().withName("p").portForward(80);
                Socket socket = new Socket(InetAddress.getLoopbackAddress(),
                        forward.getLocalPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write("ping".getBytes(StandardCharsets.UTF_8));
            assertThat(new String(socket.getInputStream().readNBytes(4), StandardCharsets.UTF_8))
                    .isEqualTo("ping");
        }
    }

    @Test
    void portForward_channels_beginWithThePort() throws Exception {
        try (Channels channels = new Channels(edge, POD + "/portforward?ports=81&ports=82", true,
                "v5.channel.k8s.io", "v4.channel.k8s.io")) {
            assertThat(channels.socket.getSubprotocol()).isEqualTo("v4.channel.k8s.io");
            assertThat(channels.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
            assertThat(channels.text(0)).isEqualTo("Q\0hello\n");
            assertThat(channels.text(1)).isEqualTo("Q\0");
            assertThat(channels.text(2)).isEqualTo("R\0");
            assertThat(channels.text(3)).isEqualTo(
                    "R\0error forwarding port 82 to pod p, uid uid-1: connection refused");
        }
    }

    @Test
    void log_whole_isPlainText() throws Exception {
        try (HttpClient client = edge.client(true, Version.HTTP_2)) {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(URI.create(edge.url(POD + "/log"))).build(),
                    BodyHandlers.ofString());
            assertThat(answer.body()).isEqualTo("one\ntwo\n");
            assertThat(answer.headers().firstValue("content-type")).contains("text/plain");

            HttpResponse<String> waiting = client.send(HttpRequest
                    .newBuilder(URI.create(edge.url(POD + "/log?container=waiting"))).build(),
                    BodyHandlers.ofString());
            assertThat(waiting.statusCode()).isEqualTo(400);
            assertThat(waiting.body()).contains("is waiting to start: ContainerCreating")
                    .contains("\"reason\":\"BadRequest\"");
        }
    }

    @Test
    void log_followedUntilClientLeaves_isClosed() throws Exception {
        for (Version version : java.util.List.of(Version.HTTP_1_1, Version.HTTP_2)) {
            try (TestEdge own = new TestEdge(); HttpClient client = own.client(true, version)) {
                InputStream body = client.send(
                        HttpRequest.newBuilder(URI.create(own.url(POD + "/log?follow=true")))
                                .build(),
                        BodyHandlers.ofInputStream()).body();
                BufferedReader lines = new BufferedReader(
                        new InputStreamReader(body, StandardCharsets.UTF_8));
                assertThat(lines.readLine()).isEqualTo("one");
                assertThat(lines.readLine()).isEqualTo("two");
                assertThat(own.pods.followClosed).isNotDone();
                body.close();
                own.pods.followClosed.get(10, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void log_overWebSocket_isBinaryMessages() throws Exception {
        CompletableFuture<String> text = new CompletableFuture<>();
        try (HttpClient client = edge.client(true, Version.HTTP_1_1)) {
            WebSocket socket = client.newWebSocketBuilder().subprotocols("binary.k8s.io")
                    .buildAsync(URI.create(edge.url(POD + "/log").replace("https:", "wss:")),
                            new WebSocket.Listener() {
                                @Override
                                public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data,
                                        boolean last) {
                                    text.complete(
                                            StandardCharsets.UTF_8.decode(data).toString());
                                    from.request(1);
                                    return CompletableFuture.completedFuture(null);
                                }
                            })
                    .get(10, TimeUnit.SECONDS);
            assertThat(socket.getSubprotocol()).isEqualTo("binary.k8s.io");
            assertThat(text.get(10, TimeUnit.SECONDS)).isEqualTo("one\ntwo\n");
        }
    }
}

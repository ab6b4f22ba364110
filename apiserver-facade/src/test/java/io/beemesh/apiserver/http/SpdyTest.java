package io.beemesh.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class SpdyTest {
    private static final String POD = "/api/v1/namespaces/default/pods/p";
    @AutoClose
    private final TestEdge edge = new TestEdge();

    private SpdyClient exec(String query) throws Exception {
        return SpdyClient.upgrade(edge, POD + "/exec?container=c" + query, "v4.channel.k8s.io",
                "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void exec_stdinHalfClosed_deliversOutputStatusAndEnds() throws Exception {
        try (SpdyClient client = exec("&command=cat&stdin=true&stdout=true")) {
            assertThat(client.head).startsWith("HTTP/1.1 101 ").containsIgnoringCase(
                    "X-Stream-Protocol-Version: v4.channel.k8s.io")
                    .containsIgnoringCase("Upgrade: SPDY/3.1");
            assertThat(edge.api.requests.getLast().method()).isEqualTo("POST");
            int error = client.open("streamtype", "error");
            int stdin = client.open("streamtype", "stdin");
            int stdout = client.open("streamtype", "stdout");
            client.ping();
            TestEdge.await(() -> client.replied.size() == 3 && client.pongs.get() == 1);
            client.send(stdin, bytes("over spdy"), false);
            client.send(stdin, new byte[0], true);

            TestEdge.await(() -> client.ended.contains(error) && client.ended.contains(stdout));
            assertThat(client.text(stdout)).isEqualTo("over spdy");
            assertThat(client.text(error)).isEqualTo("{\"metadata\":{},\"status\":\"Success\"}");
        }
    }

    @Test
    void exec_withoutVersion_tellsTextAndNothingForSuccess() throws Exception {
        try (SpdyClient client = SpdyClient.upgrade(edge,
                POD + "/exec?container=c&command=exit&command=4&stdout=true")) {
            int error = client.open("streamtype", "error");
            client.open("streamtype", "stdout");
            TestEdge.await(() -> client.ended.contains(error));
            assertThat(client.text(error))
                    .isEqualTo("command terminated with non-zero exit code: exit status 4");
        }
    }

    @Test
    void exec_terminal_isResizedByStream() throws Exception {
        try (SpdyClient client = exec("&command=cat&stdin=true&stdout=true&tty=true")) {
            client.open("streamtype", "error");
            client.open("streamtype", "stdin");
            int stdout = client.open("streamtype", "stdout");
            int resize = client.open("streamtype", "resize");
            client.send(resize, bytes("{\"Width\":80,\"Height\":24}\n{\"Width\":81,"), false);
            client.send(resize, bytes("\"Height\":25}\n"), false);
            TestEdge.await(() -> edge.pods.resizes.contains("81x25"));
            TestEdge.await(() -> client.text(stdout).equals("tty\n"));
        }
    }

    @Test
    void exec_streamNotAskedFor_isRefused() throws Exception {
        try (SpdyClient client = exec("&command=cat&stdout=true")) {
            int stdin = client.open("streamtype", "stdin");
            TestEdge.await(() -> client.reset.contains(stdin));
        }
    }

    @Test
    void exec_clientVanishes_endsTheSession() throws Exception {
        SpdyClient client = exec("&command=hang&stdin=true&stdout=true");
        client.open("streamtype", "error");
        client.open("streamtype", "stdin");
        client.open("streamtype", "stdout");
        TestEdge.await(() -> client.replied.size() == 3);
        client.close();

        edge.pods.hangClosed.get(10, TimeUnit.SECONDS);
    }

    @Test
    void exec_clientKeepsWindows_isSentNoMore() throws Exception {
        try (SpdyClient client = exec("&command=pour&command=300000&stdout=true")) {
            client.announceWindow(10_000);
            client.widen(0, 1_000_000);
            int error = client.open("streamtype", "error");
            int stdout = client.open("streamtype", "stdout");
            TestEdge.await(() -> client.size(stdout) == 10_000);
            client.ping();
            TestEdge.await(() -> client.pongs.get() == 1);
            assertThat(client.size(stdout)).isEqualTo(10_000);
            client.widen(stdout, 500_000);
            TestEdge.await(() -> client.ended.contains(error));
            assertThat(client.size(stdout)).isEqualTo(300_000);
        }
    }

    @Test
    void portForward_pairsOfStreams_areConnections() throws Exception {
        try (SpdyClient client = SpdyClient.upgrade(edge, POD + "/portforward",
                "portforward.k8s.io")) {
            assertThat(client.head)
                    .containsIgnoringCase("X-Stream-Protocol-Version: portforward.k8s.io");
            forward(client);
        }
    }

    @Test
    void portForward_tunnelledInWebSocket_isTheSame() throws Exception {
        try (SpdyTunnel tunnel = new SpdyTunnel(edge, POD + "/portforward")) {
            forward(tunnel.client);
        }
    }

    private static void forward(SpdyClient client) {
        int error1 = client.open("streamtype", "error", "port", "80", "requestid", "0");
        client.send(error1, new byte[0], true);
        int data1 = client.open("streamtype", "data", "port", "80", "requestid", "0");
        int error2 = client.open("streamtype", "error", "port", "81", "requestid", "1");
        int data2 = client.open("streamtype", "data", "port", "81", "requestid", "1");
        client.send(data1, bytes("echo me"), false);
        TestEdge.await(() -> client.text(data1).equals("echo me"));
        client.send(data1, bytes(" please"), true);
        TestEdge.await(() -> client.ended.contains(data1) && client.ended.contains(error1));
        assertThat(client.text(data1)).isEqualTo("echo me please");
        assertThat(client.text(error1)).isEmpty();
        TestEdge.await(() -> client.ended.contains(data2));
        assertThat(client.text(data2)).isEqualTo("hello\n");
        client.send(data2, new byte[0], true);
        TestEdge.await(() -> client.ended.contains(error2));

        int error3 = client.open("streamtype", "error", "port", "82", "requestid", "2");
        client.open("streamtype", "data", "port", "82", "requestid", "2");
        TestEdge.await(() -> client.ended.contains(error3));
        assertThat(client.text(error3)).isEqualTo(
                "error forwarding port 82 to pod p, uid uid-1: connection refused");
        int wrong = client.open("streamtype", "data", "port", "0", "requestid", "3");
        TestEdge.await(() -> client.reset.contains(wrong));
    }

    @Test
    void upgrade_noCommonVersion_isForbidden() throws Exception {
        try (SpdyClient client = SpdyClient.upgrade(edge, POD + "/exec?command=cat&stdout=true",
                "v9.channel.k8s.io")) {
            assertThat(client.head).startsWith("HTTP/1.1 403 ");
        }
    }
}

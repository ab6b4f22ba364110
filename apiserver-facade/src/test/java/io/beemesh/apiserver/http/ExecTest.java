package io.beemesh.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class ExecTest {
    private static final String EXEC = "/api/v1/namespaces/default/pods/p/exec?container=c";
    private static final String SUCCESS = "{\"metadata\":{},\"status\":\"Success\"}";
    @AutoClose
    private final TestEdge edge = new TestEdge();

    private Channels exec(String query, String protocol, String... others) {
        return new Channels(edge, EXEC + query, true, protocol, others);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void exec_fabric8_getsOutputAndExitCode() throws Exception {
        try (KubernetesClient client = edge.fabric8()) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (ExecWatch exec = client.pods().withName("p").inContainer("c").writingOutput(out)
                    .exec("echo", "a", "b c")) {
                assertThat(exec.exitCode().get(10, TimeUnit.SECONDS)).isZero();
            }
            assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("a b c\n");
            try (ExecWatch exec = client.pods().withName("p").inContainer("c").writingOutput(out)
                    .exec("exit", "3")) {
                assertThat(exec.exitCode().get(10, TimeUnit.SECONDS)).isEqualTo(3);
            }
            ByteArrayOutputStream error = new ByteArrayOutputStream();
            try (ExecWatch exec = client.pods().withName("p").inContainer("c")
                    .writingError(error).exec("err", "oops")) {
                assertThat(exec.exitCode().get(10, TimeUnit.SECONDS)).isZero();
            }
            assertThat(error.toString(StandardCharsets.UTF_8)).isEqualTo("oops\n");
        }
    }

    @Test
    void attach_fabric8_joinsBothWays() throws Exception {
        try (KubernetesClient client = edge.fabric8()) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (ExecWatch attach = client.pods().withName("p").inContainer("c")
                    .redirectingInput().writingOutput(out).attach()) {
                attach.getInput().write(bytes("typed"));
                attach.getInput().flush();
                TestEdge.await(() -> out.toString(StandardCharsets.UTF_8).equals("typed"));
                assertThat(attach.exitCode()).isNotDone();
            }
        }
    }

    @Test
    void exec_version5HalfCloses_processSeesEndOfInput() throws Exception {
        try (Channels exec = exec("&command=cat&stdin=true&stdout=true", "v5.channel.k8s.io",
                "v4.channel.k8s.io")) {
            assertThat(exec.socket.getSubprotocol()).isEqualTo("v5.channel.k8s.io");
            TestEdge.await(() -> exec.has(1)); // told that it is there, before any output
            exec.send(0, bytes("some input")).join();
            exec.send(255, new byte[]{0}).join();

            assertThat(exec.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
            assertThat(exec.text(1)).isEqualTo("some input");
            assertThat(exec.text(3)).isEqualTo(SUCCESS);
        }
    }

    @Test
    void exec_nonZeroExit_isAStatusOrTextByVersion() throws Exception {
        try (Channels exec = exec("&command=exit&command=7&stdout=true", "v4.channel.k8s.io")) {
            assertThat(exec.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
            assertThat(exec.text(3)).isEqualTo("{\"metadata\":{},\"status\":\"Failure\","
                    + "\"message\":\"command terminated with non-zero exit code: exit status 7\","
                    + "\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":[{\"reason\":"
                    + "\"ExitCode\",\"message\":\"7\"}]}}");
        }
        try (Channels exec = exec("&command=exit&command=7&stdout=true", "channel.k8s.io")) {
            exec.closed.get(10, TimeUnit.SECONDS);
            assertThat(exec.text(3))
                    .isEqualTo("command terminated with non-zero exit code: exit status 7");
        }
    }

    @Test
    void exec_base64_isTextBothWays() throws Exception {
        try (Channels exec = exec("&command=cat&stdin=true&stdout=true",
                "base64.channel.k8s.io")) {
            exec.socket.sendText("0aGVsbG8=", true).join();
            TestEdge.await(() -> exec.text(1).equals("hello"));
        }
    }

    @Test
    void exec_commandNotFound_isToldOnTheErrorChannel() throws Exception {
        try (Channels exec = exec("&command=missing&stdout=true", "v4.channel.k8s.io")) {
            exec.closed.get(10, TimeUnit.SECONDS);
            assertThat(exec.text(3)).contains("\"reason\":\"InternalError\"")
                    .contains("error executing command in container: exec: \\\"missing\\\"");
        }
    }

    @Test
    void exec_terminal_isResized() throws Exception {
        try (Channels exec = exec("&command=cat&stdin=true&stdout=true&stderr=true&tty=true",
                "v5.channel.k8s.io")) {
            TestEdge.await(() -> exec.text(1).equals("tty\n"));
            exec.send(4, bytes("{\"Width\":120,\"Height\":40}")).join();
            TestEdge.await(() -> edge.pods.resizes.contains("120x40"));
        }
    }

    @Test
    void exec_clientVanishes_endsTheSession() throws Exception {
        Channels exec = exec("&command=hang&stdin=true&stdout=true", "v5.channel.k8s.io");
        TestEdge.await(() -> exec.has(1));
        exec.close();

        edge.pods.hangClosed.get(10, TimeUnit.SECONDS);
    }

    @Test
    void exec_clientDoesNotRead_slowsTheProcess() throws Exception {
        long bytes = 60_000_000;
        try (Channels exec = new Channels(edge,
                EXEC + "&command=pour&command=" + bytes + "&stdout=true", false,
                "v5.channel.k8s.io")) {
            long[] last = {0, System.nanoTime()};
            // Until the process has made no way for 200 ms.
            TestEdge.await(() -> {
                long now = edge.pods.poured.get();
                if (now != last[0]) {
                    last[0] = now;
                    last[1] = System.nanoTime();
                }
                return now > 0 && System.nanoTime() - last[1] > 200_000_000;
            });
            assertThat(edge.pods.poured.get()).isLessThan(bytes / 2);
            exec.read();
            assertThat(exec.closed.get(20, TimeUnit.SECONDS)).isEqualTo(1000);
            assertThat(exec.size(1)).isEqualTo((int) bytes);
        }
    }

    @Test
    void exec_processDoesNotRead_slowsTheClient() throws Exception {
        byte[] block = new byte[1_000_000];
        int blocks = 60;
        try (Channels exec = exec("&command=sink&stdin=true&stdout=true", "v5.channel.k8s.io")) {
            int[] sent = {0};
            Thread sender = Thread.ofVirtual().start(() -> {
                for (int i = 0; i < blocks; i++) {
                    exec.send(0, block).join();
                    sent[0]++;
                }
                exec.send(255, new byte[]{0}).join();
            });
            assertThat(sender.join(java.time.Duration.ofSeconds(2))).isFalse();
            assertThat(sent[0]).isLessThan(blocks / 2);
            edge.pods.sinkMayRead.complete(null);
            assertThat(exec.closed.get(20, TimeUnit.SECONDS)).isEqualTo(1000);
            assertThat(exec.text(1)).isEqualTo((long) blocks * block.length + "\n");
        }
    }

    @Test
    void exec_unknownProtocol_isRefused() {
        org.assertj.core.api.Assertions
                .assertThatThrownBy(() -> exec("&command=cat&stdout=true", "v9.channel.k8s.io"))
                .rootCause().hasMessageContaining("403");
    }
}

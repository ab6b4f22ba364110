package io.beemesh.conformance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.conformance.node.NodeUnderTest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A node from its founding to its end, with simulated pods. */
@WithoutPodman
final class NodeLifeConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void node_startsServesStopsAndIsGone() throws Exception {
        NodeUnderTest node = NodeUnderTest.simulated();
        try {
            assertThat(node.up().ok()).contains("Already running: pid " + node.pid());
            assertThat(node.beemesh("status").ok()).contains("running: pid").contains("Ready");
            assertThat(node.kubectl().ok("get nodes -o wide")).contains("simulated://");
            credentialsAreGuarded(node);
            workloadsAreTakenOverHttp(node);
            String name = node.name();
            assertThat(node.beemesh("logs").ok()).contains("INFO");

            node.beemesh("down", "--kill").ok();
            lineToTry_reachesTheNode(node);
            assertThat(node.kubectl().ok("get deployment web")).contains("web");

            assertThat(node.beemesh("down").ok()).contains("Node stopped");
            assertThat(node.beemesh("status").exitCode()).isEqualTo(3);
            node.up().ok();
            namesStay(node, name);
            Eventually.contains(SOON, () -> node.kubectl().ok("get deployment web"), "2/2");
        } finally {
            node.close();
        }
        assertThat(node.data()).doesNotExist();
        assertThat(node.kubeconfigDirectory().resolve("pki")).doesNotExist();
    }

    /** Whoever ends the launcher at any step and runs it again gets the one node. */
    @Test
    void interruptedStart_continues() throws Exception {
        NodeUnderTest node = NodeUnderTest.simulated();
        try {
            for (String step : List.of("[1/5]", "[2/5]", "[4/5]", "[5/5]")) {
                node.beemesh("down").ok();
                Path output = Files.createTempFile("interrupted", ".out");
                Process launcher = node.startUp(output);
                Eventually.contains(SOON, () -> Command.printed(output), step);
                launcher.destroyForcibly();
                assertThat(launcher.waitFor(10, TimeUnit.SECONDS)).isTrue();
                Files.delete(output);
                assertThat(node.up().ok()).as("interrupted at %s", step).contains("pid "
                        + node.pid());
                assertThat(node.kubectl().ok("get nodes")).contains(" Ready ");
                assertThat(ProcessHandle.allProcesses()
                        .filter(process -> commandLine(process).contains(node.data().toString())))
                        .extracting(ProcessHandle::pid).containsExactly(node.pid());
            }
        } finally {
            node.close();
        }
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", String.valueOf(process.pid()), "cmdline"));
        } catch (IOException e) {
            // It is gone.
            return "";
        }
    }

    /** What {@code up} prints works with any port, and with a file that was written for another. */
    private static void lineToTry_reachesTheNode(NodeUnderTest node) throws IOException {
        Path kubeconfig = node.kubeconfigDirectory().resolve("beemesh.yaml");
        assertThat(node.up().ok())
                .contains("Try: kubectl --kubeconfig " + kubeconfig + " apply");
        String written = Files.readString(kubeconfig);
        Files.writeString(kubeconfig, written.replaceFirst("127.0.0.1:\\d+", "127.0.0.1:1"));
        node.beemesh("down").ok();
        String server = written.lines().filter(line -> line.contains("server: ")).findFirst()
                .orElseThrow().strip().replace("server: ", "--server ");
        assertThat(node.up().ok())
                .contains("Try: kubectl --kubeconfig " + kubeconfig + " " + server + " apply");
        Files.writeString(kubeconfig, written);
    }

    private static void credentialsAreGuarded(NodeUnderTest node) throws IOException {
        Path pki = node.kubeconfigDirectory().resolve("pki");
        assertThat(PosixFilePermissions
                .toString(Files.getPosixFilePermissions(pki.resolve("admin.key"))))
                .isEqualTo("rw-------");
        assertThat(pki.resolve("ca.key")).doesNotExist();
        NodeUnderTest other = null;
        String foreign = Files.readString(pki.resolve("ca.crt"));
        try {
            other = NodeUnderTest.simulated();
            other.beemesh("down").ok();
            Path otherCa = other.kubeconfigDirectory().resolve("pki/ca.crt");
            Files.writeString(otherCa, foreign);
            assertThat(other.up().exitCode()).isEqualTo(23);
            assertThat(Files.readString(otherCa)).isEqualTo(foreign);
        } finally {
            if (other != null) {
                other.close();
            }
        }
    }

    private static void workloadsAreTakenOverHttp(NodeUnderTest node) throws Exception {
        String deployment = """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec:
                  replicas: 2
                  selector: {matchLabels: {app: web}}
                  template:
                    metadata: {labels: {app: web}}
                    spec: {containers: [{name: app, image: none}]}
                """;
        assertThat(post(node, "/v1/workloads/stateless", deployment).statusCode())
                .isEqualTo(201);
        assertThat(post(node, "/v1/workloads/stateful", deployment).statusCode()).isEqualTo(400);
        Eventually.contains(SOON, () -> node.kubectl().ok("get deployment web"), "2/2");
        assertThat(get(node, "/livez").body()).isEqualTo("ok");
        assertThat(get(node, "/readyz").body()).isEqualTo("ok");
        assertThat(get(node, "/metrics").body()).contains("# TYPE apiserver_");
        HttpResponse<String> other = get(node, "/anything");
        assertThat(other.statusCode()).isEqualTo(404);
        assertThat(other.body()).contains("beemesh.io/http-default");
        node.kubectl().ok("expose deployment web --port=80");
        node.kubectl().ok("annotate service web beemesh.io/http-default=true");
        Eventually.contains(SOON, () -> node.web("/anything"),
                "runs with --runtime simulated: its pods have no containers");
    }

    private static void namesStay(NodeUnderTest node, String name) {
        assertThat(node.name()).matches("beemesh-[0-9a-f]{8}").isEqualTo(name);
        assertThat(node.kubectl().ok("get nodes -o name"))
                .isEqualToIgnoringNewLines("node/" + name);
    }

    private static HttpResponse<String> get(NodeUnderTest node, String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(node, path)).build());
    }

    private static HttpResponse<String> post(NodeUnderTest node, String path, String body)
            throws Exception {
        return send(
                HttpRequest.newBuilder(uri(node, path)).header("Content-Type", "application/yaml")
                        .POST(HttpRequest.BodyPublishers.ofString(body)).build());
    }

    private static URI uri(NodeUnderTest node, String path) {
        return URI.create("http://127.0.0.1:" + node.httpPort() + path);
    }

    private static HttpResponse<String> send(HttpRequest request) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }
}

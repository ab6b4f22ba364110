package io.beemesh.conformance.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithPodman;
import io.beemesh.conformance.kubectl.Kubectl;
import io.beemesh.conformance.node.NodeUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pods with sidecars on two nodes of a mesh, on real Podman: they talk by Service name in both directions,
 * nothing that they say can be read on the way, and a node that dies is not noticed by the clients of a
 * Service that has an endpoint elsewhere. A third node, without pods, makes the majority.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@WithPodman
final class MeshPodNetworkConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String NATIVE = "cipher=ChaCha20-Poly1305 by=BoringSSL";
    private static final String GET = "timeout 8 wget -qO- ";

    @TempDir
    Path directory;

    private final List<NodeUnderTest> nodes = new ArrayList<>();
    private final int hostPort = NodeUnderTest.freePort();
    private Kubectl kubectl;

    @BeforeAll
    void startPods() {
        nodes.add(NodeUnderTest.withPodman());
        nodes.add(NodeUnderTest.joinedWithPodman(nodes.getFirst()));
        nodes.add(NodeUnderTest.joined(nodes.getFirst()));
        kubectl = nodes.getFirst().kubectl();
        kubectl.apply(
                """
                        apiVersion: v1
                        kind: Service
                        metadata: {name: web, annotations: {beemesh.io/http-default: "true"}}
                        spec: {type: NodePort, selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
                        ---
                        apiVersion: v1
                        kind: Service
                        metadata: {name: each}
                        spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 8080}]}
                        """
                        + """
                                ---
                                apiVersion: v1
                                kind: Service
                                metadata: {name: echo}
                                spec: {type: NodePort, selector: {app: echo}, ports: [{port: 9053, protocol: UDP}]}
                                """
                        + echo("echo-a", 0, "{containerPort: 9053}")
                        + echo("echo-b", 1, "{containerPort: 9053, protocol: UDP, hostPort: "
                                + hostPort + "}")
                        + pod("web-a", 0, "labels: {app: web}", "")
                        + pod("web-b", 1, "labels: {app: web}",
                                "ports: [{containerPort: 8080, hostIP: 127.0.0.1, hostPort: "
                                        + hostPort + "}]")
                        + pod("client-a", 0, "", SLEEP) + pod("client-b", 1, "", SLEEP)
                        + pod("outside-a", 0, DISABLED, "") + pod("outside-b", 1, DISABLED, SLEEP));
        kubectl.ok("wait pod --all --for=condition=Ready --timeout=90s");
    }

    private static final String SLEEP = "command: [sleep, \"100000\"]";
    private static final String DISABLED = "annotations: {beemesh.io/sidecar: disabled}";

    /** A pod that answers datagrams, by the runtime in the sidecar's image. */
    private String echo(String name, int node, String port) {
        return """
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: NAME, labels: {app: echo}}
                spec:
                  nodeName: NODE
                  terminationGracePeriodSeconds: 0
                  volumes: [{name: classes, hostPath: {path: "CLASSES"}}]
                  containers:
                    - name: app
                      image: localhost/beemesh/stateless-sidecar:v1
                      command: [ECHO, serve, NAME, "9053"]
                      ports: [PORT]
                      volumeMounts: [{name: classes, mountPath: /classes, readOnly: true}]
                """.replace("NAME", name).replace("NODE", nodes.get(node).name())
                .replace("CLASSES", DatagramEcho.class.getProtectionDomain().getCodeSource()
                        .getLocation().getPath())
                .replace("ECHO", String.join(", ", ECHO)).replace("PORT", port);
    }

    private static final List<String> ECHO = List.of("/runtime/bin/java", "-XX:+UseSerialGC",
            "-Xmx16m", "-cp", "/classes", DatagramEcho.class.getName());

    private String pod(String name, int node, String metadata, String container) {
        return """
                ---
                apiVersion: v1
                kind: Pod
                metadata:
                  name: NAME
                  METADATA
                spec:
                  nodeName: NODE
                  terminationGracePeriodSeconds: 0
                  containers:
                    - name: app
                      image: localhost/beemesh/stateless-app:v1
                      CONTAINER
                """.replace("NAME", name).replace("NODE", nodes.get(node).name())
                .replace("METADATA", metadata).replace("CONTAINER", container);
    }

    @AfterAll
    void stopNodes() {
        nodes.reversed().forEach(NodeUnderTest::close);
    }

    private Command.Result in(String pod, String script) {
        return kubectl.command("exec", pod, "--", "sh", "-c", script).run();
    }

    private String address(String pod) {
        return kubectl.ok("get pod " + pod + " -o jsonpath={.status.podIP}");
    }

    @Test
    @Order(1)
    void podsTalkByServiceName_acrossNodes_inBothDirections() {
        for (String client : List.of("client-a", "client-b")) {
            String many = "for i in 1 2 3 4 5 6; do " + GET + "http://web; done";
            Eventually.contains(SOON, () -> in(client, many).output(), "web-a");
            assertThat(in(client, many).output()).contains("Hello from web-a", "Hello from web-b")
                    .doesNotContain("wget:");
            assertThat(in(client, "nslookup each.default.svc.cluster.local").output())
                    .contains(address("web-a"), address("web-b"));
        }
        assertThat(in("client-a", GET + "http://" + address("web-b") + ":8080").output())
                .contains("Hello from web-b");
        assertThat(in("client-b", GET + "http://" + address("web-a") + ":8080").output())
                .contains("Hello from web-a");
    }

    @Test
    @Order(1)
    void addressesAreOfTheirNodesShare_andUnique() {
        List<String> shares = new ArrayList<>();
        for (int node = 0; node < 2; node++) {
            String cidr = kubectl.ok("get node " + nodes.get(node).name()
                    + " -o jsonpath={.spec.podCIDR},{.spec.podCIDRs[0]}");
            String[] both = cidr.split(",", -1);
            assertThat(both[0]).matches("10\\.24[4-7]\\.\\d+\\.0/24").isEqualTo(both[1]);
            String prefix = both[0].replace("0/24", "");
            assertThat(address("web-" + "ab".charAt(node))).startsWith(prefix);
            assertThat(address("client-" + "ab".charAt(node))).startsWith(prefix);
            shares.add(prefix);
        }
        assertThat(shares).doesNotHaveDuplicates();
    }

    @Test
    @Order(1)
    void everyNodesEdgesReachPodsOfOtherNodes() {
        Eventually.contains(SOON, () -> nodes.get(0).web("/"), "web-b");
        Eventually.contains(SOON, () -> nodes.get(1).web("/"), "web-a");
        Eventually.contains(SOON, () -> kubectl
                .ok("get --raw /api/v1/namespaces/default/pods/web-b:8080/proxy/"), "web-b");
        Eventually.contains(SOON, () -> kubectl
                .ok("get --raw /api/v1/namespaces/default/services/web:http/proxy/"), "web-b");
    }

    @Test
    @Order(1)
    void nodePortsAndHostPorts_leadToPods() {
        int nodePort = Integer
                .parseInt(kubectl.ok("get service web -o jsonpath={.spec.ports[0].nodePort}"));
        Eventually.contains(SOON, () -> NodeUnderTest.web(nodePort, "/"), "web-a");
        Eventually.contains(SOON, () -> NodeUnderTest.web(nodePort, "/"), "web-b");
        Eventually.contains(SOON, () -> NodeUnderTest.web(hostPort, "/"), "web-b");
        kubectl.ok("patch service web --type=merge -p {\"spec\":{\"type\":\"ClusterIP\"}}");
        Eventually.contains(SOON, () -> NodeUnderTest.web(nodePort, "/"), "ConnectException");
    }

    @Test
    @Order(1)
    void datagrams_goByServiceToPodsOfBothNodes_andByNodePortsAndHostPorts() {
        String service = kubectl.ok("get service echo -o jsonpath={.spec.clusterIP}");
        for (String end : List.of("echo-a", "echo-b")) {
            Eventually.contains(SOON, () -> ask(end, service), "echo-a");
            Eventually.contains(SOON, () -> ask(end, service), "echo-b");
        }
        assertThat(ask("echo-a", address("echo-b"))).contains("echo-b hello");
        assertThat(ask("echo-b", address("echo-a"))).contains("echo-a hello");
        int nodePort = Integer
                .parseInt(kubectl.ok("get service echo -o jsonpath={.spec.ports[0].nodePort}"));
        for (String end : List.of("echo-a", "echo-b")) {
            Eventually.contains(SOON, () -> DatagramEcho.ask("127.0.0.1", nodePort, "hello"),
                    end + " hello");
        }
        String much = "x".repeat(30_000);
        Eventually.contains(SOON, () -> DatagramEcho.ask("127.0.0.1", hostPort, much),
                "echo-b " + much);
    }

    /** By the port that the pod itself listens on. */
    private String ask(String pod, String host) {
        List<String> words = new ArrayList<>(List.of("exec", pod, "--"));
        words.addAll(ECHO);
        words.addAll(List.of("ask", host, "9053", "hello"));
        return kubectl.command(words.toArray(String[]::new)).run().output();
    }

    @Test
    @Order(1)
    void whatIsNotThere_isRefusedAtOnce() {
        String free = address("web-b").replaceFirst("\\d+$", "253");
        String took = in("client-a", "s=$(date +%s); " + GET + "http://" + free
                + ":80 || echo no pod; " + GET + "http://" + address("web-b")
                + ":81 || echo no port; echo took $(($(date +%s)-s))").output();
        assertThat(took).contains("no pod\n").contains("no port\n")
                .containsPattern("took [0-3]\\b");
    }

    @Test
    @Order(2)
    void nothingIsReadableBetweenMachines_thatIsWithoutASidecar() {
        try (Capture capture = Capture.start(directory)) {
            String sealed = "marker-of-sidecars";
            String plain = "marker-without-sidecars";
            assertThat(in("client-a", GET + "http://" + address("web-b") + ":8080/?" + sealed)
                    .output()).contains("Hello from web-b");
            assertThat(in("outside-b", GET + "http://" + address("outside-a") + ":8080/?" + plain)
                    .output()).contains("Hello from outside-a");
            // The answer is the last of it, and a capture may be a moment behind.
            Eventually.within(SOON, () -> assertThat(capture.bytes().contains("GET /?" + plain)
                    && capture.bytes().contains("Hello from outside-a"))
                    .as("the control is seen").isTrue());
            assertThat(capture.packetsOf(nodes.get(1).meshPort())).isPositive();
            String seen = capture.bytes();
            assertThat(seen.contains("GET /?" + sealed)).isFalse();
            assertThat(seen.contains("Hello from web-b")).isFalse();
        }
    }

    /** Whoever lacks it says so, and goes on with the JDK's. */
    @Test
    @Order(2)
    void nodesAndSidecars_sealByTheNativeCipher() throws IOException {
        assertThat(in("client-a", GET + "http://" + address("web-b") + ":8080").output())
                .contains("Hello from web-b");
        for (NodeUnderTest node : nodes.subList(0, 2)) {
            assertThat(Files.readString(node.data().resolve("node.log"))).contains(NATIVE);
        }
        assertThat(log(nodes.get(0), "client-a")).contains(NATIVE);
        assertThat(log(nodes.get(1), "web-b")).contains(NATIVE);
    }

    private static String log(NodeUnderTest node, String pod) {
        return node.podman("logs", new Sidecars(node).of(pod)).ok();
    }

    @Test
    @Order(3)
    void aNodeThatIsKilled_isNotNoticedByClients_andItsPodsComeBackWithIt() {
        String many = "for i in $(seq 20); do " + GET + "http://web || echo failed; done";
        assertThat(in("client-a", many).output()).doesNotContain("failed");
        String gone = address("web-b");
        nodes.get(1).beemesh("down", "--kill").ok();
        assertThat(in("client-a", many).output()).contains("Hello from web-a")
                .doesNotContain("failed");
        Eventually.within(SOON, () -> assertThat(in("client-a", "nslookup each").output())
                .contains(address("web-a")).doesNotContain(gone));
        nodes.get(1).up().ok();
        Eventually.contains(SOON, () -> in("client-a", GET + "http://" + gone + ":8080").output(),
                "Hello from web-b");
        Eventually.contains(SOON, () -> in("client-b", GET + "http://web").output(), "Hello");
    }
}

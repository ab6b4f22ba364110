package io.beemesh.conformance.figures;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.kubectl.Kubectl;
import io.beemesh.conformance.node.NodeUnderTest;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Not part of {@code ./verify}: prints for docs/benchmarks.md how fast pods with sidecars talk, on one machine and
 * from one node to another, beside a connection within one pod, which no sidecar sees.
 */
@Isolated("It measures.")
final class PodTrafficFigures {
    private static final int ROUNDS = Integer.getInteger("beemesh.rounds", 1000);
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final List<NodeUnderTest> nodes = new ArrayList<>();

    @AfterEach
    void stop() {
        nodes.reversed().forEach(NodeUnderTest::close);
    }

    @Test
    void podToPod() throws IOException {
        nodes.add(NodeUnderTest.withPodman());
        nodes.add(NodeUnderTest.joinedWithPodman(nodes.getFirst()));
        Kubectl kubectl = nodes.getFirst().kubectl();
        kubectl.apply("""
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: program}
                binaryData: {PingPong.class: CLASS}
                """.replace("CLASS", Base64.getEncoder().encodeToString(program()))
                + pod("asks", 0) + pod("near", 0) + pod("far", 1));
        kubectl.ok("wait pod --all --for=condition=Ready --timeout=90s");
        for (String target : List.of("asks", "near", "far")) {
            String host = target.equals("asks")
                    ? "127.0.0.1"
                    : kubectl.ok("get pod " + target + " -o jsonpath={.status.podIP}");
            String figures = kubectl.command("exec", "asks", "--", "/runtime/bin/java",
                    "-XX:TieredStopAtLevel=1", "-cp", "/program",
                    "io.beemesh.conformance.figures.PingPong", "ask", host,
                    String.valueOf(ROUNDS)).limit(LIMIT).run().ok();
            System.out.println(target + "\n" + figures);
            assertThat(figures).contains("answer", "connection", "throughput");
        }
    }

    private static byte[] program() throws IOException {
        try (InputStream in = PingPong.class.getResourceAsStream("PingPong.class")) {
            return in == null ? new byte[0] : in.readAllBytes();
        }
    }

    /** The sidecar's image has a Java runtime. */
    private String pod(String name, int node) {
        return """
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: NAME}
                spec:
                  nodeName: NODE
                  terminationGracePeriodSeconds: 0
                  containers:
                    - name: app
                      image: localhost/beemesh/stateless-sidecar:v1
                      command: [/runtime/bin/java, "-XX:TieredStopAtLevel=1", "-cp", /program,
                        io.beemesh.conformance.figures.PingPong, serve]
                      volumeMounts: [{name: program, mountPath: /program}]
                  volumes:
                    - name: program
                      configMap:
                        name: program
                        items:
                          - {key: PingPong.class, path: io/beemesh/conformance/figures/PingPong.class}
                """
                .replace("NAME", name).replace("NODE", nodes.get(node).name());
    }
}

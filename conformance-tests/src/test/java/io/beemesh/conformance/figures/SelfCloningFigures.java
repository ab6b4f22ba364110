package io.beemesh.conformance.figures;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.kubectl.Kubectl;
import io.beemesh.conformance.kubectl.Manifests;
import io.beemesh.conformance.kubectl.Replica;
import io.beemesh.conformance.node.NodeUnderTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Replicas on two nodes, on real Podman, that are lost behind the nodes' backs and with a node: their siblings have
 * them cloned, and exactly as many as wanted are Ready again. A third node, without pods, makes the majority.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Isolated("It measures.")
final class SelfCloningFigures {
    private static final Duration HEALED_MAX = Duration.ofSeconds(60);
    private static final int ROUNDS = Integer.getInteger("beemesh.rounds", 3);
    private static final int WANTED = 4;

    private final List<NodeUnderTest> nodes = new ArrayList<>();
    private Kubectl kubectl;

    @BeforeAll
    void startPods() {
        nodes.add(NodeUnderTest.withPodman());
        nodes.add(NodeUnderTest.joinedWithPodman(nodes.getFirst()));
        nodes.add(NodeUnderTest.joined(nodes.getFirst()));
        kubectl = nodes.getFirst().kubectl();
        kubectl.apply(Manifests.deployment("web", WANTED, """
                terminationGracePeriodSeconds: 0
                affinity:
                  nodeAffinity:
                    requiredDuringSchedulingIgnoredDuringExecution:
                      nodeSelectorTerms:
                        - matchExpressions:
                            - {key: kubernetes.io/hostname, operator: In, values: [FIRST, SECOND]}
                topologySpreadConstraints:
                  - {maxSkew: 1, topologyKey: kubernetes.io/hostname,
                     whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}
                containers: [{name: app, image: "localhost/beemesh/stateless-app:v1"}]
                """.replace("FIRST", nodes.get(0).name())
                .replace("SECOND", nodes.get(1).name())));
        untilWhole();
    }

    @AfterAll
    void stopNodes() {
        nodes.reversed().forEach(NodeUnderTest::close);
    }

    private List<Replica> replicas() {
        return Replica.all(kubectl, "app=web");
    }

    /** Exactly as many as wanted count, and all of those are Ready. */
    private void untilWhole() {
        Eventually.within(HEALED_MAX, () -> assertThat(
                replicas().stream().filter(Replica::active).map(Replica::ready))
                .hasSize(WANTED).containsOnly(true));
    }

    private List<Replica> on(NodeUnderTest node) {
        return replicas().stream().filter(r -> r.active() && r.node().equals(node.name())).toList();
    }

    private String logs() {
        StringBuilder all = new StringBuilder();
        for (NodeUnderTest node : nodes) {
            try {
                all.append(Files.readString(node.data().resolve("node.log")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return all.toString();
    }

    private long tasks() {
        return logs().lines().filter(line -> line
                .matches(".*Published clone task [0-9a-f]{32} for default/web-\\w+\\b.*"))
                .count();
    }

    @Test
    @Order(1)
    void replicaRemovedBehindTheNodesBack_isClonedBySiblings() {
        List<Duration> times = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            NodeUnderTest node = nodes.get(round % 2);
            Replica victim = on(node).getFirst();
            long tasks = tasks();
            String id = node.podman("pod", "ps", "-q", "--no-trunc", "--filter",
                    "label=io.kubernetes.pod.uid=" + victim.uid()).ok().strip();
            assertThat(id).isNotEmpty();
            node.podman("pod", "rm", "-f", "-t", "0", id).ok();
            long began = System.nanoTime();
            Eventually.within(HEALED_MAX, () -> assertThat(tasks()).isGreaterThan(tasks));
            untilWhole();
            times.add(Duration.ofNanos(System.nanoTime() - began));
        }
        Collections.sort(times);
        System.out.println("Self-cloning after podman pod rm: rounds=" + ROUNDS + " p50="
                + times.get(ROUNDS / 2).toMillis() + "ms max=" + times.getLast().toMillis()
                + "ms");
        assertThat(nodes.getFirst().web("/metrics")).contains("beemesh_clone_vetoed_total",
                "beemesh_clone_duplicates_avoided_total", "beemesh_clone_surplus_drained_total")
                .containsPattern("beemesh_clone_tasks_published_total [1-9]");
    }

    @Test
    @Order(2)
    void nodeKilled_itsReplicasAreCloned_andDrainWhenItIsBack() {
        List<String> there = on(nodes.get(1)).stream().map(Replica::uid).toList();
        assertThat(there).isNotEmpty();
        long tasks = tasks();
        nodes.get(1).beemesh("down", "--kill").ok();
        long began = System.nanoTime();
        Eventually.within(HEALED_MAX, () -> assertThat(
                on(nodes.getFirst()).stream().filter(Replica::ready)).hasSize(WANTED));
        System.out.println("Self-cloning after kill -9 of a node: replicas=" + there.size()
                + " took=" + (System.nanoTime() - began) / 1_000_000 + "ms");
        untilWhole();
        assertThat(tasks()).isGreaterThan(tasks);
        nodes.get(1).up().ok();
        Eventually.within(HEALED_MAX, () -> assertThat(on(nodes.get(1)).stream()
                .filter(Replica::ready).map(Replica::uid))
                .containsExactlyInAnyOrderElementsOf(there));
        untilWhole();
    }
}

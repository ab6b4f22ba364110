package io.beemesh.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.kubectl.Kubectl;
import io.beemesh.conformance.kubectl.Manifests;
import io.beemesh.conformance.kubectl.Replica;
import io.beemesh.conformance.node.NodeUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Five nodes, each in a network namespace and with a Podman of its own, driven by kubectl: rolling updates while
 * nodes die, whoever leads the namespace among them, a partition of two and three with edits on both sides, and all
 * of them stopped at once. No acknowledged write is lost, and exactly the wanted replicas are there after each.
 *
 * <p>{@code -Dbeemesh.kills=100} kills so many nodes, {@code -Dbeemesh.parted=60} parts the mesh for so many
 * seconds.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Isolated("It measures.")
final class FiveMachinesConformanceTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    /** Of half of the kills; of the others twice that, as machines that run these tests are busy. */
    private static final Duration REPLACED_MAX = Duration.ofSeconds(15);
    /** Aim: 10 s. */
    private static final Duration ONE_VIEW_MAX = Duration.ofSeconds(20);
    private static final int KILLS = Integer.getInteger("beemesh.kills", 5);
    private static final Duration PARTED = Duration
            .ofSeconds(Integer.getInteger("beemesh.parted", 8));
    private static final int MACHINES = 5;
    private static final int WANTED = 5;
    private static final int MAJORITY = 3;

    private final List<NodeUnderTest> nodes = new ArrayList<>();
    private final List<Kubectl> kubectls = new ArrayList<>();
    private MeshNetwork network;

    @BeforeAll
    void start(@TempDir Path directory) throws IOException {
        NodeUnderTest.needsPodman();
        network = new MeshNetwork(MACHINES);
        nodes.add(NodeUnderTest.podman(network.place(0)));
        nodes.addAll(NodeUnderTest.joinedTogether(nodes.getFirst(),
                IntStream.range(1, MACHINES).mapToObj(network::place).toList()));
        Path kubeconfig = directory.resolve("kubeconfig");
        Files.writeString(kubeconfig, nodes.getFirst().beemesh("kubeconfig").ok());
        // One serves for all.
        nodes.forEach(node -> kubectls.add(node.kubectl(kubeconfig)));
        kubectls.getLast().apply(Manifests.deployment("web", WANTED, """
                terminationGracePeriodSeconds: 0
                containers:
                  - name: app
                    image: localhost/beemesh/stateless-app:v1
                    env: [{name: EDITION, value: "0"}]
                """));
        everywhere(WANTED);
        assertThat(replicas(0).stream().map(Replica::node).distinct()).hasSize(MACHINES);
    }

    @AfterAll
    void stop() {
        try (MeshNetwork _ = network) {
            nodes.reversed().forEach(NodeUnderTest::close);
        }
    }

    @AfterEach
    void allServe() {
        for (int node = 0; node < MACHINES; node++) {
            nodes.get(node).assertServes(kubectls.get(node));
        }
    }

    /** What runs on the machines is what the API says: nothing of pods that were replaced while their node was away. */
    private void nothingElseRuns() {
        Eventually.within(SOON, () -> {
            List<String> pods = new ArrayList<>();
            for (NodeUnderTest node : nodes) {
                node.podman("pod", "ps", "--format", "{{.Name}}").ok().lines()
                        .filter(name -> name.contains("web")).forEach(pods::add);
            }
            assertThat(pods).hasSize(replicas(0).size());
        });
    }

    private List<Replica> replicas(int node) {
        return Replica.all(kubectls.get(node), "app=web");
    }

    /** Each node shows exactly the wanted replicas, and all of them Ready. */
    private void everywhere(int wanted) {
        for (int node = 0; node < MACHINES; node++) {
            int each = node;
            told(each, () -> assertThat(replicas(each)).hasSize(wanted)
                    .allMatch(replica -> replica.active() && replica.ready()));
        }
    }

    /** Waits, and says of the pods what a node knows if that was for nothing. */
    private void told(int node, Runnable condition) {
        try {
            Eventually.within(SOON, condition);
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\n" + kubectls.get(node)
                    .run("describe pods --request-timeout=10s").output(), e);
        }
    }

    /** The nodes, those that hold the default namespace before the others. */
    private List<Integer> homesFirst() {
        String where = nodes.getFirst().beemesh("registry", "where", "deployment/web").ok();
        String homes = where.substring(where.indexOf("homes ["), where.indexOf("], primary"));
        return IntStream.range(0, MACHINES).boxed()
                .sorted(Comparator.comparing(i -> !homes.contains(nodes.get(i).name()))).toList();
    }

    /** Of the Node that leads the default namespace, which nobody does while the lead passes on. */
    private int primary() {
        return Eventually.get(SOON, () -> {
            String where = nodes.getFirst().beemesh("registry", "where", "deployment/web").ok();
            return IntStream.range(0, MACHINES)
                    .filter(i -> where.contains("primary " + nodes.get(i).name() + ","))
                    .findFirst().orElseThrow(() -> new AssertionError(where));
        });
    }

    @Test
    @Order(1)
    void nodesAreKilled_rollingUpdatesGoOn_noAcknowledgedWriteIsLost() {
        List<Duration> times = new ArrayList<>();
        int acknowledged = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            int victim = kill % 2 == 0 ? primary() : (primary() + 1 + kill) % MACHINES;
            Kubectl other = kubectls.get((victim + 1) % MACHINES);
            try (AcknowledgedWrites writes = new AcknowledgedWrites(kubectls, "kill-" + kill)) {
                boolean updating = kill < 2;
                if (updating) {
                    other.ok("set env deployment/web EDITION=" + (kill + 1));
                }
                times.add(kill(victim));
                if (updating) {
                    other.ok("rollout status deployment/web --timeout=60s");
                    String edition = String.valueOf(kill + 1);
                    Eventually.within(SOON, () -> assertThat(editions(other)).hasSize(WANTED)
                            .containsOnly(edition));
                }
                nodes.get(victim).up().ok();
                writes.stop();
                kubectls.forEach(writes::assertAllAreThere);
                acknowledged += writes.count();
            }
            everywhere(WANTED);
        }
        nothingElseRuns();
        Collections.sort(times);
        System.out.println("Five machines: kills=" + KILLS + " acknowledged=" + acknowledged
                + " replaced p50=" + times.get(KILLS / 2).toMillis() + "ms p99="
                + times.get((KILLS - 1) * 99 / 100).toMillis() + "ms max="
                + times.getLast().toMillis() + "ms");
        assertThat(acknowledged).isGreaterThan(KILLS);
        assertThat(times.get(KILLS / 2)).isLessThan(REPLACED_MAX);
        assertThat(times.getLast()).isLessThan(REPLACED_MAX.multipliedBy(2));
    }

    /** Of each pod that is not lost with its node. */
    private static List<String> editions(Kubectl kubectl) {
        return kubectl.ok("get pods -l app=web -o jsonpath={range.items[*]}{.status.reason}"
                + "{.spec.containers[0].env[0].value},{end}").lines()
                .flatMap(line -> Stream.of(line.split(",", -1)))
                .filter(pod -> !pod.isBlank() && !pod.startsWith("NodeLost")).toList();
    }

    /** How long until as many replicas as wanted are Ready on other nodes. */
    private Duration kill(int victim) {
        int other = (victim + 1) % MACHINES;
        String gone = nodes.get(victim).name();
        ProcessHandle.of(nodes.get(victim).pid()).orElseThrow().destroyForcibly();
        long killed = System.nanoTime();
        Eventually.within(SOON, () -> assertThat(replicas(other).stream()
                .filter(r -> r.active() && r.ready() && !r.node().equals(gone)))
                .hasSizeGreaterThanOrEqualTo(WANTED));
        return Duration.ofNanos(System.nanoTime() - killed);
    }

    @Test
    @Order(2)
    void partedInTwo_editsOfBothSidesSurvive_andTheWantedReplicasRemain() {
        // The side with more machines has one of the three that hold the namespace.
        List<Integer> byHome = homesFirst();
        List<Integer> minority = byHome.subList(0, MACHINES - MAJORITY);
        List<Integer> majority = byHome.subList(MACHINES - MAJORITY, MACHINES);
        network.part(minority);
        long parted = System.nanoTime();
        written(majority, "create configmap of-the-majority");
        written(minority, "create configmap of-the-minority");
        written(majority, "annotate --overwrite deployment web left=l");
        written(minority, "scale deployment web --replicas=" + (WANTED + 1));
        written(minority, "annotate --overwrite deployment web both=early");
        // Which of two edits is the later one is known by the second.
        Instant early = Instant.now();
        Eventually.within(SOON, () -> assertThat(Instant.now()).isAfter(early.plusSeconds(1)));
        written(majority, "annotate --overwrite deployment web both=late");
        for (int node : majority) {
            told(node, () -> assertThat(replicas(node).stream()
                    .filter(r -> r.active() && r.ready() && isOn(r, majority))).hasSize(WANTED));
            written(List.of(node), "create configmap of-" + nodes.get(node).name());
        }
        Eventually.within(SOON.plus(PARTED), () -> assertThat(System.nanoTime() - parted)
                .isGreaterThan(PARTED.toNanos()));
        List<String> written = Stream.concat(Stream.of("of-the-majority", "of-the-minority"),
                majority.stream().map(node -> "of-" + nodes.get(node).name())).toList();
        network.heal();
        long healed = System.nanoTime();
        for (Kubectl each : kubectls) {
            Eventually.within(SOON, () -> {
                assertThat(each.run("get configmaps -o name --request-timeout=5s").output())
                        .contains(written);
                assertThat(each.run("get deployment web --request-timeout=5s -o jsonpath="
                        + "{.spec.replicas}{.metadata.annotations.left}{.metadata.annotations.both}")
                        .output()).isEqualTo((WANTED + 1) + "llate");
            });
        }
        Duration took = Duration.ofNanos(System.nanoTime() - healed);
        System.out.println("Five machines: one view " + took.toMillis() + " ms after the cut of "
                + "2|3 was mended");
        assertThat(took).isLessThan(ONE_VIEW_MAX);
        Eventually.within(SOON, () -> assertThat(kubectls.getFirst().ok("get events"))
                .contains("MergeConflict").contains("early"));
        everywhere(WANTED + 1);
        nothingElseRuns();
        assertThat(kubectls.getLast().ok("get nodes")).doesNotContain("NotReady");
    }

    private boolean isOn(Replica replica, List<Integer> side) {
        return side.stream().anyMatch(i -> nodes.get(i).name().equals(replica.node()));
    }

    /** A write that one of the nodes of a side takes, once that side goes on by itself. */
    private void written(List<Integer> side, String line) {
        Eventually.within(SOON, () -> assertThat(side).anyMatch(node -> {
            Command.Result result = kubectls.get(node).run(line + " --request-timeout=5s");
            return result.exitCode() == 0 || result.output().contains("already exists");
        }));
    }

    @Test
    @Order(3)
    void allAreStopped_andStartedAgain_podsWentOn() {
        List<String> before = uids();
        String objects = kubectls.getFirst().ok("get configmaps -o name");
        NodeUnderTest.together(nodes, node -> node.beemesh("down"));
        NodeUnderTest.together(nodes, NodeUnderTest::up);
        everywhere(WANTED + 1);
        assertThat(uids()).isEqualTo(before);
        kubectls.forEach(each -> assertThat(each.ok("get configmaps -o name")).isEqualTo(objects));
    }

    private List<String> uids() {
        return replicas(0).stream().map(Replica::uid).sorted().toList();
    }
}

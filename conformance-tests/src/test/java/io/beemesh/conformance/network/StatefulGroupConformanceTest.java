package io.beemesh.conformance.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.Repository;
import io.beemesh.conformance.WithPodman;
import io.beemesh.conformance.kubectl.Kubectl;
import io.beemesh.conformance.node.NodeUnderTest;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The example StatefulSet on real Podman: its sidecars elect a leader and keep a map, through the loss of the
 * leader and of all pods, and while the set is scaled. Each step goes on from the one before.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@WithPodman
final class StatefulGroupConformanceTest {
    /** The project wants 40: readings of the same sidecars are between 36 and 42. */
    private static final int PSS_MB_MAX = 44;
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String SET = "my-raft-cluster";

    private NodeUnderTest node;
    private Kubectl kubectl;

    @BeforeAll
    void start() {
        node = NodeUnderTest.withPodman("--stateful-sidecar-image",
                "localhost/beemesh/stateful-sidecar:v1");
        kubectl = node.kubectl();
        kubectl.ok("apply -f " + Repository.root().resolve("manifests/my-raft-cluster.yaml"));
        kubectl.ok("rollout status statefulset/" + SET + " --timeout=120s");
    }

    @AfterAll
    void stop() {
        if (node != null) {
            node.close();
        }
    }

    /** What the endpoint in a pod answers, head and body. */
    private String ask(int ordinal, String method, String path, String body) {
        String request = method + " " + path
                + " HTTP/1.1\\r\\nConnection: close\\r\\nContent-Length: "
                + body.length() + "\\r\\n\\r\\n" + body;
        return kubectl.command("exec", SET + "-" + ordinal, "--", "sh", "-c",
                "printf '" + request + "' | nc -w 15 127.0.0.1 15002").run().output();
    }

    private String leader() {
        return kubectl.ok("get pods -l app=" + SET
                + ",beemesh.io/role=leader -o jsonpath={.items[*].metadata.name}");
    }

    private void votersAre(String voters) {
        Eventually.within(SOON, () -> assertThat(kubectl.ok("get statefulset " + SET
                + " -o jsonpath={.metadata.annotations.beemesh\\.io/voters}")).isEqualTo(voters));
    }

    private void eachHolds(int replicas, String key, String value) {
        for (int i = 0; i < replicas; i++) {
            int ordinal = i;
            Eventually.within(SOON, () -> assertThat(ask(ordinal, "GET", "/kv/" + key, ""))
                    .startsWith("HTTP/1.1 200").endsWith("\r\n\r\n" + value));
        }
    }

    private void rolesAre(int followers) {
        Eventually.within(SOON, () -> {
            assertThat(leader()).matches(SET + "-\\d");
            assertThat(kubectl.ok("get pods -l beemesh.io/role=follower -o name").lines())
                    .hasSize(followers);
        });
    }

    @Test
    @Order(1)
    void theSidecarsElect_andWhatOnePodPuts_theOthersGet() {
        votersAre("0,1,2");
        rolesAre(2);
        assertThat(ask(1, "PUT", "/kv/color", "green")).startsWith("HTTP/1.1 204");
        eachHolds(3, "color", "green");
        assertThat(ask(0, "GET", "/leader", "")).contains("\"leader\":\"" + leader() + "\"");
        assertThat(ask(2, "GET", "/members", ""))
                .contains("[\"" + SET + "-0\",\"" + SET + "-1\",\"" + SET + "-2\"]");
        assertThat(ask(2, "GET", "/health", "")).startsWith("HTTP/1.1 200");
        assertThat(ask(2, "GET", "/metrics", "")).contains("\nbeemesh_group_voters 3\n")
                .contains("\nbeemesh_group_leader_known 1\n");
    }

    @Test
    @Order(2)
    void theLeadersPodIsDeleted_anotherLeads_andTheMapIsThere() {
        String before = leader();
        int ordinal = Integer.parseInt(before.substring(before.length() - 1));
        kubectl.ok("delete pod " + before + " --wait=false");
        Eventually.within(SOON, () -> assertThat(leader()).isNotEmpty().isNotEqualTo(before));
        int other = (ordinal + 1) % 3;
        Eventually.within(SOON, () -> assertThat(ask(other, "PUT", "/kv/color", "blue"))
                .startsWith("HTTP/1.1 204"));
        kubectl.ok("rollout status statefulset/" + SET + " --timeout=120s");
        eachHolds(3, "color", "blue");
        rolesAre(2);
    }

    @Test
    @Order(3)
    void aSidecarIsKilled_andComesBackWithItsLog() {
        String before = leader();
        node.podman("kill", new Sidecars(node).of(before)).ok();
        eachHolds(3, "color", "blue");
        rolesAre(2);
        votersAre("0,1,2");
    }

    private String get(int ordinal, int seconds) {
        String address = kubectl
                .ok("get pod " + SET + "-" + ordinal + " -o jsonpath={.status.podIP}");
        return kubectl.command("exec", "client", "--", "timeout", Integer.toString(seconds), "wget",
                "-qO-", "http://" + address + ":8080/").run().output();
    }

    private void others(String signal) {
        for (int i = 1; i < 3; i++) {
            node.podman("kill", "-s", signal, new Sidecars(node).of(SET + "-" + i)).ok();
        }
    }

    /** What is paused are the sidecars of both other voters; the pod itself runs on. */
    @Test
    @Order(4)
    void aPodWithoutAMajority_isNotHeard_andIsWhenThatIsBack() {
        kubectl.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: client}
                spec:
                  terminationGracePeriodSeconds: 0
                  containers:
                    - name: app
                      image: localhost/beemesh/stateless-app:v1
                      command: [sleep, "100000"]
                """);
        kubectl.ok("wait pod client --for=condition=Ready --timeout=60s");
        Eventually.contains(SOON, () -> get(0, 10), "has served");
        others("STOP");
        try {
            // What it proved last still counts for a moment.
            Eventually.within(SOON, () -> assertThat(get(0, 2)).doesNotContain("has served"));
            assertThat(get(0, 5)).doesNotContain("has served");
        } finally {
            others("CONT");
        }
        Eventually.contains(SOON, () -> get(0, 10), "has served");
        kubectl.ok("delete pod client");
    }

    @Test
    @Order(4)
    void scaledUpAndDown_votersFollow() {
        kubectl.ok("scale statefulset/" + SET + " --replicas=5");
        votersAre("0,1,2,3,4");
        eachHolds(5, "color", "blue");
        kubectl.ok("scale statefulset/" + SET + " --replicas=3");
        votersAre("0,1,2");
        Eventually.within(SOON, () -> assertThat(
                kubectl.ok("get pods -l app=" + SET + " -o name").lines()).hasSize(3));
        eachHolds(3, "color", "blue");
    }

    @Test
    @Order(5)
    void allPodsAreDeletedAtOnce_andTheMapSurvives() {
        kubectl.ok("delete pods -l app=" + SET + " --grace-period=1");
        kubectl.ok("rollout status statefulset/" + SET + " --timeout=120s");
        eachHolds(3, "color", "blue");
        rolesAre(2);
    }

    @Test
    @Order(6)
    void aStatefulSidecar_usesLittleMemory() {
        // Just after the start it is more, until pages are given back.
        Eventually.within(SOON, () -> {
            List<Long> each = new Sidecars(node).pssMegabytesAtMedian();
            System.out.println("stateful sidecars' PSS in MB, sharing one image: " + each);
            assertThat(each).hasSize(3).allMatch(pss -> pss <= PSS_MB_MAX);
        });
    }

    @Test
    @Order(7)
    void aMajorityLosesItsLogs_theSurvivorGoesOnWithTheMap_onceAnOperatorSaysSo() {
        Eventually.within(SOON, () -> assertThat(recover().output())
                .contains(" leads the group: there is nothing to recover")
                .doesNotContain("{"));
        String logs = node.data().resolve("sets").resolve(
                kubectl.ok("get statefulset " + SET + " -o jsonpath={.metadata.uid}")).toString();
        Command.of("rm", "-rf", logs + "/1", logs + "/2").run().ok();
        kubectl.ok("delete pod " + SET + "-1 " + SET + "-2 --grace-period=1");
        Eventually.within(SOON, () -> assertThat(recover().ok())
                .contains("survivors: " + SET + "-0\n").contains("lost: " + SET + "-1 (")
                .contains(SET + "-2 (").contains(SET + "-0 would begin generation 1")
                .contains("Nothing was done"));
        assertThat(recover("--yes").ok()).contains(SET + "-0 begins generation 1");
        votersAre("0,1,2");
        eachHolds(3, "color", "blue");
        rolesAre(2);
    }

    private Command.Result recover(String... more) {
        return node.beemesh(Stream.concat(Stream.of("recover", "statefulset", SET, "-n",
                "default"), Stream.of(more)).toArray(String[]::new));
    }

    @Test
    @Order(8)
    void theSetIsDeleted_andItsLogsGo() {
        String logs = node.data().resolve("sets").toString();
        assertThat(Command.of("ls", logs).run().output()).isNotBlank();
        kubectl.ok("delete statefulset " + SET);
        Eventually.within(SOON, () -> assertThat(
                Command.of("ls", logs).run().output()).isBlank());
    }
}

package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion.Options;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class DaemonSetReconcilerTest {
    private final World world = new World(21);

    private void node(String name, String spec) {
        world.apply(GroupResource.NODES, """
                {"kind":"Node","apiVersion":"v1","metadata":{"name":"%s","labels":{"zone":"%s"}},
                 "spec":{%s}}""".formatted(name, name, spec));
    }

    private void set(String image, String more) {
        world.apply(GroupResource.DAEMON_SETS,
                """
                        {"kind":"DaemonSet","apiVersion":"apps/v1","metadata":{"name":"d"},"spec":{%s
                         "selector":{"matchLabels":{"app":"d"}},"template":{"metadata":{"labels":{"app":"d"}},
                         "spec":{"containers":[{"name":"c","image":"%s"}]}}}}"""
                        .formatted(more, image));
        world.run(Duration.ofSeconds(8));
    }

    private List<String> nodesWithPods() {
        return world.activePods().stream().map(Pods::nodeName).sorted().toList();
    }

    private JsonNode status() {
        return world.get(GroupResource.DAEMON_SETS, "d").status();
    }

    @Test
    void eachNode_hasOnePod_butThoseWithTaints() {
        node("a", "");
        node("b", "");
        node("tainted", "\"taints\":[{\"key\":\"gpu\",\"effect\":\"NoSchedule\"}]");
        node("cordoned", "\"unschedulable\":true,\"taints\":["
                + "{\"key\":\"node.kubernetes.io/unschedulable\",\"effect\":\"NoSchedule\"}]");
        set("v1", "");
        assertThat(nodesWithPods()).containsExactly("a", "b", "cordoned");
        assertThat(status().path("desiredNumberScheduled").asInt()).isEqualTo(3);
        assertThat(status().path("numberAvailable").asInt()).isEqualTo(3);
        assertThat(status().path("updatedNumberScheduled").asInt()).isEqualTo(3);
        ApiObject pod = world.activePods().getFirst();
        assertThat(pod.labels()).containsKey("controller-revision-hash");
        node("c", "");
        world.run(Duration.ofSeconds(5));
        assertThat(nodesWithPods()).containsExactly("a", "b", "c", "cordoned");
    }

    @Test
    void aDeletedOrFailedPod_isReplaced_andOneOfAGoneNodeIsNot() {
        node("a", "");
        node("b", "");
        set("v1", "");
        ApiObject pod = world.activePods().getFirst();
        world.delete(World.key(GroupResource.PODS, pod.name()), Options.DEFAULT);
        world.run(Duration.ofSeconds(5));
        assertThat(nodesWithPods()).containsExactly("a", "b");
        world.kubelet.end(World.key(GroupResource.PODS, world.activePods().getFirst().name()),
                "Failed");
        world.run(Duration.ofSeconds(8));
        assertThat(nodesWithPods()).containsExactly("a", "b");
        assertThat(world.events("FailedDaemonPod")).hasSize(1);
        world.delete(ObjectKey.cluster(GroupResource.NODES, "b"), Options.DEFAULT);
        world.run(Duration.ofSeconds(5));
        assertThat(nodesWithPods()).containsExactly("a");
    }

    @Test
    void rollingUpdate_takesOnePodAtATime_andABrokenOneStopsIt() {
        List.of("a", "b", "c").forEach(n -> node(n, ""));
        set("v1", "");
        set("broken", "");
        world.run(Duration.ofSeconds(60));
        assertThat(world.readyPods()).isEqualTo(2);
        assertThat(status().path("updatedNumberScheduled").asInt()).isEqualTo(1);
        assertThat(status().path("numberUnavailable").asInt()).isEqualTo(1);
        set("v2", "");
        world.run(Duration.ofSeconds(60));
        assertThat(world.readyPods()).isEqualTo(3);
        assertThat(status().path("updatedNumberScheduled").asInt()).isEqualTo(3);
        assertThat(world.list(GroupResource.CONTROLLER_REVISIONS)).hasSize(3);
    }

    @Test
    void surge_startsTheNewPodBesideTheOld() {
        node("a", "");
        set("v1", "");
        set("v2", "\"updateStrategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":"
                + "{\"maxSurge\":1,\"maxUnavailable\":0}},");
        world.until(() -> world.activePods().size() == 1 && world.activePods().getFirst().spec()
                .path("containers").path(0).path("image").asText().equals("v2"));
        assertThat(world.readyPods()).isEqualTo(1);
    }

    @Test
    void onDelete_leavesOldPodsAlone() {
        node("a", "");
        set("v1", "\"updateStrategy\":{\"type\":\"OnDelete\"},");
        String first = world.activePods().getFirst().uid();
        set("v2", "\"updateStrategy\":{\"type\":\"OnDelete\"},");
        assertThat(world.activePods().getFirst().uid()).isEqualTo(first);
        assertThat(status().path("updatedNumberScheduled").asInt()).isZero();
    }

    /** Lets all that is made of an image be refused; how many pods that were. */
    private int refuse(String image, Duration time) {
        Set<String> refused = new HashSet<>();
        for (long step = 0; step < time.toMillis() / 200; step++) {
            world.activePods().stream()
                    .filter(p -> p.spec().path("containers").path(0).path("image").asText()
                            .equals(image) && refused.add(p.uid()))
                    .forEach(p -> world.kubelet.end(World.key(GroupResource.PODS, p.name()),
                            "Failed"));
            world.run(Duration.ofMillis(200));
        }
        return refused.size();
    }

    @Test
    void aPodThatIsRefusedAgainAndAgain_isRemadeMoreSlowly_untilTheTemplateChanges() {
        node("a", "");
        set("v1", "");
        assertThat(refuse("v1", Duration.ofSeconds(40))).as("at 0, 1, 3, 7, 15 and 31 s")
                .isBetween(6, 7);
        assertThat(world.activePods()).isEmpty();
        assertThat(world.list(GroupResource.PODS)).singleElement().satisfies(
                p -> assertThat(Pods.phase(p)).isEqualTo("Failed"));
        assertThat(status().path("currentNumberScheduled").asInt()).isEqualTo(1);
        node("b", "");
        world.run(Duration.ofSeconds(3));
        assertThat(nodesWithPods()).as("other nodes do not wait").containsExactly("b");
        set("v2", "");
        assertThat(nodesWithPods()).contains("a");
    }

    @Test
    void surge_thatIsRefusedAgainAndAgain_waitsToo_andTheOldPodStays() {
        String surge = "\"updateStrategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":"
                + "{\"maxSurge\":1,\"maxUnavailable\":0}},";
        node("a", "");
        set("v1", surge);
        world.apply(GroupResource.DAEMON_SETS, """
                {"kind":"DaemonSet","apiVersion":"apps/v1","metadata":{"name":"d"},"spec":{%s
                 "selector":{"matchLabels":{"app":"d"}},"template":{"metadata":{"labels":
                 {"app":"d"}},"spec":{"containers":[{"name":"c","image":"v2"}]}}}}"""
                .formatted(surge));
        assertThat(refuse("v2", Duration.ofSeconds(40))).isBetween(6, 7);
        assertThat(world.readyPods()).isEqualTo(1);
    }
}

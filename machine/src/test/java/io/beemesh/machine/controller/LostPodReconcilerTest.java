package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LostPodReconcilerTest {
    private static final ObjectKey LOST = ObjectKey.cluster(GroupResource.NODES, "lost");
    private final World world = new World(5, false);

    LostPodReconcilerTest() {
        world.apply(GroupResource.NODES,
                "{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"lost\"}}");
    }

    private void runOnTheMachine(String tolerations) {
        world.apply(GroupResource.REPLICA_SETS, """
                {"kind":"ReplicaSet","apiVersion":"apps/v1","metadata":{"name":"rs"},"spec":{
                 "replicas":2,"selector":{"matchLabels":{"app":"a"}},"template":{
                 "metadata":{"labels":{"app":"a"}},"spec":{%s
                 "containers":[{"name":"c","image":"i"}]}}}}""".formatted(tolerations));
        world.until(() -> world.list(GroupResource.PODS).size() == 2);
        bindAll("lost");
    }

    private void bindAll(String node) {
        for (ApiObject pod : world.list(GroupResource.PODS)) {
            if (Pods.nodeName(pod).isEmpty()) {
                world.edit(World.key(GroupResource.PODS, pod.name()),
                        p -> p.spec().put("nodeName", node));
            }
        }
        world.run(Duration.ofSeconds(5));
    }

    private void taint(String key) {
        world.edit(LOST, node -> node.spec().putArray("taints").addObject().put("key", key)
                .put("effect", "NoExecute")
                .put("timeAdded",
                        world.loop.wallTime().truncatedTo(ChronoUnit.SECONDS).toString()));
        world.run(Duration.ofSeconds(2));
    }

    private List<ApiObject> pods(boolean lost) {
        return world.list(GroupResource.PODS).stream().filter(p -> Pods.isLost(p) == lost).toList();
    }

    @Test
    void unreachableMachine_podsAreReplaced_andDeletedLater() {
        runOnTheMachine("""
                "tolerations":[{"key":"node.kubernetes.io/unreachable","operator":"Exists",
                "effect":"NoExecute","tolerationSeconds":300}],""");
        taint("node.kubernetes.io/unreachable");
        assertThat(pods(true)).hasSize(2).noneMatch(Pods::isReady).noneMatch(ApiObject::isDeleting);
        assertThat(pods(false)).as("those in their place").hasSize(2);
        bindAll("node-1");
        assertThat(pods(false)).hasSize(2).allMatch(Pods::isReady);
        world.run(Duration.ofMinutes(5));
        assertThat(pods(true)).allMatch(ApiObject::isDeleting);
        assertThat(pods(false)).hasSize(2).allMatch(Pods::isReady);
    }

    @Test
    void machineReturnsInTime_theNewestGo() {
        runOnTheMachine("");
        List<String> first = pods(false).stream().map(ApiObject::uid).toList();
        taint("node.kubernetes.io/unreachable");
        bindAll("node-1");
        world.edit(LOST, node -> node.spec().remove("taints"));
        theMachineSaysThatTheyRun();
        world.run(Duration.ofSeconds(60));
        assertThat(world.list(GroupResource.PODS)).hasSize(2).extracting(ApiObject::uid)
                .containsExactlyInAnyOrderElementsOf(first);
    }

    private void theMachineSaysThatTheyRun() {
        for (ApiObject pod : pods(true)) {
            world.edit(World.key(GroupResource.PODS, pod.name()), p -> {
                p.status().remove("reason");
                p.status().remove("message");
                Conditions.set(p.status(), new Conditions.Condition("Ready", "True", "", ""),
                        world.loop.wallTime().minusSeconds(60));
            });
        }
    }

    @Test
    void machineSpeaksBeforeItsNodeIsReachable_thoseInTheirPlaceStay() {
        runOnTheMachine("");
        List<String> first = pods(false).stream().map(ApiObject::uid).toList();
        taint("node.kubernetes.io/unreachable");
        bindAll("node-1");
        List<String> inPlace = pods(false).stream().map(ApiObject::uid).toList();
        theMachineSaysThatTheyRun();
        world.run(Duration.ofSeconds(5));
        assertThat(pods(true)).as("nobody else has heard of it").hasSize(2);
        assertThat(pods(false)).extracting(ApiObject::uid)
                .containsExactlyInAnyOrderElementsOf(inPlace);

        world.edit(LOST, node -> node.spec().remove("taints"));
        theMachineSaysThatTheyRun();
        world.run(Duration.ofSeconds(60));
        assertThat(world.list(GroupResource.PODS)).hasSize(2).extracting(ApiObject::uid)
                .containsExactlyInAnyOrderElementsOf(first);
    }

    /** As for a second after a parted mesh is one again, where the Node's slot was led on the other side. */
    @Test
    void machineIsHeardOf_itsPodsStay_whateverItsNodeSays() {
        runOnTheMachine("");
        world.hear("lost");
        taint("node.kubernetes.io/unreachable");
        world.run(Duration.ofMinutes(6));
        assertThat(world.list(GroupResource.PODS)).hasSize(2).allMatch(Pods::isReady)
                .noneMatch(Pods::isLost).noneMatch(ApiObject::isDeleting);
    }

    @Test
    void tolerationSeconds_areWaitedFor() {
        runOnTheMachine("""
                "tolerations":[{"key":"node.kubernetes.io/unreachable","operator":"Exists",
                "effect":"NoExecute","tolerationSeconds":30}],""");
        taint("node.kubernetes.io/unreachable");
        assertThat(pods(true)).isEmpty();
        assertThat(pods(false)).hasSize(2).noneMatch(Pods::isReady);
        world.run(Duration.ofSeconds(32));
        assertEnded();
    }

    private void assertEnded() {
        assertThat(world.list(GroupResource.PODS)).noneMatch(p -> Pods.nodeName(p).equals("lost")
                && !p.isDeleting());
    }

    @Test
    void taintOfAUser_endsPodsThatDoNotTolerateIt() {
        runOnTheMachine("");
        taint("maintenance");
        assertEnded();
    }

    /** From the taint on; who came later, from then on. */
    @Test
    void taintOfAUser_isToleratedForAsLongAsThePodSays() {
        runOnTheMachine(
                """
                        "tolerations":[{"key":"maintenance","operator":"Exists","tolerationSeconds":60}],""");
        taint("maintenance");
        world.run(Duration.ofSeconds(50));
        assertThat(pods(false)).hasSize(2).noneMatch(ApiObject::isDeleting);
        world.apply(GroupResource.PODS,
                """
                        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"later"},"spec":{"nodeName":"lost",
                         "tolerations":[{"key":"maintenance","operator":"Exists","tolerationSeconds":60}],
                         "containers":[{"name":"c","image":"i"}]}}""");
        world.run(Duration.ofSeconds(20));

        assertThat(world.list(GroupResource.PODS)).allMatch(pod -> pod.name().equals("later")
                || !Pods.nodeName(pod).equals("lost") || pod.isDeleting());
        assertThat(world.get(GroupResource.PODS, "later").isDeleting()).isFalse();
        world.run(Duration.ofSeconds(50));
        assertEnded();
    }
}

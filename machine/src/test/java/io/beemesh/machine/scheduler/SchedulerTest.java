package io.beemesh.machine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.controller.World;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion.Options;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.LocalVolume;
import io.beemesh.machine.object.Pods;
import io.beemesh.protocol.scheduling.Award;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SchedulerTest {
    private static final String EPHEMERAL = "\"volumes\":[{\"name\":\"v\",\"ephemeral\":{"
            + "\"volumeClaimTemplate\":{\"spec\":{\"storageClassName\":\"local-path\","
            + "\"accessModes\":[\"ReadWriteOnce\"],\"resources\":{\"requests\":{"
            + "\"storage\":\"1Gi\"}}}}}}],";

    private final World world = new World(11, false);
    private final ScriptedAwards awards = new ScriptedAwards();

    /** Machines that say yes, but for those that are told not to, or not to answer. */
    private static final class ScriptedAwards implements Awards {
        private final Map<String, String> refusals = new HashMap<>();
        private final List<String> asked = new ArrayList<>();

        @Override
        public CompletableFuture<Award.Answer> ask(String node, Award award) {
            asked.add(node);
            String refusal = refusals.get(node);
            if (refusal == null) {
                return Awards.UNASKED.ask(node, award);
            }
            return refusal.isEmpty()
                    ? CompletableFuture.failedFuture(new TimeoutException("no answer"))
                    : CompletableFuture
                            .completedFuture(new Award.Answer(0, List.of(refusal)));
        }

        @Override
        public void serve(Machine machine) {
            Awards.UNASKED.serve(machine);
        }
    }

    @BeforeEach
    void start() {
        new Scheduler(world.loop, world.registry, world.events, "n1", awards).start();
        world.run(Duration.ofSeconds(1));
    }

    private void node(String name, String cpu, String spec) {
        world.apply(GroupResource.NODES, """
                {"kind":"Node","apiVersion":"v1","metadata":{"name":"%s","labels":{
                  "kubernetes.io/hostname":"%s"}},"spec":{%s},
                 "status":{"allocatable":{"cpu":"%s","memory":"1Gi","pods":"3"}}}"""
                .formatted(name, name, spec, cpu));
        world.run(Duration.ofSeconds(1));
    }

    private ApiObject pod(String name, String cpu, String spec) {
        world.apply(GroupResource.PODS, """
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"%s","labels":{"app":"x"}},
                 "spec":{%s"containers":[{"name":"c","image":"a",
                  "resources":{"requests":{"cpu":"%s"}}}]}}""".formatted(name, spec, cpu));
        world.run(Duration.ofMillis(100));
        return get(name);
    }

    private ApiObject get(String name) {
        return world.get(GroupResource.PODS, name);
    }

    private static JsonNode scheduled(ApiObject pod) {
        return Pods.condition(pod, "PodScheduled").orElseThrow();
    }

    private static String message(ApiObject pod) {
        return scheduled(pod).path("message").asText("");
    }

    @Test
    void pod_isBound_withConditionAndEvent() {
        node("n1", "2", "");
        ApiObject pod = pod("p", "500m", "");

        assertThat(Pods.nodeName(pod)).isEqualTo("n1");
        assertThat(scheduled(pod).path("status").asText("")).isEqualTo("True");
        assertThat(world.events("Scheduled"))
                .containsExactly("Successfully assigned default/p to n1");
    }

    @Test
    void noNode_saysSo_andANewNodeWakesThePod() {
        ApiObject pod = pod("p", "1", "");
        assertThat(message(pod)).isEqualTo("no nodes available to schedule pods");
        assertThat(scheduled(pod).path("reason").asText("")).isEqualTo("Unschedulable");
        node("n1", "2", "");
        world.run(Duration.ofSeconds(2));

        assertThat(Pods.nodeName(get("p"))).isEqualTo("n1");
    }

    @Test
    void noRoom_saysWhatIsMissing_asKubernetesDoes() {
        node("n1", "2", "");
        pod("a", "1500m", "");
        String room = message(pod("b", "1", ""));
        String never = message(pod("c", "5", ""));

        assertThat(room).isEqualTo("0/1 nodes are available: 1 Insufficient cpu. preemption: "
                + "0/1 nodes are available: 1 No preemption victims found for incoming pod.");
        assertThat(never).isEqualTo("0/1 nodes are available: 1 Insufficient cpu. preemption: "
                + "0/1 nodes are available: 1 Preemption is not helpful for scheduling.");
        assertThat(world.events("FailedScheduling")).contains(room, never);
        world.delete(World.key(GroupResource.PODS, "a"), Options.DEFAULT);
        world.run(Duration.ofSeconds(15));
        assertThat(Pods.nodeName(get("b"))).isEqualTo("n1");
    }

    @Test
    void fullNode_hasTooManyPods() {
        node("n1", "2", "");
        for (int i = 0; i < 3; i++) {
            assertThat(Pods.nodeName(pod("p" + i, "1m", ""))).isEqualTo("n1");
        }

        assertThat(message(pod("p3", "1m", ""))).contains("1 Too many pods.");
    }

    @Test
    void selectorTaintAndCordon_refuse_inKubernetesWords() {
        node("n1", "2", "");
        assertThat(message(pod("s", "1m", "\"nodeSelector\":{\"disk\":\"ssd\"},")))
                .contains("1 node(s) didn't match Pod's node affinity/selector.");
        node("n1", "2", "\"taints\":[{\"key\":\"k\",\"value\":\"v\",\"effect\":\"NoSchedule\"}]");
        assertThat(message(pod("t", "1m", "")))
                .contains("1 node(s) had untolerated taint {k: v}.");
        assertThat(Pods.nodeName(pod("u", "1m",
                "\"tolerations\":[{\"key\":\"k\",\"operator\":\"Exists\"}],"))).isEqualTo("n1");
        node("n1", "2", "\"unschedulable\":true");
        assertThat(message(pod("w", "1m", ""))).contains("1 node(s) were unschedulable.");
    }

    @Test
    void antiAffinity_spreadsOverHosts() {
        node("n1", "2", "");
        node("n2", "2", "");
        String apart = "\"affinity\":{\"podAntiAffinity\":{"
                + "\"requiredDuringSchedulingIgnoredDuringExecution\":[{\"labelSelector\":"
                + "{\"matchLabels\":{\"app\":\"x\"}},\"topologyKey\":"
                + "\"kubernetes.io/hostname\"}]}},";
        List<String> nodes = List.of(Pods.nodeName(pod("a", "1m", apart)),
                Pods.nodeName(pod("b", "1m", apart)));

        assertThat(nodes).containsExactlyInAnyOrder("n1", "n2");
        assertThat(message(pod("c", "1m", apart)))
                .contains("2 node(s) didn't match pod anti-affinity rules.");
    }

    @Test
    void topologySpread_balances() {
        node("n1", "2", "");
        node("n2", "2", "");
        String spread = "\"topologySpreadConstraints\":[{\"maxSkew\":1,\"topologyKey\":"
                + "\"kubernetes.io/hostname\",\"whenUnsatisfiable\":\"DoNotSchedule\","
                + "\"labelSelector\":{\"matchLabels\":{\"app\":\"x\"}}}],";
        List<String> nodes = List.of("a", "b", "c", "d").stream()
                .map(n -> Pods.nodeName(pod(n, "1m", spread))).sorted().toList();

        assertThat(nodes).containsExactly("n1", "n1", "n2", "n2");
    }

    @Test
    void likePods_spreadOverHosts_whereNobodySaysHow() {
        node("node-1", "2", "");
        node("node-2", "2", "");
        node("node-3", "2", "");
        List<String> nodes = List.of("a", "b", "c", "d", "e", "f").stream()
                .map(n -> Pods.nodeName(pod(n, "1m", ""))).sorted().toList();

        assertThat(nodes).containsExactly("node-1", "node-1", "node-2", "node-2", "node-3",
                "node-3");
    }

    @Test
    void importantPod_takesTheRoomOfTheLeastImportant() {
        node("n1", "2", "");
        pod("low", "1", "\"priority\":1,");
        pod("mid", "1", "\"priority\":5,");
        world.run(Duration.ofSeconds(3));
        ApiObject high = pod("high", "1", "\"priority\":10,");
        assertThat(high.status().path("nominatedNodeName").asText("")).isEqualTo("n1");
        world.run(Duration.ofSeconds(15));

        assertThat(Pods.nodeName(get("high"))).isEqualTo("n1");
        assertThat(Pods.nodeName(get("mid"))).isEqualTo("n1");
        assertThat(world.find(GroupResource.PODS, "low")).isEmpty();
        assertThat(world.events("Preempted")).hasSize(1);
    }

    /** Though one of them is more important than those that its budget keeps. */
    @Test
    void importantPod_sparesThoseThatTheirBudgetKeeps() {
        node("n1", "2", "");
        node("n2", "2", "\"unschedulable\":true");
        pod("kept", "2", "\"priority\":1,");
        node("n2", "2", "");
        pod("other", "2", "\"priority\":5,");
        world.edit(World.key(GroupResource.PODS, "kept"),
                p -> p.metadata().withObjectProperty("labels").put("app", "kept"));
        world.apply(GroupResource.DISRUPTION_BUDGETS, """
                {"kind":"PodDisruptionBudget","apiVersion":"policy/v1","metadata":{"name":"b"},
                 "spec":{"selector":{"matchLabels":{"app":"kept"}}},
                 "status":{"disruptionsAllowed":0}}""");
        world.run(Duration.ofSeconds(3));

        pod("high", "2", "\"priority\":10,");
        world.run(Duration.ofSeconds(15));
        assertThat(Pods.nodeName(get("high"))).isEqualTo("n2");
        assertThat(world.find(GroupResource.PODS, "other")).isEmpty();

        // There is no other way for the next one.
        pod("higher", "2", "\"priority\":9,");
        world.run(Duration.ofSeconds(15));
        assertThat(Pods.nodeName(get("higher"))).isEqualTo("n1");
        assertThat(world.find(GroupResource.PODS, "kept")).isEmpty();
    }

    /** Their volumes will lie where the pods are to run, so both would be stuck on one machine. */
    @Test
    void podsThatWaitForTheirVolumes_takeRoom() {
        node("n1", "2", "");
        node("n2", "2", "");
        world.apply(GroupResource.STORAGE_CLASSES, """
                {"kind":"StorageClass","apiVersion":"storage.k8s.io/v1","metadata":{"name":"late"},
                 "provisioner":"p","volumeBindingMode":"WaitForFirstConsumer"}""");
        for (String name : List.of("a", "b")) {
            world.apply(GroupResource.PERSISTENT_VOLUME_CLAIMS, """
                    {"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":{"name":"%s"},
                     "spec":{"storageClassName":"late"}}""".formatted(name));
            pod(name, "1500m", "\"volumes\":[{\"name\":\"v\",\"persistentVolumeClaim\":"
                    + "{\"claimName\":\"" + name + "\"}}],");
        }
        world.run(Duration.ofSeconds(1));

        assertThat(List.of("a", "b").stream()
                .map(name -> world.get(GroupResource.PERSISTENT_VOLUME_CLAIMS, name).annotations()
                        .get(VolumeFilter.SELECTED_NODE))
                .toList()).containsExactlyInAnyOrder("n1", "n2");
        world.apply(GroupResource.PERSISTENT_VOLUMES,
                "{\"kind\":\"PersistentVolume\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"pv\"}}");
        world.edit(World.key(GroupResource.PERSISTENT_VOLUME_CLAIMS, "a"), claim -> {
            claim.spec().put("volumeName", "pv");
            claim.status().put("phase", "Bound");
        });
        world.run(Duration.ofSeconds(5));
        assertThat(Pods.nodeName(get("a"))).as(message(get("a"))).isNotEmpty();
    }

    @Test
    void gatedPod_waitsForItsGates() {
        node("n1", "2", "");
        ApiObject pod = pod("g", "1m", "\"schedulingGates\":[{\"name\":\"x\"}],");
        assertThat(scheduled(pod).path("reason").asText("")).isEqualTo("SchedulingGated");
        world.edit(World.key(GroupResource.PODS, "g"), p -> p.spec().remove("schedulingGates"));
        world.run(Duration.ofSeconds(1));

        assertThat(Pods.nodeName(get("g"))).isEqualTo("n1");
    }

    @Test
    void claimOfTheLocalClass_getsAVolumeOnTheChosenMachine() {
        node("n1", "2", "");
        String uses = "\"volumes\":[{\"name\":\"v\",\"persistentVolumeClaim\":"
                + "{\"claimName\":\"data\"}}],";
        assertThat(message(pod("p", "1m", uses)))
                .contains("persistentvolumeclaim \"data\" not found");
        world.apply(GroupResource.PERSISTENT_VOLUME_CLAIMS, """
                {"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":{"name":"data"},
                 "spec":{"storageClassName":"local-path","accessModes":["ReadWriteOnce"],
                  "resources":{"requests":{"storage":"1Gi"}}}}""");
        world.run(Duration.ofSeconds(5));

        ApiObject claim = world.get(GroupResource.PERSISTENT_VOLUME_CLAIMS, "data");
        assertThat(claim.status().path("phase").asText("")).isEqualTo("Bound");
        assertThat(Pods.nodeName(get("p"))).isEqualTo("n1");
        ApiObject volume = world.registry.peek(GroupResource.PERSISTENT_VOLUMES, "").getFirst()
                .object();
        assertThat(volume.spec().path("hostPath").path("path").asText(""))
                .isEqualTo("/data/volumes/pvc-" + claim.uid());
        world.delete(World.key(GroupResource.PERSISTENT_VOLUME_CLAIMS, "data"), Options.DEFAULT);
        world.run(Duration.ofSeconds(2));
        assertThat(world.find(GroupResource.PERSISTENT_VOLUME_CLAIMS, "data")).isPresent();
        world.delete(World.key(GroupResource.PODS, "p"), Options.DEFAULT);
        world.run(Duration.ofSeconds(5));
        assertThat(world.find(GroupResource.PERSISTENT_VOLUME_CLAIMS, "data")).isEmpty();
        assertThat(world.registry.peek(GroupResource.PERSISTENT_VOLUMES, "")).singleElement()
                .matches(left -> LocalVolume.waitsForData(left.object()));
    }

    @Test
    void genericEphemeralVolume_getsAClaimOfItsOwn() {
        node("n1", "2", "");
        pod("p", "1m", EPHEMERAL);
        world.run(Duration.ofSeconds(5));

        ApiObject claim = world.get(GroupResource.PERSISTENT_VOLUME_CLAIMS, "p-v");
        assertThat(claim.status().path("phase").asText("")).isEqualTo("Bound");
        assertThat(Pods.nodeName(get("p"))).isEqualTo("n1");
        world.delete(World.key(GroupResource.PODS, "p"), Options.DEFAULT);
        world.run(Duration.ofSeconds(5));
        assertThat(world.find(GroupResource.PERSISTENT_VOLUME_CLAIMS, "p-v")).isEmpty();
    }

    @Test
    void claimOfAnother_isNotUsedForAnEphemeralVolume() {
        node("n1", "2", "");
        world.apply(GroupResource.PERSISTENT_VOLUME_CLAIMS, """
                {"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":{"name":"p-v"},
                 "spec":{"storageClassName":"local-path"}}""");
        assertThat(message(pod("p", "1m", EPHEMERAL))).startsWith("0/1 nodes are available: 1 PVC "
                + "default/p-v was not created for pod default/p (pod is not owner).");
        world.delete(World.key(GroupResource.PERSISTENT_VOLUME_CLAIMS, "p-v"), Options.DEFAULT);
        world.run(Duration.ofSeconds(5));
        assertThat(Pods.nodeName(get("p"))).isEqualTo("n1");
    }

    @Test
    void settled_doesNothingMore() {
        node("n1", "2", "");
        pod("p", "1", "");
        pod("big", "5", "");
        world.run(Duration.ofMinutes(2));
        long writes = world.registry.writes();
        world.run(Duration.ofMinutes(4));

        assertThat(world.registry.writes() - writes).isLessThanOrEqualTo(2);
    }

    @Test
    void machineThatRefuses_isLeftForAnother_andAskedAgainLater() {
        node("n1", "2", "");
        awards.refusals.put("n1", "Insufficient cpu");
        assertThat(Pods.nodeName(pod("p", "500m", ""))).isEmpty();
        world.run(Duration.ofSeconds(2));
        assertThat(message(get("p"))).startsWith("0/1 nodes are available: 1 Insufficient cpu.");

        awards.refusals.put("n1", "");
        node("n2", "2", "");
        world.run(Duration.ofSeconds(3));
        assertThat(Pods.nodeName(get("p"))).isEqualTo("n2");

        awards.refusals.clear();
        assertThat(pod("q", "2", "")).isNotNull();
        world.run(Duration.ofSeconds(15));
        assertThat(Pods.nodeName(get("q"))).isEqualTo("n1");
    }
}

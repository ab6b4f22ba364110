package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class DeploymentReconcilerTest {
    private static final ObjectKey WEB = World.key(GroupResource.DEPLOYMENTS, "web");

    private final World world = new World(1);

    static String deployment(int replicas, String image, String strategy) {
        return """
                {"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"web",
                  "annotations":{"team":"blue"}},
                 "spec":{"replicas":%d,"selector":{"matchLabels":{"app":"web"}},
                  "strategy":%s,"revisionHistoryLimit":2,"progressDeadlineSeconds":60,
                  "template":{"metadata":{"labels":{"app":"web"}},
                   "spec":{"containers":[{"name":"c","image":"%s"}]}}}}"""
                .formatted(replicas, strategy, image);
    }

    private static final String ROLLING = """
            {"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}}""";

    private void apply(int replicas, String image) {
        world.apply(GroupResource.DEPLOYMENTS, deployment(replicas, image, ROLLING));
    }

    private ApiObject web() {
        return world.get(GroupResource.DEPLOYMENTS, "web");
    }

    private boolean isComplete() {
        ApiObject web = web();
        return Rollout.isComplete(web, web.status())
                && web.status().path("replicas").asInt() == world.activePods().size();
    }

    @Test
    void create_becomesAvailable_withKubernetesStatus() {
        apply(3, "a:1");
        world.until(() -> world.find(GroupResource.DEPLOYMENTS, "web").isPresent()
                && isComplete());
        world.run(Duration.ofSeconds(1));

        ApiObject set = world.list(GroupResource.REPLICA_SETS).getFirst();
        assertThat(web().status()).isEqualTo(parse("""
                {"observedGeneration":1,"replicas":3,"updatedReplicas":3,"readyReplicas":3,\
                "availableReplicas":3,"conditions":[{"type":"Available","status":"True",\
                "lastUpdateTime":"%s","lastTransitionTime":"%s",\
                "reason":"MinimumReplicasAvailable",\
                "message":"Deployment has minimum availability."},\
                {"type":"Progressing","status":"True","lastUpdateTime":"%s",\
                "lastTransitionTime":"%s","reason":"NewReplicaSetAvailable",\
                "message":"ReplicaSet \\"%s\\" has successfully progressed."}]}"""
                .formatted(time("Available", "lastUpdateTime"),
                        time("Available", "lastTransitionTime"),
                        time("Progressing", "lastUpdateTime"),
                        time("Progressing", "lastTransitionTime"), set.name())));
        assertThat(web().annotations()).containsEntry(Rollout.REVISION, "1");
        assertThat(set.annotations()).containsEntry("team", "blue")
                .containsEntry(Rollout.DESIRED_REPLICAS, "3")
                .containsEntry(Rollout.MAX_REPLICAS, "4");
        assertThat(set.name()).isEqualTo("web-" + set.labels().get(Rollout.HASH_LABEL));
        assertThat(world.events("ScalingReplicaSet"))
                .containsExactly("Scaled up replica set " + set.name() + " from 0 to 3");
        assertThat(world.events("SuccessfulCreate")).hasSize(3);
    }

    private static JsonNode parse(String json) {
        return ApiObject.parse(json.getBytes(StandardCharsets.UTF_8)).tree();
    }

    private String time(String type, String field) {
        return Conditions.find(web().status(), type).orElseThrow().path(field).asText("");
    }

    @Test
    void complete_doesNothingMore() {
        apply(3, "a:1");
        world.run(Duration.ofSeconds(20));
        long writes = world.registry.writes();

        world.run(Duration.ofMinutes(30));

        assertThat(world.registry.writes()).isEqualTo(writes);
    }

    @Test
    void newImage_rollsWithinSurgeAndAvailability() {
        apply(8, "a:1");
        world.until(() -> world.readyPods() == 8);
        apply(8, "a:2");
        while (!isComplete()) {
            world.run(Duration.ofMillis(5));
            assertThat(world.activePods().size()).isLessThanOrEqualTo(10);
            assertThat(world.readyPods()).isGreaterThanOrEqualTo(6);
        }

        assertThat(world.list(GroupResource.REPLICA_SETS)).hasSize(2);
        assertThat(web().annotations()).containsEntry(Rollout.REVISION, "2");
    }

    @Test
    void brokenImage_stops_timesOut_andRollsBack() {
        apply(4, "a:1");
        world.until(this::isComplete);
        apply(4, "broken:1");
        world.run(Duration.ofMinutes(2));

        assertThat(world.readyPods()).isEqualTo(3);
        assertThat(Conditions.reason(web().status(), "Progressing"))
                .isEqualTo("ProgressDeadlineExceeded");
        apply(4, "a:1");
        world.until(this::isComplete);
        ApiObject first = world.list(GroupResource.REPLICA_SETS).stream()
                .filter(s -> Workloads.replicas(s) == 4).findFirst().orElseThrow();
        assertThat(first.annotations()).containsEntry(Rollout.REVISION, "3")
                .containsEntry(Rollout.REVISION_HISTORY, "1");
    }

    @Test
    void recreate_neverMixesTemplates() {
        String recreate = "{\"type\":\"Recreate\"}";
        world.apply(GroupResource.DEPLOYMENTS, deployment(3, "a:1", recreate));
        world.until(() -> world.readyPods() == 3);
        world.apply(GroupResource.DEPLOYMENTS, deployment(3, "a:2", recreate));
        while (!isComplete() || world.readyPods() < 3) {
            world.run(Duration.ofMillis(5));
            assertThat(world.list(GroupResource.PODS).stream()
                    .map(p -> p.labels().get(Rollout.HASH_LABEL)).distinct().count())
                    .isLessThanOrEqualTo(1);
        }
    }

    @Test
    void pausedDeployment_scalesButDoesNotRoll() {
        apply(4, "a:1");
        world.until(this::isComplete);
        world.edit(WEB, d -> {
            d.spec().put("paused", true);
            d.spec().put("replicas", 6);
        });
        change(6, "a:2");
        world.run(Duration.ofSeconds(20));

        assertThat(world.readyPods()).isEqualTo(6);
        assertThat(world.list(GroupResource.REPLICA_SETS)).hasSize(1);
        assertThat(Conditions.reason(web().status(), "Progressing"))
                .isEqualTo("DeploymentPaused");
        world.edit(WEB, d -> d.spec().remove("paused"));
        world.until(this::isComplete);
        assertThat(world.list(GroupResource.REPLICA_SETS)).hasSize(2);
    }

    private void change(int replicas, String image) {
        world.edit(WEB, d -> {
            d.spec().put("replicas", replicas);
            ((ObjectNode) d.spec().path("template")
                    .path("spec").path("containers").path(0)).put("image", image);
        });
    }

    @Test
    void scaledDuringRollout_growsBothSetsInProportion() {
        apply(10, "a:1");
        world.until(this::isComplete);
        apply(10, "broken:1");
        world.run(Duration.ofSeconds(10));
        List<Integer> before = sizes();
        world.edit(WEB, d -> d.spec().put("replicas", 20));
        world.run(Duration.ofSeconds(2));

        assertThat(before).containsExactly(5, 8);
        assertThat(sizes()).containsExactly(10, 15);
    }

    private List<Integer> sizes() {
        return world.list(GroupResource.REPLICA_SETS).stream().map(Workloads::replicas).sorted()
                .toList();
    }

    @Test
    void history_keepsOnlyTheLimit() {
        for (int i = 1; i <= 5; i++) {
            apply(2, "a:" + i);
            world.run(Duration.ofSeconds(30));
        }

        assertThat(world.list(GroupResource.REPLICA_SETS)).hasSize(3);
        assertThat(world.list(GroupResource.REPLICA_SETS).stream()
                .map(s -> s.annotations().getOrDefault(Rollout.REVISION, "")).sorted())
                .containsExactly("3", "4", "5");
    }

    @Test
    void foreignReplicaSetOfTheSameName_countsACollision() {
        apply(2, "a:1");
        world.until(this::isComplete);
        ApiObject wanted = web();
        wanted.spec().withObjectProperty("template").withObjectProperty("spec").put("x", "y");
        String taken = Revisions.newSet(wanted).name();
        world.apply(GroupResource.REPLICA_SETS, """
                {"kind":"ReplicaSet","apiVersion":"apps/v1","metadata":{"name":"%s"},
                 "spec":{"replicas":0,"selector":{"matchLabels":{"o":"p"}},
                  "template":{"metadata":{"labels":{"o":"p"}}}}}""".formatted(taken));
        world.edit(WEB, d -> d.spec().set("template", wanted.spec().path("template")));
        world.until(this::isComplete);

        assertThat(web().status().path("collisionCount").asInt()).isEqualTo(1);
    }

    @Test
    void refusedPods_showAsReplicaFailure_andRecover() {
        world.admission.refusePods(Optional.of("pods \"x\" is forbidden: exceeded quota"));
        apply(2, "a:1");
        world.run(Duration.ofSeconds(5));

        assertThat(Conditions.find(web().status(), "ReplicaFailure").orElseThrow()
                .path("message").asText("")).contains("exceeded quota");
        assertThat(world.events("FailedCreate"))
                .contains("Error creating: pods \"x\" is forbidden: exceeded quota");
        world.admission.refusePods(Optional.empty());
        world.until(this::isComplete);
        assertThat(Conditions.find(web().status(), "ReplicaFailure")).isEmpty();
    }
}

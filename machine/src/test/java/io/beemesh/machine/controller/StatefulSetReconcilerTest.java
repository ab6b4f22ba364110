package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class StatefulSetReconcilerTest {
    private static final ObjectKey DB = World.key(GroupResource.STATEFUL_SETS, "db");

    private final World world = new World(3);

    private void apply(int replicas, String more) {
        world.apply(GroupResource.STATEFUL_SETS, """
                {"kind":"StatefulSet","apiVersion":"apps/v1","metadata":{"name":"db"},
                 "spec":{"replicas":%d,"serviceName":"db","selector":{"matchLabels":{"app":"db"}},
                  %s"template":{"metadata":{"labels":{"app":"db"}},
                   "spec":{"containers":[{"name":"c","image":"a:1"}]}}}}"""
                .formatted(replicas, more));
    }

    private void setImage(String image) {
        world.edit(DB, s -> ((ObjectNode) s.spec().path("template").path("spec")
                .path("containers").path(0)).put("image", image));
    }

    private List<String> podNames() {
        return world.list(GroupResource.PODS).stream().map(ApiObject::name).toList();
    }

    private List<String> images() {
        return world.activePods().stream().map(p -> p.spec().path("containers").path(0)
                .path("image").asText("")).toList();
    }

    private ApiObject db() {
        return world.get(GroupResource.STATEFUL_SETS, "db");
    }

    private boolean isReady(String name) {
        return world.find(GroupResource.PODS, name).map(Pods::isReady).orElse(false);
    }

    @Test
    void ordered_startsOneAfterAnother_withIdentity() {
        apply(3, "");
        while (!isReady("db-2")) {
            world.run(Duration.ofMillis(5));
            for (int i = 1; i < 3; i++) {
                if (podNames().contains("db-" + i)) {
                    assertThat(isReady("db-" + (i - 1))).isTrue();
                }
            }
        }
        world.run(Duration.ofSeconds(1));

        ApiObject pod = world.get(GroupResource.PODS, "db-1");
        assertThat(pod.labels()).containsEntry("apps.kubernetes.io/pod-index", "1")
                .containsEntry("statefulset.kubernetes.io/pod-name", "db-1")
                .containsEntry("controller-revision-hash",
                        db().status().path("updateRevision").asText(""));
        assertThat(pod.spec().path("hostname").asText("")).isEqualTo("db-1");
        assertThat(pod.spec().path("subdomain").asText("")).isEqualTo("db");
        assertThat(db().status().path("readyReplicas").asInt()).isEqualTo(3);
        assertThat(db().status().path("currentReplicas").asInt()).isEqualTo(3);
    }

    @Test
    void parallel_startsAllAtOnce_andOrdinalsMayStartLater() {
        apply(3, "\"podManagementPolicy\":\"Parallel\",\"ordinals\":{\"start\":5},");
        world.run(Duration.ofMillis(150));

        assertThat(podNames()).containsExactly("db-5", "db-6", "db-7");
    }

    @Test
    void scaleDown_waitsUntilTheGroupHasLetAPodGo() {
        apply(3, "");
        world.until(() -> world.readyPods() == 3);
        voters("0,1,2");
        world.edit(DB, s -> s.spec().put("replicas", 1));
        world.run(Duration.ofSeconds(60));
        assertThat(world.activePods()).hasSize(3);

        voters("0,1");
        world.until(() -> world.activePods().size() == 2);
        world.run(Duration.ofSeconds(60));
        assertThat(podNames()).containsExactly("db-0", "db-1");

        voters("0");
        world.until(() -> world.activePods().size() == 1);
        // Whom nobody outlives, nobody lets go.
        world.edit(DB, s -> s.spec().put("replicas", 0));
        world.until(() -> world.activePods().isEmpty());
    }

    private void voters(String ordinals) {
        world.edit(DB, s -> s.metadata().withObjectProperty("annotations")
                .put("beemesh.io/voters", ordinals));
    }

    @Test
    void scaleDown_endsTheHighestFirst_oneAtATime() {
        apply(3, "");
        world.until(() -> world.readyPods() == 3);
        world.edit(DB, s -> s.spec().put("replicas", 1));
        world.until(() -> world.activePods().size() == 2);

        assertThat(isReady("db-0") && isReady("db-1")).isTrue();
        world.until(() -> podNames().equals(List.of("db-0")));
    }

    @Test
    void newTemplate_rollsFromTheHighest_oneAtATime() {
        apply(3, "");
        world.until(() -> world.readyPods() == 3);
        world.run(Duration.ofSeconds(1));
        setImage("a:2");
        while (!images().equals(List.of("a:2", "a:2", "a:2")) || world.readyPods() < 3) {
            world.run(Duration.ofMillis(5));
            assertThat(world.readyPods()).isGreaterThanOrEqualTo(2);
        }
        world.run(Duration.ofSeconds(1));

        assertThat(db().status().path("currentRevision"))
                .isEqualTo(db().status().path("updateRevision"));
        assertThat(world.list(GroupResource.CONTROLLER_REVISIONS)).hasSize(2);
    }

    @Test
    void partition_keepsLowOrdinals_evenWhenLost() {
        apply(3, "\"updateStrategy\":{\"type\":\"RollingUpdate\","
                + "\"rollingUpdate\":{\"partition\":2}},");
        world.until(() -> world.readyPods() == 3);
        world.run(Duration.ofSeconds(1));
        setImage("a:2");
        world.run(Duration.ofSeconds(20));
        assertThat(images()).containsExactly("a:1", "a:1", "a:2");
        world.delete(World.key(GroupResource.PODS, "db-0"), GracefulDeletion.Options.now());
        world.run(Duration.ofSeconds(20));

        assertThat(images()).containsExactly("a:1", "a:1", "a:2");
        assertThat(world.readyPods()).isEqualTo(3);
    }

    @Test
    void onDelete_replacesOnlyWhatTheUserDeletes() {
        apply(2, "\"updateStrategy\":{\"type\":\"OnDelete\"},");
        world.until(() -> world.readyPods() == 2);
        setImage("a:2");
        world.run(Duration.ofSeconds(20));
        assertThat(images()).containsExactly("a:1", "a:1");
        world.delete(World.key(GroupResource.PODS, "db-1"), GracefulDeletion.Options.DEFAULT);
        world.run(Duration.ofSeconds(20));

        assertThat(images()).containsExactly("a:1", "a:2");
    }

    @Test
    void undo_reusesTheRevision_asTheLatest() {
        apply(1, "");
        world.until(() -> world.readyPods() == 1);
        world.run(Duration.ofSeconds(1));
        String first = db().status().path("updateRevision").asText("");
        setImage("a:2");
        world.run(Duration.ofSeconds(20));
        setImage("a:1");
        world.run(Duration.ofSeconds(20));

        ApiObject revision = world.get(GroupResource.CONTROLLER_REVISIONS, first);
        assertThat(db().status().path("updateRevision").asText("")).isEqualTo(first);
        assertThat(revision.tree().path("revision").asLong()).isEqualTo(3);
        assertThat(revision.tree().path("data").path("spec").path("template").path("$patch")
                .asText("")).isEqualTo("replace");
    }

    @Test
    void failedPod_isReplacedUnderItsName() {
        apply(1, "");
        world.until(() -> world.readyPods() == 1);
        String uid = world.get(GroupResource.PODS, "db-0").uid();
        world.loop.run(
                () -> world.kubelet.end(World.key(GroupResource.PODS, "db-0"), "Failed"));
        world.run(Duration.ofSeconds(20));

        assertThat(world.get(GroupResource.PODS, "db-0").uid()).isNotEqualTo(uid);
        assertThat(world.readyPods()).isEqualTo(1);
    }

    @Test
    void claims_areMadeAndKept_orDeletedWithTheOrdinal() {
        apply(2, "\"persistentVolumeClaimRetentionPolicy\":"
                + "{\"whenScaled\":\"Delete\",\"whenDeleted\":\"Retain\"},"
                + "\"volumeClaimTemplates\":[{\"metadata\":{\"name\":\"data\"},\"spec\":{"
                + "\"storageClassName\":\"none\",\"accessModes\":[\"ReadWriteOnce\"],"
                + "\"resources\":{\"requests\":{\"storage\":\"1Gi\"}}}}],");
        world.until(() -> world.readyPods() == 2);
        assertThat(world.list(GroupResource.PERSISTENT_VOLUME_CLAIMS).stream()
                .map(ApiObject::name)).containsExactly("data-db-0", "data-db-1");
        world.edit(DB, s -> s.spec().put("replicas", 1));
        world.run(Duration.ofSeconds(30));

        assertThat(world.list(GroupResource.PERSISTENT_VOLUME_CLAIMS).stream()
                .map(ApiObject::name)).containsExactly("data-db-0");
    }

    @Test
    void settled_doesNothingMore() {
        apply(2, "");
        world.run(Duration.ofSeconds(30));
        long writes = world.registry.writes();
        world.run(Duration.ofMinutes(30));

        assertThat(world.registry.writes()).isEqualTo(writes);
    }
}

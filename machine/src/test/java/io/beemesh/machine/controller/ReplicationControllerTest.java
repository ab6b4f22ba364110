package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ReplicationControllerTest {
    private final World world = new World(33);

    private void controller(int replicas) {
        world.apply(GroupResource.REPLICATION_CONTROLLERS, """
                {"kind":"ReplicationController","apiVersion":"v1","metadata":{"name":"rc"},
                 "spec":{"replicas":%d,"selector":{"app":"rc"},
                 "template":{"metadata":{"labels":{"app":"rc"}},
                 "spec":{"containers":[{"name":"c","image":"x"}]}}}}""".formatted(replicas));
        world.run(Duration.ofSeconds(8));
    }

    @Test
    void pods_areMadeReplacedScaledAndCounted() {
        controller(3);
        assertThat(world.activePods()).hasSize(3);
        ApiObject pod = world.activePods().getFirst();
        assertThat(pod.controller().orElseThrow().path("kind").asText())
                .isEqualTo("ReplicationController");
        world.kubelet.end(World.key(GroupResource.PODS, pod.name()), "Failed");
        world.run(Duration.ofSeconds(8));
        assertThat(world.activePods()).hasSize(3).noneMatch(p -> p.uid().equals(pod.uid()));
        controller(1);
        assertThat(world.activePods()).hasSize(1);
        assertThat(world.get(GroupResource.REPLICATION_CONTROLLERS, "rc").status()
                .path("readyReplicas").asInt()).isEqualTo(1);
    }
}

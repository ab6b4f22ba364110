package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion.Options;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class NamespaceReconcilerTest {
    private final World world = new World(7);

    @Test
    void start_makesTheNamespacesOfEveryMesh_once() {
        assertThat(world.registry.peek(GroupResource.NAMESPACES, "").stream()
                .map(n -> n.key().name()))
                .containsExactly("default", "kube-node-lease", "kube-public", "kube-system");
        assertThat(world.registry.get(
                ObjectKey.cluster(GroupResource.STORAGE_CLASSES, "local-path"))).isPresent();
    }

    @Test
    void givenObjects_comeBack() {
        ObjectKey ca = World.key(GroupResource.CONFIG_MAPS, "kube-root-ca.crt");
        world.delete(ca, Options.DEFAULT);
        world.delete(World.key(GroupResource.SERVICE_ACCOUNTS, "default"), Options.DEFAULT);
        world.run(Duration.ofSeconds(1));
        assertThat(world.find(GroupResource.SERVICE_ACCOUNTS, "default")).isPresent();
        world.edit(ca, m -> m.tree().putObject("data").put("x", "y"));
        world.run(Duration.ofSeconds(1));

        assertThat(world.get(GroupResource.CONFIG_MAPS, "kube-root-ca.crt").tree().path("data")
                .toString()).isEqualTo("{\"ca.crt\":\"PEM\"}");
    }

    @Test
    void deletedNamespace_isEmptied_podsFirst() {
        ObjectKey team = ObjectKey.cluster(GroupResource.NAMESPACES, "team");
        world.apply(GroupResource.NAMESPACES, """
                {"kind":"Namespace","apiVersion":"v1","metadata":{"name":"team"},
                 "spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}""");
        world.apply(GroupResource.DEPLOYMENTS, DeploymentReconcilerTest
                .deployment(3, "a:1", "{\"type\":\"RollingUpdate\"}")
                .replace("\"name\":\"web\"", "\"name\":\"web\",\"namespace\":\"team\""));
        world.run(Duration.ofSeconds(10));
        assertThat(world.registry.peek(GroupResource.PODS, "team")).hasSize(3);
        world.delete(team, Options.DEFAULT);
        world.until(() -> world.registry.peek(GroupResource.PODS, "team").stream()
                .allMatch(p -> p.object().isDeleting()));
        ApiObject ending = world.registry.get(team).orElseThrow().object();
        assertThat(Conditions.find(ending.status(), "NamespaceContentRemaining").orElseThrow()
                .path("message").asText("")).contains("pods has 3 resource instances");
        while (world.registry.get(team).isPresent()) {
            world.run(Duration.ofMillis(5));
            if (!world.registry.peek(GroupResource.PODS, "team").isEmpty()) {
                assertThat(world.registry.peek(GroupResource.DEPLOYMENTS, "team")).hasSize(1);
            }
        }

        for (GroupResource type : new SimulatedKinds().all()) {
            assertThat(world.registry.peek(type, "team")).isEmpty();
        }
        assertThat(world.registry.peek(GroupResource.LEDGERS, "")).isEmpty();
    }
}

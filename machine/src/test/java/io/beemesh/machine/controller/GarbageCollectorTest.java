package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.GracefulDeletion.Options;
import io.beemesh.machine.object.GracefulDeletion.Propagation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class GarbageCollectorTest {
    private static final ObjectKey WEB = World.key(GroupResource.DEPLOYMENTS, "web");

    private final World world = new World(5);

    private void deploy() {
        world.apply(GroupResource.DEPLOYMENTS,
                DeploymentReconcilerTest.deployment(3, "a:1", "{\"type\":\"RollingUpdate\"}"));
        world.until(() -> world.readyPods() == 3);
    }

    private static Options options(Propagation propagation) {
        return new Options(OptionalLong.empty(), Optional.of(propagation));
    }

    private void map(String name, String... owners) {
        StringBuilder references = new StringBuilder();
        for (String owner : owners) {
            String uid = world.find(GroupResource.CONFIG_MAPS, owner).map(o -> o.uid())
                    .orElse("gone");
            references.append(references.isEmpty() ? "" : ",").append("""
                    {"apiVersion":"v1","kind":"ConfigMap","name":"%s","uid":"%s",
                     "blockOwnerDeletion":true}""".formatted(owner, uid));
        }
        world.apply(GroupResource.CONFIG_MAPS, """
                {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"%s",
                 "ownerReferences":[%s]}}""".formatted(name, references));
        world.run(Duration.ofSeconds(1));
    }

    private boolean exists(String name) {
        return world.find(GroupResource.CONFIG_MAPS, name).isPresent();
    }

    @Test
    void background_takesAllDependents() {
        deploy();
        world.delete(WEB, options(Propagation.BACKGROUND));
        assertThat(world.find(GroupResource.DEPLOYMENTS, "web")).isEmpty();
        world.run(Duration.ofSeconds(10));

        assertThat(world.list(GroupResource.REPLICA_SETS)).isEmpty();
        assertThat(world.list(GroupResource.PODS)).isEmpty();
        assertThat(world.registry.peek(GroupResource.LEDGERS, "")).isEmpty();
    }

    @Test
    void foreground_keepsTheOwnerUntilItsDependentsAreGone() {
        deploy();
        world.delete(WEB, options(Propagation.FOREGROUND));
        while (world.find(GroupResource.DEPLOYMENTS, "web").isPresent()) {
            world.run(Duration.ofMillis(5));
        }

        assertThat(world.list(GroupResource.REPLICA_SETS)).isEmpty();
        assertThat(world.list(GroupResource.PODS)).isEmpty();
    }

    @Test
    void orphan_leavesTheDependentsAlone_andANewOwnerAdoptsThem() {
        deploy();
        var pods = world.activePods().stream().map(p -> p.uid()).toList();
        world.delete(WEB, options(Propagation.ORPHAN));
        world.run(Duration.ofSeconds(10));

        assertThat(world.find(GroupResource.DEPLOYMENTS, "web")).isEmpty();
        assertThat(world.readyPods()).isEqualTo(3);
        deploy();
        world.run(Duration.ofSeconds(10));
        assertThat(world.activePods().stream().map(p -> p.uid())).containsExactlyElementsOf(pods);
    }

    @Test
    void absentOwner_takesTheDependent_butOneOwnerKeepsIt() {
        map("a");
        map("b", "a", "never");
        map("c", "never");

        assertThat(exists("c")).isFalse();
        assertThat(world.get(GroupResource.CONFIG_MAPS, "b").metadata().path("ownerReferences"))
                .hasSize(1);
        world.delete(World.key(GroupResource.CONFIG_MAPS, "a"), Options.DEFAULT);
        world.run(Duration.ofSeconds(1));
        assertThat(exists("b")).isFalse();
    }

    @Test
    void unknownKindOfOwner_isNeverTakenForGone() {
        world.apply(GroupResource.CONFIG_MAPS, """
                {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"d","ownerReferences":[
                 {"apiVersion":"example.com/v1","kind":"Thing","name":"t","uid":"u"}]}}""");
        world.run(Duration.ofMinutes(5));

        assertThat(exists("d")).isTrue();
    }

    @Test
    void circle_doesNotBlock() {
        map("a");
        map("b", "a");
        map("c", "b");
        String uid = world.get(GroupResource.CONFIG_MAPS, "c").uid();
        world.edit(World.key(GroupResource.CONFIG_MAPS, "a"), a -> {
            ObjectNode reference = a.metadata().putArray("ownerReferences").addObject();
            reference.put("apiVersion", "v1").put("kind", "ConfigMap").put("name", "c")
                    .put("uid", uid).put("blockOwnerDeletion", true);
        });
        world.delete(World.key(GroupResource.CONFIG_MAPS, "a"),
                options(Propagation.FOREGROUND));
        world.run(Duration.ofSeconds(30));

        assertThat(exists("a") || exists("b") || exists("c")).isFalse();
    }
}

package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.ledger.Ledger;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion.Options;
import io.beemesh.machine.object.GroupResource;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random changes, deletions and deaths: at no time are there more pods than surge allows, each replica
 * index has one pod, and once it is calm there are exactly as many as wanted.
 */
final class ControllersSimulationTest {
    /** Time for one step of a controller to be committed. */
    private static final Duration STEP = Duration.ofMillis(10);

    private int replicas = 4;
    private int image = 1;
    /** The most pods that the settings of the last changes allow; shrinks only when calm. */
    private int pods = 5;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void randomEvents_endInExactlyTheWantedReplicas(long seed) {
        World world = new World(seed);
        RandomGenerator random = world.simulation.newRandom();
        apply(world);
        for (int round = 0; round < 12; round++) {
            for (int i = 0; i < 4; i++) {
                disturb(world, random);
                for (int j = 0; j < 40; j++) {
                    world.run(STEP);
                    check(world, seed);
                }
            }
            calm(world, seed);
        }
        world.delete(World.key(GroupResource.DEPLOYMENTS, "web"), Options.DEFAULT);
        world.run(Duration.ofMinutes(1));
        assertThat(world.list(GroupResource.PODS)).as("seed=" + seed).isEmpty();
    }

    private void apply(World world) {
        pods = Math.max(pods, replicas + Math.ceilDiv(replicas, 4));
        world.apply(GroupResource.DEPLOYMENTS, DeploymentReconcilerTest.deployment(replicas,
                "a:" + image, "{\"type\":\"RollingUpdate\",\"rollingUpdate\":"
                        + "{\"maxSurge\":\"25%\",\"maxUnavailable\":\"25%\"}}"));
    }

    private void disturb(World world, RandomGenerator random) {
        List<ApiObject> active = world.activePods();
        switch (random.nextInt(5)) {
            case 0 -> {
                replicas = random.nextInt(9);
                apply(world);
            }
            case 1 -> {
                image = 1 + random.nextInt(3);
                apply(world);
            }
            case 2 -> active.stream().skip(random.nextInt(active.size() + 1)).findFirst()
                    .ifPresent(p -> world.delete(World.key(GroupResource.PODS, p.name()),
                            Options.DEFAULT));
            case 3 -> active.stream().skip(random.nextInt(active.size() + 1)).findFirst()
                    .ifPresent(p -> world.delete(World.key(GroupResource.PODS, p.name()),
                            Options.now()));
            default -> active.stream().skip(random.nextInt(active.size() + 1)).findFirst()
                    .ifPresent(p -> world.loop.run(() -> world.kubelet
                            .end(World.key(GroupResource.PODS, p.name()), "Failed")));
        }
    }

    private void check(World world, long seed) {
        List<ApiObject> active = world.activePods();
        List<ApiObject> sets = world.list(GroupResource.REPLICA_SETS);
        String state = "seed=" + seed + " allowed=" + pods + " active=" + active.size()
                + " wanted=" + sets.stream().map(r -> Workloads.replicas(r) + "/"
                        + Rollout.annotation(r, Rollout.MAX_REPLICAS)).toList();
        assertThat(Rollout.totalReplicas(sets)).as(state).isLessThanOrEqualTo(pods);
        if (active.size() > pods) {
            // One ReplicaSet may have grown a moment before the other has shrunk.
            world.run(STEP);
            assertThat(world.activePods().size()).as(state).isLessThanOrEqualTo(pods);
            active = world.activePods();
        }
        long indexes = active.stream().map(p -> p.controller().orElseThrow().path("uid")
                .asText("") + "/" + p.labels().get(Ledger.INDEX_LABEL)).distinct()
                .count();
        assertThat(indexes).as("seed=" + seed + " indexes").isEqualTo(active.size());
    }

    private void calm(World world, long seed) {
        world.run(Duration.ofMinutes(1));
        pods = replicas + Math.ceilDiv(replicas, 4);
        List<ApiObject> active = world.activePods();
        assertThat(active).as("seed=" + seed).hasSize(replicas);
        assertThat(world.readyPods()).as("seed=" + seed).isEqualTo(replicas);
        assertThat(active.stream()
                .map(p -> p.spec().path("containers").path(0).path("image").asText(""))
                .distinct()).as("seed=" + seed).isSubsetOf("a:" + image);
        for (var stored : world.registry.peek(GroupResource.LEDGERS, "")) {
            ApiObject set = world.get(GroupResource.REPLICA_SETS, stored.key().name());
            assertThat(stored.object().tree().path("replicas")).as("seed=" + seed)
                    .hasSize(Workloads.replicas(set));
        }
    }
}

package io.beemesh.machine.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.scheduler.SimulatedLanes.Machine;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LaneSchedulingSimulationTest {
    private static SimulatedLanes lanes(long seed, int lanes, int machines, String cpu) {
        SimulatedLanes mesh = new SimulatedLanes(seed, lanes);
        for (int i = 0; i < machines; i++) {
            Machine ignored = mesh.add(cpu, 110, "zone-" + i % 3);
        }
        mesh.tell();
        return mesh;
    }

    @Test
    void oneTask_placesManyReplicas_evenly() {
        SimulatedLanes mesh = lanes(1, 1, 20, "8");
        mesh.machines.getFirst().place(SimulatedLanes.pod("100m", ""),
                SimulatedLanes.uids("a", 200));
        mesh.run(Duration.ofSeconds(5));

        assertThat(mesh.bound).hasSize(200);
        assertThat(mesh.podsByMachine().values()).allSatisfy(
                count -> assertThat(count).isBetween(5, 20));
    }

    @Test
    void bidsAreClosedEarly_onceEnoughIsOffered() {
        SimulatedLanes mesh = lanes(2, 1, 50, "8");
        mesh.machines.getFirst().place(SimulatedLanes.pod("100m", ""),
                SimulatedLanes.uids("a", 10));
        mesh.simulation.runUntil(() -> mesh.bound.size() == 10, Duration.ofMillis(10));
    }

    @Test
    void hardSpread_keepsItsSkew_overZones() {
        SimulatedLanes mesh = lanes(3, 1, 9, "8");
        String spread = """
                "topologySpreadConstraints":[{"maxSkew":1,"whenUnsatisfiable":"DoNotSchedule",
                 "topologyKey":"topology.kubernetes.io/zone",
                 "labelSelector":{"matchLabels":{"app":"x"}}}],""";
        mesh.machines.getFirst().place(SimulatedLanes.pod("100m", spread),
                SimulatedLanes.uids("a", 8));
        mesh.run(Duration.ofSeconds(2));
        Map<String, Integer> zones = new HashMap<>();
        mesh.bound.values().forEach(machine -> zones
                .merge(machine.node.labels().get("topology.kubernetes.io/zone"), 1, Integer::sum));

        assertThat(zones.values()).containsExactlyInAnyOrder(3, 3, 2);
    }

    @Test
    void antiAffinity_putsOneOnEachHost_andSaysWhyNotMore() {
        SimulatedLanes mesh = lanes(4, 1, 5, "8");
        String apart = """
                "affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[
                 {"topologyKey":"kubernetes.io/hostname",
                  "labelSelector":{"matchLabels":{"app":"x"}}}]}},""";
        mesh.machines.getFirst().place(SimulatedLanes.pod("100m", apart),
                SimulatedLanes.uids("a", 7));
        mesh.run(Duration.ofSeconds(5));

        assertThat(mesh.podsByMachine()).hasSize(5).allSatisfy(
                (name, count) -> assertThat(count).isEqualTo(1));
        assertThat(mesh.unplaced).hasSize(2);
        assertThat(mesh.reasons).hasSize(5)
                .containsOnly("node(s) didn't match pod anti-affinity rules");
    }

    @Test
    void moreThanCanWait_isSentBack() {
        SimulatedLanes mesh = lanes(6, 1, 1, "8");
        int most = LaneScheduler.RUNNING_MAX + LaneScheduler.WAITING_MAX;
        for (int i = 0; i <= most; i++) {
            mesh.machines.getFirst().place(SimulatedLanes.pod("1m", ""),
                    SimulatedLanes.uids("t" + i, 1));
        }

        assertThat(mesh.unplaced).containsExactly("t" + most + "-0");
    }

    @Test
    void fullLane_isLeftForAnother() {
        SimulatedLanes mesh = lanes(5, 4, 40, "1");
        for (int i = 0; i < 4; i++) {
            mesh.machines.get(i).place(SimulatedLanes.pod("500m", ""),
                    SimulatedLanes.uids("t" + i, 20));
        }
        mesh.run(Duration.ofSeconds(20));

        assertThat(mesh.unplaced).isEmpty();
        assertThat(mesh.bound).hasSize(80);
    }

    /** Homes compete for the last room, words are lost: nothing is placed twice or beyond a machine's room. */
    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void manyHomes_lossAndNoRoomToSpare_noMachineIsOverfull(long seed) {
        SimulatedLanes mesh = lanes(seed, 2, 30, "4");
        mesh.loss = 0.05;
        for (int i = 0; i < 30; i++) {
            mesh.machines.get(i).place(SimulatedLanes.pod("500m", ""),
                    SimulatedLanes.uids("t" + i, 10));
        }
        mesh.run(Duration.ofMinutes(1));

        assertThat(mesh.lost).isPositive();
        assertThat(mesh.refusals).isPositive();
        assertThat(mesh.bound.size() + mesh.unplaced.size()).isEqualTo(300);
        assertThat(mesh.bound.size()).isBetween(200, 240);
    }
}

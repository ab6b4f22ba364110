package io.beemesh.machine.scheduler;

import io.beemesh.machine.scheduler.SimulatedLanes.Machine;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * How fast lanes place pods at size: {@code machines pods}, default 10,000 and 1,000,000. Each placement's
 * room is computed anew from what is on its machine; a machine beyond its room ends the run.
 */
final class LaneSchedulingAtSize {
    private static final int LANE_MACHINES_MAX = 128;
    private static final int REPLICAS = 50;
    private static final int TASKS_AT_ONCE = 200;

    private LaneSchedulingAtSize() {}

    public static void main(String[] words) {
        int machines = words.length > 0 ? Integer.parseInt(words[0]) : 10_000;
        int pods = words.length > 1 ? Integer.parseInt(words[1]) : 1_000_000;
        int lanes = 1;
        while (machines / lanes > LANE_MACHINES_MAX) {
            lanes *= 2;
        }
        SimulatedLanes mesh = new SimulatedLanes(1, lanes);
        for (int i = 0; i < machines; i++) {
            Machine ignored = mesh.add("16", 128, "zone-" + i % 3);
        }
        mesh.tell();
        PodView pod = SimulatedLanes.pod("100m", "");
        long wall = System.nanoTime();
        int tasks = pods / REPLICAS;
        for (int task = 0; task < tasks; task++) {
            mesh.machines.get(task * 7919 % machines).place(pod,
                    SimulatedLanes.uids("t" + task, REPLICAS));
            if (task % TASKS_AT_ONCE == TASKS_AT_ONCE - 1) {
                mesh.run(Duration.ofMillis(20));
            }
            if (task % (tasks / 20 + 1) == 0) {
                print("placed=%d unplaced=%d virtual=%.2fs wall=%.0fs", mesh.bound.size(),
                        mesh.unplaced.size(), mesh.simulation.nanoTime() / 1e9,
                        (System.nanoTime() - wall) / 1e9);
            }
        }
        while (mesh.bound.size() + mesh.unplaced.size() < tasks * REPLICAS) {
            mesh.run(Duration.ofMillis(20));
        }
        double seconds = (System.nanoTime() - wall) / 1e9;
        double virtual = mesh.simulation.nanoTime() / 1e9;
        long[] waits = mesh.waits.stream().mapToLong(nanos -> nanos).sorted().toArray();
        print("machines=%d lanes=%d placed=%d unplaced=%d", machines, lanes, mesh.bound.size(),
                mesh.unplaced.size());
        print("placements/s wall=%.0f virtual=%.0f", mesh.bound.size() / seconds,
                mesh.bound.size() / virtual);
        print("wait for a machine p50=%.1fms p99=%.1fms", percentile(waits, 50),
                percentile(waits, 99));
        print("messages per machine=%.1f per placement=%.2f refused=%d",
                (double) mesh.messages / machines, (double) mesh.messages / mesh.bound.size(),
                mesh.refusals);
        int[] counts = mesh.podsByMachine().values().stream().mapToInt(count -> count).toArray();
        print("pods per machine min=%d max=%d", Arrays.stream(counts).min().orElse(0),
                Arrays.stream(counts).max().orElse(0));
    }

    private static double percentile(long[] sorted, int percent) {
        return sorted.length == 0 ? 0 : sorted[(sorted.length - 1) * percent / 100] / 1e6;
    }

    private static void print(String format, Object... values) {
        System.out.printf(Locale.ROOT, format + "%n", values);
    }
}

package io.beemesh.machine.usage;

import java.util.concurrent.CompletableFuture;

/** The seam to the machine's own counters. */
@FunctionalInterface
public interface MachineCounters {
    /** What the machine as a whole has used; called on the loop, and completes there. */
    CompletableFuture<Reading> read();

    /**
     * One reading.
     *
     * @param cpuNanos processor time of all since the machine started
     * @param memoryBytes in use now, without what the kernel could drop
     */
    record Reading(long cpuNanos, long memoryBytes) {}
}

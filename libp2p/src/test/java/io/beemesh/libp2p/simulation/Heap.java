package io.beemesh.libp2p.simulation;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;

/** What a simulation keeps in memory: the figure that tells how many peers a machine can simulate. */
public final class Heap {
    private Heap() {}

    /** Bytes that are reachable now; runs a full collection first, so call it a few times a run at most. */
    public static long bytesInUse() {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed();
    }
}

package io.beemesh.machine.usage;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.runtime.ContainerRuntime;
import io.beemesh.machine.runtime.ContainerStats;
import io.beemesh.protocol.usage.UsageReport;
import io.beemesh.protocol.usage.UsageReport.Amounts;
import io.beemesh.protocol.usage.UsageReport.ContainerUse;
import io.beemesh.protocol.usage.UsageReport.PodUse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures what this machine and its pods use, every {@link #INTERVAL}, from the difference of two
 * readings of their counters. On the loop. Of more pods than fit into a report others are told each time.
 */
public final class UsageSampler {
    public static final Duration INTERVAL = Duration.ofSeconds(15);
    /** Between the first two readings, so that there is something to tell soon after the start. */
    static final Duration FIRST = Duration.ofSeconds(3);
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final Logger LOG = LoggerFactory.getLogger(UsageSampler.class);

    private final Loop loop;
    private final Supplier<CompletableFuture<List<ContainerStats>>> containers;
    private final MachineCounters machine;
    private final Consumer<UsageReport> told;
    private Map<String, Long> containerNanos = Map.of();
    private MachineCounters.@Nullable Reading before;
    private long beforeNanos;
    private int first;
    private boolean failing;

    /**
     * @param containers reads the counters of containers, as {@link ContainerRuntime#stats}
     * @param told gets each report, on the loop
     */
    public UsageSampler(Loop loop, Supplier<CompletableFuture<List<ContainerStats>>> containers,
            MachineCounters machine, Consumer<UsageReport> told) {
        this.loop = loop;
        this.containers = containers;
        this.machine = machine;
        this.told = told;
    }

    /** Begins. */
    public void start() {
        loop.assertInside();
        sample();
    }

    private void sample() {
        machine.read().thenCombine(containers.get(), this::next).whenComplete((delay, failure) -> {
            if (failure != null && !failing) {
                LOG.warn("Use of this machine could not be measured reason={}",
                        failure.toString());
            }
            failing = failure != null;
            loop.schedule(delay == null ? INTERVAL : delay, this::sample);
        });
    }

    /** Compares with the readings before; when to read again. */
    private Duration next(MachineCounters.Reading reading, List<ContainerStats> stats) {
        long now = loop.nanoTime();
        long elapsed = now - beforeNanos;
        MachineCounters.Reading old = before;
        if (old != null && elapsed > 0) {
            List<PodUse> pods = pods(stats, elapsed);
            // Whoever was left out the last time comes first now.
            Collections.rotate(pods, pods.isEmpty() ? 0 : -(first % pods.size()));
            int fitting = UsageReport.fitting(pods);
            first = fitting == pods.size() ? 0 : first + fitting;
            told.accept(new UsageReport(Duration.ofNanos(elapsed),
                    new Amounts(rate(reading.cpuNanos() - old.cpuNanos(), elapsed),
                            reading.memoryBytes()),
                    pods.subList(0, fitting)));
        }
        Map<String, Long> nanos = new HashMap<>();
        stats.forEach(one -> nanos.put(one.containerId(), one.cpuNanos()));
        containerNanos = nanos;
        before = reading;
        beforeNanos = now;
        return old == null ? FIRST : INTERVAL;
    }

    /** In order of uid. A pod of which a container has just started is not told of yet. */
    private List<PodUse> pods(List<ContainerStats> stats, long elapsed) {
        Map<String, List<ContainerUse>> byPod = new TreeMap<>();
        for (ContainerStats one : stats) {
            Long old = containerNanos.get(one.containerId());
            if (old != null && !one.podUid().isEmpty()) {
                byPod.computeIfAbsent(one.podUid(), uid -> new ArrayList<>())
                        .add(new ContainerUse(one.container(),
                                new Amounts(rate(one.cpuNanos() - old, elapsed),
                                        one.memoryBytes())));
            }
        }
        List<PodUse> pods = new ArrayList<>();
        byPod.forEach((uid, uses) -> pods.add(new PodUse(uid, uses)));
        return pods;
    }

    /** Billionths of a processor; a counter that went back was set to zero. */
    private static long rate(long nanos, long elapsed) {
        return Math.max(0, Math.round((double) nanos * NANOS_PER_SECOND / elapsed));
    }
}

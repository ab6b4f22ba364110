package io.beemesh.machine.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.runtime.ContainerStats;
import io.beemesh.protocol.usage.UsageReport;
import io.beemesh.protocol.usage.UsageReport.Amounts;
import io.beemesh.protocol.usage.UsageReport.ContainerUse;
import io.beemesh.protocol.usage.UsageReport.PodUse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class UsageSamplerTest {
    private static final long MEGA = 1 << 20;

    private final Simulation simulation = new Simulation(3);
    private final SimulatedLoop loop = simulation.newLoop();
    private final List<UsageReport> reports = new ArrayList<>();
    private CompletableFuture<List<ContainerStats>> stats = CompletableFuture
            .completedFuture(List.of());
    private long machineNanos;
    private int reads;

    private void start() {
        UsageSampler sampler = new UsageSampler(loop, () -> stats, () -> {
            reads++;
            return CompletableFuture
                    .completedFuture(new MachineCounters.Reading(machineNanos, 5 * MEGA));
        }, reports::add);
        loop.run(sampler::start);
    }

    private static ContainerStats container(String pod, String name, long nanos) {
        return new ContainerStats(pod, name, pod + name, nanos, 3 * MEGA);
    }

    private void stats(ContainerStats... now) {
        stats = CompletableFuture.completedFuture(List.of(now));
    }

    @Test
    void rates_areOfTheTimeBetweenTwoReadings() {
        stats(container("p", "a", 1_000_000_000L), container("p", "b", 0));
        start();
        machineNanos = 1_500_000_000L;
        stats(container("p", "a", 1_300_000_000L), container("p", "b", 3_000),
                container("new", "c", 77));
        simulation.run(UsageSampler.FIRST);
        assertThat(reports).singleElement().isEqualTo(new UsageReport(UsageSampler.FIRST,
                new Amounts(500_000_000L, 5 * MEGA),
                List.of(new PodUse("p",
                        List.of(new ContainerUse("a", new Amounts(100_000_000L, 3 * MEGA)),
                                new ContainerUse("b", new Amounts(1_000, 3 * MEGA)))))));
        simulation.run(UsageSampler.INTERVAL);
        assertThat(reports).hasSize(2);
        assertThat(reports.getLast().pods()).extracting(PodUse::uid).containsExactly("new", "p");
        assertThat(reads).isEqualTo(3);
    }

    @Test
    void aCounterThatGoesBack_isNothing() {
        machineNanos = 9_000;
        start();
        machineNanos = 5;
        simulation.run(UsageSampler.FIRST);
        assertThat(reports.getLast().machine().nanoCores()).isZero();
    }

    @Test
    void aRuntimeOutOfReach_isAskedAgain() {
        stats = CompletableFuture.failedFuture(new IllegalStateException("no runtime"));
        start();
        simulation.run(UsageSampler.INTERVAL.multipliedBy(3));
        assertThat(reports).isEmpty();
        stats();
        simulation.run(UsageSampler.INTERVAL.multipliedBy(2));
        assertThat(reports).isNotEmpty();
    }

    @Test
    void podsThatDoNotFit_haveTheirTurn() {
        ContainerStats[] many = new ContainerStats[400];
        for (int i = 0; i < many.length; i++) {
            many[i] = container("pod-with-a-long-uid-" + (1_000 + i), "container", i);
        }
        stats(many);
        start();
        simulation.run(UsageSampler.INTERVAL.multipliedBy(6));
        Set<String> told = new HashSet<>();
        for (UsageReport report : reports) {
            assertThat(report.toBytes().length).isLessThanOrEqualTo(UsageReport.BYTES_MAX);
            report.pods().forEach(pod -> told.add(pod.uid()));
        }
        assertThat(told).hasSize(400);
    }

    @Test
    void interval_isFifteenSeconds() {
        start();
        simulation.run(Duration.ofSeconds(150));
        assertThat(reads).isBetween(11, 12);
    }
}

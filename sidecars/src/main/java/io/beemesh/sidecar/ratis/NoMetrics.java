package io.beemesh.sidecar.ratis;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.ratis.metrics.LongCounter;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.MetricRegistryInfo;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.apache.ratis.metrics.Timekeeper;
import org.apache.ratis.util.TimeDuration;

/**
 * Ratis' metrics, which nobody reads here: its own would cost each sidecar a megabyte. Ratis finds it as a
 * service.
 */
public final class NoMetrics extends MetricRegistries {
    @Override
    public void clear() {
        // Nothing is kept.
    }

    @Override
    public RatisMetricRegistry create(MetricRegistryInfo info) {
        return new Registry(info);
    }

    @Override
    public boolean remove(MetricRegistryInfo info) {
        return true;
    }

    @Override
    public Optional<RatisMetricRegistry> get(MetricRegistryInfo info) {
        return Optional.of(create(info));
    }

    @Override
    public Set<MetricRegistryInfo> getMetricRegistryInfos() {
        return Set.of();
    }

    @Override
    public Collection<RatisMetricRegistry> getMetricRegistries() {
        return List.of();
    }

    @Override
    public void addReporterRegistration(Consumer<RatisMetricRegistry> reporter,
            Consumer<RatisMetricRegistry> stopReporter) {
        // Nothing is reported.
    }

    @Override
    public void enableJmxReporter() {
        // Nothing is reported.
    }

    @Override
    public void enableConsoleReporter(TimeDuration rate) {
        // Nothing is reported.
    }

    private record Registry(MetricRegistryInfo info) implements RatisMetricRegistry {
        @Override
        public Timekeeper timer(String name) {
            return NoTimer.INSTANCE;
        }

        @Override
        public LongCounter counter(String name) {
            return NoCounter.INSTANCE;
        }

        @Override
        public boolean remove(String name) {
            return true;
        }

        @Override
        public <T> void gauge(String name, Supplier<Supplier<T>> value) {
            // Never read.
        }

        @Override
        public MetricRegistryInfo getMetricRegistryInfo() {
            return info;
        }
    }

    private enum NoTimer implements Timekeeper, Timekeeper.Context {
        INSTANCE;

        @Override
        public Timekeeper.Context time() {
            return this;
        }

        @Override
        public long stop() {
            return 0;
        }
    }

    private enum NoCounter implements LongCounter {
        INSTANCE;

        @Override
        public void inc(long count) {
            // Not counted.
        }

        @Override
        public void dec(long count) {
            // Not counted.
        }

        @Override
        public long getCount() {
            return 0;
        }
    }
}

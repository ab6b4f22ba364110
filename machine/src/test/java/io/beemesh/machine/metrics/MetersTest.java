package io.beemesh.machine.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MetersTest {
    private final Meters meters = new Meters();

    @Test
    void text_countersWithLabels_areSortedAndEscaped() {
        meters.counter("b_total", "Bees.", Map.of("z", "1", "a", "x\"y\\z\n")).add(2);
        meters.counter("a_total", "Ants.").increment();

        assertThat(meters.text()).isEqualTo("""
                # HELP a_total Ants.
                # TYPE a_total counter
                a_total 1
                # HELP b_total Bees.
                # TYPE b_total counter
                b_total{a="x\\"y\\\\z\\n",z="1"} 2
                """);
    }

    @Test
    void counter_sameNameAndLabels_isTheSame() {
        Counter first = meters.counter("c_total", "C.", Map.of("verb", "GET"));
        first.increment();

        assertThat(meters.counter("c_total", "C.", Map.of("verb", "GET"))).isSameAs(first);
        assertThat(meters.counter("c_total", "C.", Map.of("verb", "PUT")).value()).isZero();
    }

    @Test
    void counter_moreLabelValuesThanBound_shareOneSeries() {
        for (int i = 0; i < Meters.SERIES_MAX + 50; i++) {
            meters.counter("many_total", "Many.", Map.of("path", "/" + i)).increment();
        }

        assertThat(meters.text().lines().filter(l -> l.startsWith("many_total")))
                .hasSize(Meters.SERIES_MAX + 1);
        assertThat(meters.text()).contains("many_total{overflow=\"true\"} 50\n");
    }

    @Test
    void meter_nameOfAnotherType_isRefused() {
        meters.counter("x_total", "X.");

        assertThatThrownBy(() -> meters.gauge("x_total", "X."))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("x_total");
        assertThatThrownBy(() -> meters.counter("no-name", "X."))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void histogram_values_fallIntoCumulativeBuckets() {
        Histogram histogram = meters.histogram("h_seconds", "H.", Map.of("verb", "GET"), 0.1, 1);
        histogram.observe(0.1);
        histogram.observe(0.5);
        histogram.observe(3);

        assertThat(meters.text()).isEqualTo("""
                # HELP h_seconds H.
                # TYPE h_seconds histogram
                h_seconds_bucket{verb="GET",le="0.1"} 1
                h_seconds_bucket{verb="GET",le="1"} 2
                h_seconds_bucket{verb="GET",le="+Inf"} 3
                h_seconds_sum{verb="GET"} 3.6
                h_seconds_count{verb="GET"} 3
                """);
    }

    @Test
    void gauge_withFunction_isReadWhenAsked() {
        long[] value = {1};
        meters.gauge("g", "G.", () -> value[0]);
        value[0] = 7;

        assertThat(meters.text()).contains("# TYPE g gauge\ng 7\n");
    }
}

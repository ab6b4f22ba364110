package io.beemesh.machine.metrics;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * All meters of a node, by name and labels. Any thread may ask for a meter and write to it; asking
 * again for the same name and labels gives the same meter, so callers keep what they use often.
 *
 * @see <a href="https://prometheus.io/docs/instrumenting/exposition_formats/">text format 0.0.4</a>
 */
public final class Meters {
    /** The Content-Type of {@link #text()}. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    /** Series of one name; further label values share one series with the label overflow="true". */
    public static final int SERIES_MAX = 500;

    private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
    private static final String OVERFLOW = "overflow=\"true\"";

    private final ConcurrentSkipListMap<String, Family> families = new ConcurrentSkipListMap<>();
    private final ConcurrentSkipListMap<String, Sampled> sampled = new ConcurrentSkipListMap<>();

    /** A counter without labels. */
    public Counter counter(String name, String help) {
        return counter(name, help, Map.of());
    }

    /** A counter; its name ends in {@code _total}. */
    public Counter counter(String name, String help, Map<String, String> labels) {
        return (Counter) meter(name, help, "counter", labels, Counter::new);
    }

    /** A gauge without labels. */
    public Gauge gauge(String name, String help) {
        return gauge(name, help, Map.of());
    }

    public Gauge gauge(String name, String help, Map<String, String> labels) {
        return (Gauge) meter(name, help, "gauge", labels, Gauge::new);
    }

    /** A gauge whose value is read when it is asked for; {@code value} may be called by any thread. */
    public void gauge(String name, String help, DoubleSupplier value) {
        sampled.put(check(name), new Sampled(help, value));
    }

    /** A histogram with rising upper bounds, of which the first call decides. */
    public Histogram histogram(String name, String help, Map<String, String> labels,
            double... upperBounds) {
        return (Histogram) meter(name, help, "histogram", labels, () -> new Histogram(upperBounds));
    }

    /** All meters in Prometheus' text format, by name. */
    public String text() {
        StringBuilder out = new StringBuilder(4096);
        families.forEach((name, family) -> {
            head(out, name, family.help, family.type);
            family.series.forEach((labels, meter) -> meter.writeTo(out, name, labels));
        });
        sampled.forEach((name, gauge) -> {
            head(out, name, gauge.help, "gauge");
            Meter.sample(out, name, "", Meter.number(gauge.value.getAsDouble()));
        });
        return out.toString();
    }

    private Meter meter(String name, String help, String type, Map<String, String> labels,
            Supplier<Meter> maker) {
        Family family = families.computeIfAbsent(name, n -> new Family(check(n), help, type));
        if (!family.type.equals(type)) {
            throw new IllegalArgumentException(name + " is a " + family.type + ", not a " + type);
        }
        String key = labelText(labels);
        Meter known = family.series.get(key);
        if (known != null) {
            return known;
        }
        String bounded = family.series.size() < SERIES_MAX ? key : OVERFLOW;
        return family.series.computeIfAbsent(bounded, k -> maker.get());
    }

    private static String check(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("not a metric name: " + name);
        }
        return name;
    }

    private static void head(StringBuilder out, String name, String help, String type) {
        out.append("# HELP ").append(name).append(' ')
                .append(help.replace("\\", "\\\\").replace("\n", "\\n")).append('\n');
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    /** Labels in order of their names, so that equal labels are one series. */
    private static String labelText(Map<String, String> labels) {
        if (labels.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        labels.entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(e -> {
            text.append(text.isEmpty() ? "" : ",").append(e.getKey()).append("=\"")
                    .append(e.getValue().replace("\\", "\\\\").replace("\"", "\\\"").replace("\n",
                            "\\n"))
                    .append('"');
        });
        return text.toString();
    }

    private static final class Family {
        private final String help;
        private final String type;
        private final ConcurrentSkipListMap<String, Meter> series = new ConcurrentSkipListMap<>();

        Family(String name, String help, String type) {
            this.help = help.isEmpty() ? name : help;
            this.type = type;
        }
    }

    private record Sampled(String help, DoubleSupplier value) {}
}

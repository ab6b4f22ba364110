package io.beemesh.machine.controller;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A duration as Go writes it, such as {@code 1h30m} or {@code 1.5h}. Pure.
 *
 * @see <a href="https://pkg.go.dev/time#ParseDuration">the syntax</a>
 */
final class GoDuration {
    private static final int LENGTH_MAX = 64;
    private static final Pattern PART = Pattern
            .compile("\\G(\\d+\\.?\\d*|\\.\\d+)([^\\d.]*)");
    private static final Map<String, Long> UNITS = Map.of("ns", 1L, "us", 1_000L, "\u00b5s",
            1_000L, "\u03bcs", 1_000L, "ms", 1_000_000L, "s", 1_000_000_000L, "m",
            60_000_000_000L, "h", 3_600_000_000_000L);

    private GoDuration() {}

    /** @throws IllegalArgumentException in Go's words */
    static Duration parse(String text) {
        boolean negative = text.startsWith("-");
        String rest = negative || text.startsWith("+") ? text.substring(1) : text;
        if (rest.equals("0")) {
            return Duration.ZERO;
        }
        if (rest.isEmpty() || rest.length() > LENGTH_MAX) {
            throw invalid("invalid duration ", text);
        }
        BigDecimal nanos = BigDecimal.ZERO;
        Matcher part = PART.matcher(rest);
        int end = 0;
        while (part.find()) {
            end = part.end();
            if (part.group(2).isEmpty()) {
                throw invalid("missing unit in duration ", text);
            }
            Long unit = UNITS.get(part.group(2));
            if (unit == null) {
                throw invalid("unknown unit \"" + part.group(2) + "\" in duration ", text);
            }
            nanos = nanos.add(new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit)));
        }
        if (end < rest.length() || nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw invalid("invalid duration ", text);
        }
        return Duration.ofNanos(negative ? -nanos.longValue() : nanos.longValue());
    }

    private static IllegalArgumentException invalid(String problem, String text) {
        return new IllegalArgumentException("time: " + problem + '"' + text + '"');
    }
}

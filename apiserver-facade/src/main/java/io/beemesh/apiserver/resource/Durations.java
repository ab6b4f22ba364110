package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;

/** Times as people read them, such as {@code 4m10s} or {@code 5d3h}. */
final class Durations {
    private Durations() {}

    /** How long ago the time in {@code node} was; {@code <unknown>} if there is none. */
    static String since(JsonNode node, Instant now) {
        try {
            String text = node.asText("");
            return text.isEmpty()
                    ? "<unknown>"
                    : human(Duration.between(OffsetDateTime.parse(text).toInstant(), now));
        } catch (DateTimeException _) {
            return "<unknown>";
        }
    }

    /** Two units at most, the second only where it says much. */
    static String human(Duration duration) {
        // Toward zero, as Go has it: clocks may differ by a little.
        long seconds = duration.toMillis() / 1000;
        if (seconds < -1) {
            return "<invalid>";
        }
        if (seconds < 0) {
            return "0s";
        }
        if (seconds < 120) {
            return seconds + "s";
        }
        long minutes = seconds / 60;
        if (minutes < 10) {
            return two(minutes, "m", seconds % 60, "s");
        }
        if (minutes < 180) {
            return minutes + "m";
        }
        long hours = minutes / 60;
        if (hours < 8) {
            return two(hours, "h", minutes % 60, "m");
        }
        if (hours < 48) {
            return hours + "h";
        }
        if (hours < 24 * 8) {
            return two(hours / 24, "d", hours % 24, "h");
        }
        long days = hours / 24;
        if (days < 365 * 2) {
            return days + "d";
        }
        if (days < 365 * 8) {
            return two(days / 365, "y", days % 365, "d");
        }
        return days / 365 + "y";
    }

    private static String two(long first, String unit, long second, String secondUnit) {
        return second == 0 ? first + unit : first + unit + second + secondUnit;
    }
}

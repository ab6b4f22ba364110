package io.beemesh.machine.agent;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;

/**
 * Kubernetes quantities such as {@code 100m} and {@code 64Mi}, which validation has let through.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/">quantity</a>
 */
final class Quantity {
    private static final Map<String, BigDecimal> SUFFIXES = Map.ofEntries(
            Map.entry("Ki", BigDecimal.valueOf(1L << 10)),
            Map.entry("Mi", BigDecimal.valueOf(1L << 20)),
            Map.entry("Gi", BigDecimal.valueOf(1L << 30)),
            Map.entry("Ti", BigDecimal.valueOf(1L << 40)),
            Map.entry("Pi", BigDecimal.valueOf(1L << 50)),
            Map.entry("Ei", BigDecimal.valueOf(1L << 60)),
            Map.entry("n", new BigDecimal("1e-9")), Map.entry("u", new BigDecimal("1e-6")),
            Map.entry("m", new BigDecimal("1e-3")), Map.entry("k", new BigDecimal("1e3")),
            Map.entry("M", new BigDecimal("1e6")), Map.entry("G", new BigDecimal("1e9")),
            Map.entry("T", new BigDecimal("1e12")), Map.entry("P", new BigDecimal("1e15")),
            Map.entry("E", new BigDecimal("1e18")));

    private Quantity() {}

    /** The exact value; zero for an empty or unreadable text. */
    static BigDecimal parse(String text) {
        int digits = text.length();
        while (digits > 0 && Character.isLetter(text.charAt(digits - 1))) {
            digits--;
        }
        BigDecimal factor = SUFFIXES.get(text.substring(digits));
        try {
            return factor == null
                    ? new BigDecimal(text)
                    : new BigDecimal(text.substring(0, digits)).multiply(factor);
        } catch (NumberFormatException e) {
            return BigDecimal.ZERO;
        }
    }

    /** Whole units, rounded up as Kubernetes does. */
    static long value(String text) {
        return ceiling(parse(text));
    }

    /** Thousandths, rounded up. */
    static long millis(String text) {
        return ceiling(parse(text).movePointRight(3));
    }

    /** How many times {@code divisor} goes into {@code value}, rounded up. */
    static long divide(BigDecimal value, String divisor) {
        BigDecimal by = parse(divisor);
        return by.signum() == 0
                ? ceiling(value)
                : value.divide(by, 0, RoundingMode.CEILING).longValue();
    }

    private static long ceiling(BigDecimal value) {
        BigDecimal whole = value.setScale(0, RoundingMode.CEILING);
        return whole.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0
                ? Long.MAX_VALUE
                : whole.longValue();
    }
}

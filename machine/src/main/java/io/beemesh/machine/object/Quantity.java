package io.beemesh.machine.object;

import java.math.BigDecimal;
import java.math.BigInteger;

import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount of a resource as Kubernetes writes it, such as {@code 500m}, {@code 1.5Gi} or {@code 1e3};
 * immutable, never finer than a billionth (rounded away from zero).
 *
 * <p>Equality and order are those of the amount; {@link #toString()} is the canonical text that the API
 * shows, in the notation that the amount was given in.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/">quantity</a>
 */
public final class Quantity implements Comparable<Quantity> {
    /** How an amount is written. */
    public enum Notation {
        /** Thousands: {@code k}, {@code M}, {@code G}, and {@code m}, {@code u}, {@code n}. */
        DECIMAL,
        /** Powers of 1,024: {@code Ki}, {@code Mi}, {@code Gi}. */
        BINARY,
        /** {@code e3}, {@code e6}. */
        EXPONENT
    }

    /** Nothing. */
    public static final Quantity ZERO = new Quantity(BigDecimal.ZERO, Notation.DECIMAL, "0");

    private static final int TEXT_LENGTH_MAX = 256;
    private static final int EXPONENT_MAX = 400;
    private static final int FINEST_SCALE = 9;
    private static final int DIGITS_OF_LONG = 18;
    private static final BigDecimal KIBI = BigDecimal.valueOf(1024);
    private static final BigDecimal BINARY_MAX = BigDecimal.valueOf(Long.MAX_VALUE);
    private static final Pattern SYNTAX = Pattern
            .compile("([+-]?)([0-9]*)(?:\\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)");
    private static final String[] BINARY_SUFFIXES = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    private static final Map<String, Integer> DECIMAL_SUFFIXES = Map.of("n", -9, "u", -6, "m", -3,
            "", 0, "k", 3, "M", 6, "G", 9, "T", 12, "P", 15, "E", 18);
    private static final String[] DECIMAL_SUFFIX_OF_THIRD = {"n", "u", "m", "", "k", "M", "G", "T",
            "P", "E"};

    private final BigDecimal amount;
    private final Notation notation;
    private final String text;

    private Quantity(BigDecimal amount, Notation notation, String text) {
        this.amount = amount;
        this.notation = notation;
        this.text = text;
    }

    /** A whole amount. */
    public static Quantity of(long amount, Notation notation) {
        return of(BigDecimal.valueOf(amount), notation);
    }

    /** Thousandths, such as of a processor. */
    public static Quantity ofMillis(long millis) {
        return of(BigDecimal.valueOf(millis, 3), Notation.DECIMAL);
    }

    private static Quantity of(BigDecimal amount, Notation notation) {
        return new Quantity(amount, notation, canonical(amount, notation));
    }

    /** The amount that {@code text} says. */
    public static Quantity parse(String text) throws SyntaxException {
        Matcher matcher = SYNTAX.matcher(text);
        if (text.isEmpty() || text.length() > TEXT_LENGTH_MAX || !matcher.matches()) {
            throw new SyntaxException("quantities must match the regular expression "
                    + "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
        }
        String whole = matcher.group(2);
        String fraction = matcher.group(3) == null ? "" : matcher.group(3);
        String suffix = matcher.group(4);
        if (whole.isEmpty() && fraction.isEmpty()) {
            throw new SyntaxException("unable to parse numeric part of quantity");
        }
        BigInteger digits = new BigInteger(whole + fraction);
        BigDecimal number = new BigDecimal(
                matcher.group(1).equals("-") ? digits.negate() : digits, fraction.length());
        int binary = binaryThousands(suffix);
        if (binary > 0) {
            BigDecimal amount = rounded(number.multiply(KIBI.pow(binary)));
            return atMost(amount, text,
                    fraction.isEmpty() && digits.signum() != 0 && digits.getLowestSetBit() < 3);
        }
        int exponent = exponent(suffix);
        BigDecimal amount = rounded(number.scaleByPowerOfTen(exponent));
        Notation notation = DECIMAL_SUFFIXES.containsKey(suffix)
                ? Notation.DECIMAL
                : Notation.EXPONENT;
        String stripped = whole.replaceFirst("^0+", "");
        String shifted = (stripped.isEmpty() ? "0" : stripped) + fraction;
        int scale = exponent - fraction.length();
        boolean asWritten = shifted.length() <= DIGITS_OF_LONG && scale >= -FINEST_SCALE
                && scale % 3 == 0 && !shifted.endsWith("000") && shifted.charAt(0) != '0';
        return asWritten ? new Quantity(amount, notation, text) : of(amount, notation);
    }

    /** The same for a field that validation has let through: nothing if it is none after all. */
    public static Optional<Quantity> read(String text) {
        try {
            return Optional.of(parse(text));
        } catch (SyntaxException _) {
            return Optional.empty();
        }
    }

    private static Quantity atMost(BigDecimal amount, String text, boolean asWritten) {
        if (amount.compareTo(BINARY_MAX) > 0) {
            return of(BINARY_MAX, Notation.BINARY);
        }
        return asWritten
                ? new Quantity(amount, Notation.BINARY, text)
                : of(amount, Notation.BINARY);
    }

    private static int binaryThousands(String suffix) {
        for (int i = 1; i < BINARY_SUFFIXES.length; i++) {
            if (BINARY_SUFFIXES[i].equals(suffix)) {
                return i;
            }
        }
        return 0;
    }

    private static int exponent(String suffix) throws SyntaxException {
        Integer known = DECIMAL_SUFFIXES.get(suffix);
        if (known != null) {
            return known;
        }
        try {
            if (suffix.charAt(0) == 'e' || suffix.charAt(0) == 'E') {
                int exponent = Integer.parseInt(suffix.substring(1));
                if (Math.abs(exponent) <= EXPONENT_MAX) {
                    return exponent;
                }
            }
        } catch (NumberFormatException _) {
            // Told below.
        }
        throw new SyntaxException("unable to parse quantity's suffix");
    }

    private static BigDecimal rounded(BigDecimal amount) {
        return amount.scale() > FINEST_SCALE
                ? amount.setScale(FINEST_SCALE, RoundingMode.UP)
                : amount;
    }

    /** The amount as a whole number, rounded away from zero, at most what a long holds. */
    public long value() {
        return asLong(amount);
    }

    /** Thousandths, rounded away from zero, at most what a long holds. */
    public long milliValue() {
        return asLong(amount.movePointRight(3));
    }

    private static long asLong(BigDecimal amount) {
        BigInteger whole = amount.setScale(0, RoundingMode.UP).toBigInteger();
        if (whole.bitLength() > 63) {
            return whole.signum() > 0 ? Long.MAX_VALUE : Long.MIN_VALUE;
        }
        return whole.longValue();
    }

    public BigDecimal amount() {
        return amount;
    }

    public Notation notation() {
        return notation;
    }

    /** -1, 0 or 1. */
    public int signum() {
        return amount.signum();
    }

    /** The sum, in this one's notation unless this is zero. */
    public Quantity plus(Quantity other) {
        return of(amount.add(other.amount), signum() == 0 ? other.notation : notation);
    }

    /** The difference, in this one's notation unless this is zero. */
    public Quantity minus(Quantity other) {
        return of(amount.subtract(other.amount), signum() == 0 ? other.notation : notation);
    }

    @Override
    public int compareTo(Quantity other) {
        return amount.compareTo(other.amount);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Quantity that && amount.compareTo(that.amount) == 0;
    }

    @Override
    public int hashCode() {
        return amount.stripTrailingZeros().hashCode();
    }

    @Override
    public String toString() {
        return text;
    }

    private static String canonical(BigDecimal amount, Notation notation) {
        if (amount.signum() == 0) {
            return "0";
        }
        BigDecimal stripped = amount.stripTrailingZeros();
        if (notation == Notation.BINARY && stripped.scale() <= 0
                && amount.abs().compareTo(KIBI) >= 0) {
            return binary(stripped.toBigIntegerExact());
        }
        int third = Math.floorDiv(-stripped.scale(), 3);
        if (notation != Notation.EXPONENT) {
            third = Math.min(third, 6);
        }
        String mantissa = stripped.movePointLeft(3 * third)
                .toPlainString();
        if (notation == Notation.EXPONENT) {
            return third == 0 ? mantissa : mantissa + "e" + 3 * third;
        }
        return mantissa + DECIMAL_SUFFIX_OF_THIRD[third + 3];
    }

    private static String binary(BigInteger amount) {
        int thousands = Math.min(amount.getLowestSetBit() / 10, BINARY_SUFFIXES.length - 1);
        return amount.shiftRight(10 * thousands) + BINARY_SUFFIXES[thousands];
    }
}

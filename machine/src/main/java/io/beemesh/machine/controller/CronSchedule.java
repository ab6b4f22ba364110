package io.beemesh.machine.controller;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * When a CronJob runs: five fields, a name such as {@code @daily}, or {@code @every 1h}. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax">the
 *     syntax</a>
 */
public final class CronSchedule {
    private static final Map<String, String> NAMED = Map.of("@yearly", "0 0 1 1 *", "@annually",
            "0 0 1 1 *", "@monthly", "0 0 1 * *", "@weekly", "0 0 * * 0", "@daily", "0 0 * * *",
            "@midnight", "0 0 * * *", "@hourly", "0 * * * *");
    private static final List<String> MONTHS = List.of("", "jan", "feb", "mar", "apr", "may",
            "jun", "jul", "aug", "sep", "oct", "nov", "dec");
    private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri",
            "sat");
    private static final int YEARS_MAX = 5;
    private static final Duration EVERY_MIN = Duration.ofSeconds(1);
    private static final String EVERY = "@every ";
    private static final Pattern ANY = Pattern.compile("[*?](-.*)?(/0*1)?");

    private final BitSet minutes;
    private final BitSet hours;
    private final BitSet daysOfMonth;
    private final BitSet months;
    private final BitSet daysOfWeek;
    private final boolean anyDayOfMonth;
    private final boolean anyDayOfWeek;
    private final ZoneId zone;
    /** Zero if the fields say when. */
    private final Duration every;

    private CronSchedule(String[] fields, ZoneId zone, Duration every) {
        minutes = field(fields[0], 0, 59, List.of());
        hours = field(fields[1], 0, 23, List.of());
        daysOfMonth = field(fields[2], 1, 31, List.of());
        months = field(fields[3], 1, 12, MONTHS);
        daysOfWeek = field(fields[4].replace('7', '0').replaceAll("([1-6])-0", "$1-6,0"), 0, 6,
                DAYS);
        anyDayOfMonth = isAny(fields[2]);
        anyDayOfWeek = isAny(fields[4]);
        this.zone = zone;
        this.every = every;
    }

    /**
     * Reads a schedule.
     *
     * @param zone an IANA name; empty means UTC
     * @throws IllegalArgumentException whose message says what is wrong
     */
    public static CronSchedule parse(String text, String zone) {
        ZoneId id;
        try {
            id = zone.isEmpty() ? ZoneId.of("UTC") : ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("unknown time zone " + zone, e);
        }
        if (text.strip().startsWith(EVERY)) {
            return new CronSchedule(new String[]{"*", "*", "*", "*", "*"}, id,
                    interval(text.strip().substring(EVERY.length())));
        }
        String plain = NAMED.getOrDefault(text.strip().toLowerCase(Locale.ROOT), text.strip());
        String[] fields = plain.split("\\s+", -1);
        if (fields.length != 5) {
            throw new IllegalArgumentException("expected exactly 5 fields, found "
                    + (plain.isEmpty() ? 0 : fields.length) + ": [" + plain + "]");
        }
        return new CronSchedule(fields, id, Duration.ZERO);
    }

    /** Whole seconds, at least one. */
    private static Duration interval(String text) {
        try {
            Duration whole = GoDuration.parse(text).truncatedTo(ChronoUnit.SECONDS);
            return whole.compareTo(EVERY_MIN) < 0 ? EVERY_MIN : whole;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "failed to parse duration " + EVERY + text + ": " + e.getMessage(), e);
        }
    }

    /** Says nothing of the day; one of each second day and so on does. */
    private static boolean isAny(String field) {
        return Stream.of(field.split(",", -1)).anyMatch(part -> ANY.matcher(part).matches());
    }

    private static BitSet field(String text, int low, int high, List<String> names) {
        BitSet values = new BitSet();
        for (String part : text.split(",", -1)) {
            String[] stepped = part.split("/", -1);
            String[] ends = stepped[0].split("-", -1);
            if (stepped.length > 2 || ends.length > 2) {
                throw new IllegalArgumentException("too many slashes or hyphens: " + part);
            }
            boolean any = ends[0].equals("*") || ends[0].equals("?");
            int from = any ? low : number(ends[0], names);
            int to = any
                    ? high
                    : ends.length == 2
                            ? number(ends[1], names)
                            : stepped.length == 2 ? high : from;
            int step = stepped.length == 2 ? number(stepped[1], List.of()) : 1;
            if (from < low || to > high || from > to || step < 1) {
                throw new IllegalArgumentException(
                        "value out of range (" + low + " - " + high + "): " + part);
            }
            for (int value = from; value <= to; value += step) {
                values.set(value);
            }
        }
        return values;
    }

    private static int number(String text, List<String> names) {
        int named = names.indexOf(text.toLowerCase(Locale.ROOT));
        if (named >= 0 && !text.isEmpty()) {
            return named;
        }
        if (!text.matches("[0-9]{1,4}")) {
            throw new IllegalArgumentException("failed to parse int from " + text);
        }
        return Integer.parseInt(text);
    }

    /** The first time after {@code time}; empty if there is none for years. */
    public Optional<Instant> next(Instant time) {
        if (!every.isZero()) {
            return Optional.of(time.truncatedTo(ChronoUnit.SECONDS).plus(every));
        }
        ZonedDateTime at = time.atZone(zone).truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
        LocalDate last = at.toLocalDate().plusYears(YEARS_MAX);
        while (!at.toLocalDate().isAfter(last)) {
            if (!isDay(at.toLocalDate())) {
                at = at.toLocalDate().plusDays(1).atStartOfDay(zone);
            } else if (!hours.get(at.getHour())) {
                at = at.truncatedTo(ChronoUnit.HOURS).plusHours(1);
            } else if (!minutes.get(at.getMinute())) {
                at = at.plusMinutes(1);
            } else {
                return Optional.of(at.toInstant());
            }
        }
        return Optional.empty();
    }

    /**
     * From where to look for the times after {@code time} without looking at all since {@code from}, which
     * is one of them or the begin; for an interval that is one of them too.
     */
    Instant skip(Instant from, Instant time) {
        if (!time.isAfter(from)) {
            return from;
        }
        return every.isZero()
                ? time
                : from.plus(every.multipliedBy(Duration.between(from, time).dividedBy(every)));
    }

    /** Where both kinds of days are given, one of them is enough. */
    private boolean isDay(LocalDate date) {
        if (!months.get(date.getMonthValue())) {
            return false;
        }
        boolean ofMonth = daysOfMonth.get(date.getDayOfMonth());
        boolean ofWeek = daysOfWeek.get(date.getDayOfWeek().getValue() % 7);
        boolean both = anyDayOfMonth || anyDayOfWeek;
        return both ? ofMonth && ofWeek : ofMonth || ofWeek;
    }
}

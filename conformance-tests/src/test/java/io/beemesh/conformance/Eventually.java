package io.beemesh.conformance;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Waits, within a bound, for something that comes true by itself. */
public final class Eventually {
    private Eventually() {}

    /** Asks again and again until {@code condition} does not throw an AssertionError. */
    public static void within(Duration limit, Runnable condition) {
        get(limit, () -> {
            condition.run();
            return true;
        });
    }

    /** Asks again and again until {@code value} does not throw an AssertionError. */
    public static <T> T get(Duration limit, Supplier<T> value) {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            try {
                return value.get();
            } catch (AssertionError e) {
                if (System.nanoTime() > end) {
                    throw new AssertionError("still so after " + limit + ": " + e.getMessage(), e);
                }
            }
            pause();
        }
    }

    /** Waits until the text contains {@code part}. */
    public static void contains(Duration limit, Supplier<String> text, String part) {
        within(limit, () -> {
            String now = text.get();
            if (!now.contains(part)) {
                throw new AssertionError("no '" + part + "' in:\n" + now);
            }
        });
    }

    private static void pause() {
        try {
            boolean never = new CountDownLatch(1).await(100, TimeUnit.MILLISECONDS);
            assert !never;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

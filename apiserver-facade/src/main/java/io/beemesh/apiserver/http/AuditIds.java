package io.beemesh.apiserver.http;

import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/** Names requests that come without a name of their own. Any thread. */
final class AuditIds {
    private static final int CHARACTERS_MAX = 64;
    /** Two steps of SplittableRandom, as each id takes two numbers: so that ids share none. */
    private static final long STEP = 0x9E37_79B9_7F4A_7C15L << 1;

    private final AtomicLong next;

    AuditIds(long seed) {
        this.next = new AtomicLong(seed);
    }

    /** {@code given} if it is fit to be repeated in a header, else a new one. */
    String of(String given) {
        boolean fit = !given.isEmpty() && given.length() <= CHARACTERS_MAX
                && given.chars().allMatch(c -> c > ' ' && c < 127);
        return fit ? given : generate();
    }

    private String generate() {
        SplittableRandom random = new SplittableRandom(next.getAndAdd(STEP));
        long high = (random.nextLong() & ~0xF000L) | 0x4000L;
        long low = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low).toString();
    }
}

package io.beemesh.apiserver.engine;

import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/** Random names and identities for requests on many threads, without locks, from one seed. */
final class Randomness {
    /** Kubernetes' alphabet, which spells no words. */
    private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    private static final int SUFFIX_LENGTH = 5;
    private static final int GENERATED_BASE_MAX = 63 - SUFFIX_LENGTH;
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private final long highSeed;
    private final long lowSeed;
    private final AtomicLong count = new AtomicLong();

    Randomness(RandomGenerator seed) {
        this.highSeed = seed.nextLong();
        this.lowSeed = seed.nextLong();
    }

    /** A version 4 UUID. */
    String uid() {
        long draw = count.incrementAndGet() * GOLDEN_GAMMA;
        long high = new SplittableRandom(highSeed + draw).nextLong();
        long low = new SplittableRandom(lowSeed + draw).nextLong();
        return new UUID((high & ~0xf000L) | 0x4000L, (low & ~(3L << 62)) | (2L << 62)).toString();
    }

    /** {@code base}, shortened if need be, and five characters. */
    String generatedName(String base) {
        SplittableRandom random = next();
        StringBuilder name = new StringBuilder(
                base.length() > GENERATED_BASE_MAX ? base.substring(0, GENERATED_BASE_MAX) : base);
        for (int i = 0; i < SUFFIX_LENGTH; i++) {
            name.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return name.toString();
    }

    /** From {@code min} to below {@code bound}. */
    int between(int min, int bound) {
        return next().nextInt(min, bound);
    }

    private SplittableRandom next() {
        return new SplittableRandom(lowSeed ^ count.incrementAndGet() * GOLDEN_GAMMA);
    }
}

package io.beemesh.libp2p.simulation;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Feeds a decoder with mutations of valid inputs, seeded and repeatable. It may read them or refuse them
 * with its own exception; any other, or memory out of proportion to the input, fails with what is needed
 * to repeat it. The long form of all fuzz tests by one command from the root of the repository:
 *
 * <pre>
 * mvn -pl libp2p test -Dtest='*FuzzTest' -Dfuzz.rounds=2000000 -Dfuzz.seed=7
 * </pre>
 */
public final class Fuzz {
    private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 10_000);
    private static final long SEED = Long.getLong("fuzz.seed", 1);
    private static final int MUTATIONS_MAX = 6;
    private static final int INSERTED_MAX = 64;

    /** Room for classes that the first input of a kind loads. */
    private static final long ALLOCATED_MAX = 1 << 20;

    private static final long ALLOCATED_PER_BYTE_MAX = 512;
    private static final byte[][] NASTY = {{0}, {(byte) 0xff}, {(byte) 0x80}, {0x7f},
            {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f},
            {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff,
                    (byte) 0xff, (byte) 0xff, (byte) 0xff, 1}};

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory
            .getThreadMXBean();

    /** What is fuzzed; may throw its own exception. */
    public interface Decoder {
        void decode(byte[] bytes) throws Exception;
    }

    private Fuzz() {}

    /**
     * Runs the rounds; inputs that are valid must be read.
     *
     * @param refusal what the decoder throws for what it cannot read
     */
    public static void run(List<byte[]> valid, Class<? extends Exception> refusal,
            Decoder decoder) {
        for (byte[] bytes : valid) {
            if (!decodes(bytes, refusal, decoder, -1)) {
                throw new AssertionError(
                        "refused a valid input: " + HexFormat.of().formatHex(bytes));
            }
        }
        SplittableRandom random = new SplittableRandom(SEED);
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = mutate(valid, random);
            long before = THREADS.getCurrentThreadAllocatedBytes();
            refused += decodes(bytes, refusal, decoder, round) ? 0 : 1;
            long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
            if (allocated > ALLOCATED_MAX + ALLOCATED_PER_BYTE_MAX * bytes.length) {
                throw new AssertionError("allocated " + allocated + " bytes for "
                        + bytes.length + ", " + repeat(bytes, round));
            }
        }
        if (refused == 0) {
            throw new AssertionError("nothing was refused in " + ROUNDS + " rounds");
        }
    }

    private static boolean decodes(byte[] bytes, Class<? extends Exception> refusal,
            Decoder decoder, int round) {
        try {
            decoder.decode(bytes.clone());
            return true;
        } catch (Exception | AssertionError | StackOverflowError e) {
            if (refusal.isInstance(e)) {
                return false;
            }
            throw new AssertionError(e + ", " + repeat(bytes, round), e);
        }
    }

    private static String repeat(byte[] bytes, int round) {
        return "fuzz.seed=" + SEED + " round=" + round + " input="
                + HexFormat.of().formatHex(bytes);
    }

    private static byte[] mutate(List<byte[]> valid, SplittableRandom random) {
        byte[] bytes = valid.get(random.nextInt(valid.size())).clone();
        for (int i = 1 + random.nextInt(MUTATIONS_MAX); i > 0; i--) {
            bytes = mutate(bytes, valid, random);
        }
        return bytes;
    }

    private static byte[] mutate(byte[] bytes, List<byte[]> valid, SplittableRandom random) {
        int at = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
        int length = random.nextInt(bytes.length - at + 1);
        return switch (random.nextInt(8)) {
            case 0 -> Arrays.copyOf(bytes, at);
            case 1 -> join(bytes, at, random(random), bytes, at);
            case 2 -> join(bytes, at, NASTY[random.nextInt(NASTY.length)], bytes, at);
            case 3 -> join(bytes, at, new byte[0], bytes, at + length);
            case 4 -> join(bytes, at, Arrays.copyOfRange(bytes, at, at + length), bytes, at);
            case 5 -> {
                byte[] other = valid.get(random.nextInt(valid.size()));
                int from = random.nextInt(other.length + 1);
                yield join(bytes, at, new byte[0], other, from);
            }
            default -> {
                if (bytes.length > 0) {
                    bytes[at] = random.nextBoolean()
                            ? (byte) random.nextInt()
                            : (byte) (bytes[at] ^ (1 << random.nextInt(8)));
                }
                yield bytes;
            }
        };
    }

    private static byte[] random(SplittableRandom random) {
        byte[] bytes = new byte[random.nextInt(INSERTED_MAX)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** The first {@code end} bytes of one, then {@code between}, then another from {@code from} on. */
    private static byte[] join(byte[] one, int end, byte[] between, byte[] other, int from) {
        byte[] joined = Arrays.copyOf(one, end + between.length + other.length - from);
        System.arraycopy(between, 0, joined, end, between.length);
        System.arraycopy(other, from, joined, end + between.length, other.length - from);
        return joined;
    }
}

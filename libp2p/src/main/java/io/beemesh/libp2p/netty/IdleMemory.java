package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.Loop;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back what the program used for a while only: unread pages of the program's own files, and the
 * heap's slack after a burst. Most of what a JVM reads from its files it reads once, to start.
 *
 * <p>Linux keeps such pages in its page cache, and maps them again at the next touch; a round costs
 * below a millisecond, and one collection of a small heap if that has grown. Elsewhere nothing happens.
 *
 * <p>The system call is the JDK's own of {@code MappedByteBuffer}, by reflection, which needs
 * {@code --add-opens java.base/java.nio=ALL-UNNAMED}. The foreign function API would need 250 classes more and a
 * megabyte, and threads that are virtual three threads to carry them.
 */
public final class IdleMemory {
    private static final Logger LOG = LoggerFactory.getLogger(IdleMemory.class);
    private static final Path MAPS = Path.of("/proc/self/maps");
    /** Reading which files are mapped makes garbage: what is between are rounds of those that stay mapped. */
    private static final Duration READ = Duration.ofSeconds(1);
    /** A collection of the whole stops the program for some 20 ms; readings between two of them. */
    private static final int COLLECT_READINGS = 8;
    /** Collecting more takes the time of a request, and is left to the collector. */
    private static final long HEAP_BYTES_MAX = 64L << 20;
    private static final long GROWTH_BYTES_MIN = 512L << 10;

    private final Loop loop;
    private final Duration period;
    private final Method unload;
    private final int roundsPerReading;
    private List<MappedRange> lasting = List.of();
    private long heapBytes;
    private int rounds;

    private IdleMemory(Loop loop, Duration period, Method unload) {
        this.loop = loop;
        this.period = period;
        this.unload = unload;
        this.roundsPerReading = (int) Math.max(1, READ.dividedBy(period));
    }

    /**
     * Starts the rounds, which end with the loop. Nothing of it is in the way of the start.
     *
     * @param period until the first round, and between two
     */
    public static void start(Loop loop, Duration period) {
        loop.schedule(period, () -> begin(loop, period));
    }

    private static void begin(Loop loop, Duration period) {
        if (!Files.isReadable(MAPS)) {
            return;
        }
        try {
            Method unload = Class.forName("java.nio.MappedMemoryUtils").getDeclaredMethod(
                    "unload0", long.class, long.class);
            unload.setAccessible(true);
            new IdleMemory(loop, period, unload).later();
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.info("Memory is not given back reason=\"{}\"", e.toString());
        }
    }

    /** Not on the loop: reading the maps takes a lock of this process's memory. */
    private void later() {
        Thread.ofPlatform().name("idle-memory").daemon().start(this::round);
    }

    private void round() {
        try {
            if (rounds % (COLLECT_READINGS * roundsPerReading) == 0) {
                collect();
            }
            if (rounds % roundsPerReading == 0) {
                releaseAll();
            } else {
                for (MappedRange range : lasting) {
                    unload(range);
                }
            }
            rounds++;
            loop.schedule(period, this::later);
        } catch (IOException | IllegalAccessException e) {
            LOG.warn("Memory is not given back: {}", e.toString());
        }
    }

    /** After a burst the heap keeps what it grew by until it is collected whole. */
    private void collect() {
        long committed = Runtime.getRuntime().totalMemory();
        if (committed <= HEAP_BYTES_MAX && committed >= heapBytes + GROWTH_BYTES_MIN) {
            System.gc();
            heapBytes = Runtime.getRuntime().totalMemory();
        }
    }

    private void releaseAll() throws IOException, IllegalAccessException {
        List<MappedRange> found = new ArrayList<>();
        for (String line : Files.readAllLines(MAPS)) {
            Optional<MappedRange> range = MappedRange.ofUnwritten(line);
            if (range.isPresent()) {
                unload(range.get());
                if (MappedRange.isLasting(line)) {
                    found.add(range.get());
                }
            }
        }
        lasting = found;
    }

    private void unload(MappedRange range) throws IllegalAccessException {
        try {
            unload.invoke(null, range.from(), range.to() - range.from());
        } catch (InvocationTargetException e) {
            // It is gone meanwhile, which is as good.
            LOG.debug("Range not given back reason=\"{}\"", String.valueOf(e.getCause()));
        }
    }
}

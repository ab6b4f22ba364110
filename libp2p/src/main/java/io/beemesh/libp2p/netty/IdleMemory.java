package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.Loop;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back what the program used for a while only: unread pages of the program's own files, and the
 * heap's slack after a burst. Most of what a JVM reads from its files it reads once, to start.
 *
 * <p>Linux keeps such pages in its page cache, and maps them again at the next touch; a round costs
 * below a millisecond, and one collection of a small heap if that has grown. Elsewhere nothing happens.
 */
public final class IdleMemory {
    private static final Logger LOG = LoggerFactory.getLogger(IdleMemory.class);
    private static final Path MAPS = Path.of("/proc/self/maps");
    private static final Duration FIRST = Duration.ofSeconds(5);
    /** A collection of the whole stops the program for some 20 ms; rounds between two of them. */
    private static final int COLLECT_ROUNDS = 8;
    private static final int MADV_DONTNEED = 4;
    /** Collecting more takes the time of a request, and is left to the collector. */
    private static final long HEAP_BYTES_MAX = 64L << 20;
    private static final long GROWTH_BYTES_MIN = 512L << 10;

    private final Loop loop;
    private final Duration period;
    private final MethodHandle madvise;
    private long heapBytes;
    private int rounds;

    private IdleMemory(Loop loop, Duration period, MethodHandle madvise) {
        this.loop = loop;
        this.period = period;
        this.madvise = madvise;
    }

    /**
     * Starts the rounds, which end with the loop. Nothing of it is in the way of the start.
     *
     * @param period between two rounds
     */
    public static void start(Loop loop, Duration period) {
        loop.schedule(FIRST,
                () -> Thread.ofVirtual().name("idle-memory").start(() -> begin(loop, period)));
    }

    @SuppressWarnings("restricted") // The launcher allows native access.
    private static void begin(Loop loop, Duration period) {
        Linker linker = Linker.nativeLinker();
        Optional<MemorySegment> address = linker.defaultLookup().find("madvise");
        if (address.isPresent() && Files.isReadable(MAPS)) {
            MethodHandle madvise = linker.downcallHandle(address.get(),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
            new IdleMemory(loop, period, madvise).round();
        }
    }

    /** Not on the loop: reading the maps takes a lock of this process's memory. */
    private void round() {
        Thread.ofVirtual().name("idle-memory").start(() -> {
            try {
                if (rounds++ % COLLECT_ROUNDS == 0) {
                    collect();
                }
                release();
                loop.schedule(period, this::round);
            } catch (IOException e) {
                LOG.warn("Memory is not given back: {}", e.toString());
            }
        });
    }

    /** After a burst the heap keeps what it grew by until it is collected whole. */
    private void collect() {
        long committed = Runtime.getRuntime().totalMemory();
        if (committed <= HEAP_BYTES_MAX && committed >= heapBytes + GROWTH_BYTES_MIN) {
            System.gc();
            heapBytes = Runtime.getRuntime().totalMemory();
        }
    }

    private void release() throws IOException {
        List<MappedRange> ranges;
        try (Stream<String> lines = Files.lines(MAPS)) {
            ranges = lines.flatMap(line -> MappedRange.ofUnwritten(line).stream()).toList();
        }
        for (MappedRange range : ranges) {
            try {
                // Fails for a range that is gone meanwhile, which is as good.
                int _ = (int) madvise.invokeExact(range.from(), range.to() - range.from(),
                        MADV_DONTNEED);
            } catch (Throwable e) {
                throw new IOException(e);
            }
        }
    }
}

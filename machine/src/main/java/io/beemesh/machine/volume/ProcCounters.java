package io.beemesh.machine.volume;

import io.beemesh.machine.usage.MachineCounters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * The machine's counters from {@code /proc}.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_stat.5.html">proc_stat(5)</a>
 */
public final class ProcCounters implements MachineCounters {
    /** The kernel tells processor time in hundredths of a second. */
    private static final long NANOS_PER_TICK = 10_000_000L;
    private static final long KIBI = 1024;
    /** user, nice, system, then idle and iowait, which are not used, irq, softirq, steal. */
    private static final int[] BUSY = {1, 2, 3, 6, 7, 8};

    private final Path proc;
    private final Executor workers;
    private final Executor loop;

    /** @param workers may block; {@code loop} is where readings come back to */
    public ProcCounters(Path proc, Executor workers, Executor loop) {
        this.proc = proc;
        this.workers = workers;
        this.loop = loop;
    }

    @Override
    public CompletableFuture<Reading> read() {
        return CompletableFuture.supplyAsync(this::readNow, workers).thenApplyAsync(r -> r, loop);
    }

    private Reading readNow() {
        try {
            return new Reading(cpuNanos(), memoryBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long cpuNanos() throws IOException {
        String[] fields = Files.readAllLines(proc.resolve("stat")).getFirst().split(" +", -1);
        long ticks = 0;
        for (int field : BUSY) {
            ticks += field < fields.length ? Long.parseLong(fields[field]) : 0;
        }
        return ticks * NANOS_PER_TICK;
    }

    private long memoryBytes() throws IOException {
        long total = 0;
        long available = 0;
        for (String line : Files.readAllLines(proc.resolve("meminfo"))) {
            if (line.startsWith("MemTotal:")) {
                total = kibibytes(line);
            } else if (line.startsWith("MemAvailable:")) {
                available = kibibytes(line);
                break;
            }
        }
        return (total - available) * KIBI;
    }

    private static long kibibytes(String line) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
    }
}

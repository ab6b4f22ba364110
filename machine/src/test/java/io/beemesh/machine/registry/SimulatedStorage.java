package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.protocol.registry.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * A disk in virtual time: a batch is there for good once it was forced, some milliseconds after it was
 * given; a crash drops what was not forced, or by chance keeps it or the begin of it. Can be full and can break.
 */
public final class SimulatedStorage implements Storage {
    private final Loop loop;
    private final RandomGenerator random;
    private final long forceNanosMax;
    private final Disk disk;
    private Optional<List<LogRecord>> unforced = Optional.empty();
    private Optional<Checkpoint> unfinished = Optional.empty();
    private Optional<Outcome> fault = Optional.empty();
    private final boolean replaces;
    private boolean crashed;
    private long forces;

    /** What survives a crash. */
    private static final class Disk {
        private final List<LogRecord> log = new ArrayList<>();
        private final Map<Integer, SlotMark> marks = new TreeMap<>();
        private final Map<ObjectKey, StoredObject> objects = new LinkedHashMap<>();

        private static boolean isCovered(SlotMark mark, long term, long sequence) {
            return new Position(term, sequence)
                    .compareTo(new Position(mark.entryTerm(), mark.sequence())) <= 0;
        }

        private void apply(List<StateWrite> states) {
            for (StateWrite write : states) {
                objects.remove(write.key());
                write.state().ifPresent(s -> objects.put(write.key(), s));
            }
        }

        private void apply(SlotMark mark) {
            marks.put(mark.slot(), mark);
            // Only the front of a log can go: what is behind may say that what is before it is
            // void.
            boolean[] front = {true};
            log.removeIf(record -> {
                if (record.slot() != mark.slot()) {
                    return false;
                }
                front[0] &= switch (record) {
                    case LogRecord.Vote vote -> vote.term() <= mark.vote().term();
                    case LogRecord.Entry entry -> isCovered(mark, entry.term(), entry.sequence());
                    case LogRecord.Voteless word ->
                        isCovered(mark, word.term(), word.sequence());
                    case LogRecord.Fork line -> line.sequence() <= mark.forked();
                    case LogRecord.Snapshot part -> isCovered(mark, part.term(), part.sequence());
                };
                return front[0];
            });
        }
    }

    /** An empty disk, which takes up to {@code forceMax} to force and may replace one that is lost. */
    public SimulatedStorage(Loop loop, RandomGenerator random, Duration forceMax,
            boolean replaces) {
        this(loop, random, forceMax.toNanos(), new Disk(), replaces);
    }

    private SimulatedStorage(Loop loop, RandomGenerator random, long forceNanosMax, Disk disk,
            boolean replaces) {
        this.replaces = replaces;
        this.loop = loop;
        this.random = random;
        this.forceNanosMax = forceNanosMax;
        this.disk = disk;
    }

    /** The same disk after the power came back, for the loop of the next life. */
    public SimulatedStorage crash(Loop nextLoop) {
        crashed = true;
        unforced.ifPresent(b -> disk.log.addAll(b.subList(0, random.nextInt(b.size() + 1))));
        unfinished.ifPresent(c -> disk.apply(
                c.states().stream().filter(s -> random.nextBoolean()).toList()));
        return new SimulatedStorage(nextLoop, random, forceNanosMax, disk, replaces);
    }

    /** Lets all writes from now on end like this; empty makes the disk well again. */
    public void fail(Optional<Outcome> outcome) {
        fault = outcome;
    }

    /** How often the disk was forced for the log. */
    public long forces() {
        return forces;
    }

    /** Lines of log that no checkpoint has taken over. */
    public int logSize() {
        return disk.log.size();
    }

    @Override
    public Recovered recovered() {
        return new Recovered("simulated", replaces, Optional.empty(),
                List.copyOf(disk.marks.values()),
                List.copyOf(disk.objects.values()), List.copyOf(disk.log));
    }

    @Override
    public void append(List<LogRecord> batch, Consumer<Outcome> onDisk) {
        assert unforced.isEmpty() : "two appends at a time";
        Outcome outcome = fault.orElse(new Outcome.Stored());
        if (!(outcome instanceof Outcome.Full)) {
            unforced = Optional.of(batch);
        }
        later(() -> {
            unforced = Optional.empty();
            if (outcome instanceof Outcome.Stored) {
                disk.log.addAll(batch);
                forces++;
            }
            onDisk.accept(outcome);
        });
    }

    @Override
    public void checkpoint(Checkpoint checkpoint, Consumer<Outcome> onDisk) {
        assert unfinished.isEmpty() : "two checkpoints at a time";
        Outcome outcome = fault.orElse(new Outcome.Stored());
        unfinished = Optional.of(checkpoint);
        later(() -> {
            unfinished = Optional.empty();
            if (outcome instanceof Outcome.Stored) {
                disk.apply(checkpoint.states());
                checkpoint.marks().forEach(disk::apply);
            }
            onDisk.accept(outcome);
        });
    }

    private void later(Runnable task) {
        long nanos = forceNanosMax == 0 ? 0 : random.nextLong(forceNanosMax);
        loop.schedule(Duration.ofNanos(nanos), () -> {
            if (!crashed) {
                task.run();
            }
        });
    }

    @Override
    public void close() {}
}

package io.beemesh.machine.disk;

import io.beemesh.machine.registry.Storage.LogRecord;
import io.beemesh.machine.registry.Storage.SlotMark;
import io.beemesh.protocol.registry.Position;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The log as numbered files: the newest is written to, older ones go once checkpoints cover them. Not for
 * use by several threads at once.
 */
final class Log implements AutoCloseable {
    private static final String PREFIX = "registry-";
    private static final String SUFFIX = ".log";

    private final Path directory;
    private final UUID storageId;
    /** Files before the newest, the oldest first. */
    private final ArrayDeque<Extent> older = new ArrayDeque<>();
    private Extent newest;
    private LogFile file;

    /** What the records of one file reach up to. */
    private static final class Extent {
        private final long number;
        private final Map<Integer, Position> positions = new HashMap<>();
        private final Map<Integer, Long> votes = new HashMap<>();
        private final Map<Integer, Long> forks = new HashMap<>();

        private Extent(long number) {
            this.number = number;
        }

        private void add(LogRecord record) {
            switch (record) {
                case LogRecord.Vote vote -> votes.merge(vote.slot(), vote.term(), Math::max);
                case LogRecord.Entry entry -> reach(entry.slot(), entry.term(), entry.sequence());
                case LogRecord.Voteless word -> reach(word.slot(), word.term(), word.sequence());
                case LogRecord.Snapshot part -> reach(part.slot(), part.term(), part.sequence());
                case LogRecord.Fork line -> forks.merge(line.slot(), line.sequence(), Math::max);
            }
        }

        private void reach(int slot, long term, long sequence) {
            positions.merge(slot, new Position(term, sequence),
                    (a, b) -> a.compareTo(b) >= 0 ? a : b);
        }

        private boolean isCoveredBy(Map<Integer, SlotMark> marks) {
            return positions.entrySet().stream()
                    .allMatch(e -> marks.containsKey(e.getKey())
                            && position(marks.get(e.getKey())).compareTo(e.getValue()) >= 0)
                    && votes.entrySet().stream()
                            .allMatch(e -> marks.containsKey(e.getKey())
                                    && marks.get(e.getKey()).vote().term() >= e.getValue())
                    && forks.entrySet().stream()
                            .allMatch(e -> marks.containsKey(e.getKey())
                                    && marks.get(e.getKey()).forked() >= e.getValue());
        }
    }

    private static Position position(SlotMark mark) {
        return new Position(mark.entryTerm(), mark.sequence());
    }

    private Log(Path directory, UUID storageId, Extent newest, LogFile file) {
        this.directory = directory;
        this.storageId = storageId;
        this.newest = newest;
        this.file = file;
    }

    /** Begins a log that has nothing in it. */
    static Log create(Path directory, UUID storageId, long number) throws IOException {
        return new Log(directory, storageId, new Extent(number),
                LogFile.create(path(directory, number), storageId, number));
    }

    /**
     * Reads the log from file {@code first} on into {@code records} and goes on writing behind it.
     *
     * @param dropped gets what to tell about a torn end
     */
    static Log open(Path directory, UUID storageId, long first, List<LogRecord> records,
            List<String> dropped) throws IOException {
        List<Extent> extents = new ArrayList<>();
        long last = numbers(directory).last();
        LogFile.Content content = new LogFile.Content(List.of(), 0, 0);
        for (long number = first; number <= last; number++) {
            Path path = path(directory, number);
            if (!Files.exists(path)) {
                throw new StorageException(
                        path + " is missing: acknowledged writes are lost. Restore"
                                + " the data directory from a backup, or start with an empty one.");
            }
            content = LogFile.read(path, storageId, number, number == last);
            Extent extent = new Extent(number);
            for (byte[] frame : content.frames()) {
                List<LogRecord> batch = BatchCodec.decode(frame);
                batch.forEach(extent::add);
                records.addAll(batch);
            }
            extents.add(extent);
        }
        if (content.droppedBytes() > 0) {
            dropped.add("the last " + content.droppedBytes() + " bytes of " + path(directory, last)
                    + " were torn and are dropped; they can only hold writes that were not acknowledged,"
                    + " unless the disk damaged them");
        }
        Extent newest = extents.removeLast();
        LogFile file = content.soundBytes() < LogFile.HEADER_BYTES
                ? LogFile.create(path(directory, last), storageId, last)
                : LogFile.reopen(path(directory, last), content);
        Log log = new Log(directory, storageId, newest, file);
        log.older.addAll(extents);
        return log;
    }

    /** Writes one frame, not yet forced. */
    void append(List<LogRecord> batch) throws IOException {
        file.append(ByteBuffer.wrap(BatchCodec.encode(batch)));
        batch.forEach(newest::add);
    }

    void force() throws IOException {
        file.force();
    }

    void takeBack() throws IOException {
        file.takeBack();
    }

    /** Goes on in a new file. */
    void roll() throws IOException {
        long number = newest.number + 1;
        LogFile next = LogFile.create(path(directory, number), storageId, number);
        file.close();
        file = next;
        older.add(newest);
        newest = new Extent(number);
    }

    /** The oldest file that is still needed once {@code marks} are on disk. */
    long firstNeeded(Map<Integer, SlotMark> marks) {
        for (Extent extent : older) {
            if (!extent.isCoveredBy(marks)) {
                return extent.number;
            }
        }
        return newest.number;
    }

    /** Whether nothing of the log is needed once {@code marks} are on disk. */
    boolean isCoveredBy(Map<Integer, SlotMark> marks) {
        return firstNeeded(marks) == newest.number && newest.isCoveredBy(marks);
    }

    long newestNumber() {
        return newest.number;
    }

    /** Deletes files before {@code first}. */
    void dropBefore(long first) throws IOException {
        while (!older.isEmpty() && older.peek().number < first) {
            older.remove();
        }
        for (long number : numbers(directory).headSet(first)) {
            Files.deleteIfExists(path(directory, number));
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /** Numbers of the log files in a directory. */
    static NavigableSet<Long> numbers(Path directory) throws IOException {
        NavigableSet<Long> numbers = new TreeSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory,
                PREFIX + "*" + SUFFIX)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                try {
                    numbers.add(Long.parseLong(name, PREFIX.length(),
                            name.length() - SUFFIX.length(), 10));
                } catch (NumberFormatException _) {
                    // Not one of ours.
                }
            }
        }
        return numbers;
    }

    private static Path path(Path directory, long number) {
        return directory.resolve(PREFIX + number + SUFFIX);
    }
}

package io.beemesh.machine.disk;

import io.beemesh.machine.registry.Storage;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.h2.mvstore.MVStoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry in a directory: object states in an H2 MVStore, and beside it the log of what came since
 * the last checkpoint. Appends and checkpoints run on virtual threads; callbacks come on the loop.
 *
 * <p>The store's final commit of a checkpoint names the first log file that is still needed, so whatever
 * is lost shows: a store that fell back to an older state asks for log files that are gone. The store is
 * marked clean while no log file has anything in it.
 */
public final class MvStoreStorage implements Storage {
    /** Free bytes below which nothing is written, so that checkpoints and the node itself have room. */
    static final long FREE_BYTES_MIN = 64L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(MvStoreStorage.class);

    private final Path directory;
    private final Executor loop;
    private final StateFile state;
    private final Recovered recovered;
    /** Guards the log against a checkpoint that begins a new file or drops old ones. */
    private final ReentrantLock lock = new ReentrantLock();
    /** Held while a checkpoint is written; taken before {@link #lock}. */
    private final ReentrantLock checkpointLock = new ReentrantLock();
    /** To find it again reads the table of all mounts. */
    private final FileStore disk;
    private final Log log;
    private final Map<Integer, SlotMark> marks = new HashMap<>();
    private Optional<String> broken = Optional.empty();

    private MvStoreStorage(Path directory, Executor loop, StateFile state, Log log,
            Recovered recovered) throws IOException {
        this.directory = directory;
        this.disk = Files.getFileStore(directory);
        this.loop = loop;
        this.state = state;
        this.log = log;
        this.recovered = recovered;
        recovered.marks().forEach(m -> marks.put(m.slot(), m));
    }

    /**
     * Opens the storage in {@code directory}, which is made if absent; fails with a {@link
     * StorageException} if what is there is damaged, incomplete or in use.
     *
     * @param loop where callbacks run
     * @param wasMember whether this node was a member of its mesh before: a storage that has to be made now
     *     replaces a lost one
     */
    public static MvStoreStorage open(Path directory, Executor loop, boolean wasMember)
            throws IOException {
        Files.createDirectories(directory);
        StateFile state = StateFile.open(directory, wasMember);
        try {
            UUID id = state.storageId();
            List<LogRecord> records = new ArrayList<>();
            List<String> dropped = new ArrayList<>();
            Log log = openLog(directory, state, id, records, dropped);
            Recovered recovered = new Recovered(id.toString(), state.replaces(),
                    dropped.stream().findFirst(),
                    state.marks(), state.objects(), List.copyOf(records));
            return new MvStoreStorage(directory, loop, state, log, recovered);
        } catch (IOException | RuntimeException e) {
            state.abandon();
            if (e instanceof MVStoreException) {
                throw new StorageException(
                        "cannot read what is in " + directory + ": " + e.getMessage(), e);
            }
            throw e;
        }
    }

    private static Log openLog(Path directory, StateFile state, UUID id, List<LogRecord> records,
            List<String> dropped) throws IOException {
        long first = state.firstLog();
        if (!state.isClean()) {
            if (Log.numbers(directory).tailSet(first).isEmpty()) {
                throw new StorageException("log file " + first + " is missing from " + directory
                        + ": acknowledged writes are lost. Restore the data directory from a backup,"
                        + " or start with an empty one.");
            }
            Log log = Log.open(directory, id, first, records, dropped);
            log.dropBefore(first);
            LOG.info("Log recovered directory={} records={} torn={}", directory, records.size(),
                    !dropped.isEmpty());
            return log;
        }
        checkNothingLogged(directory, id, first);
        Log log = Log.create(directory, id, first);
        log.dropBefore(first);
        state.begin(first);
        return log;
    }

    /** A store that says clean but has log behind it is an older state than the log's. */
    private static void checkNothingLogged(Path directory, UUID id, long first)
            throws IOException {
        if (Log.numbers(directory).tailSet(first).isEmpty()) {
            return;
        }
        List<LogRecord> records = new ArrayList<>();
        Log.open(directory, id, first, records, new ArrayList<>()).close();
        if (!records.isEmpty()) {
            throw new StorageException("the log in " + directory + " has " + records.size()
                    + " records that the state beside it knows nothing of: the state is damaged or"
                    + " older. Restore the data directory from a backup, or start with an empty one.");
        }
    }

    @Override
    public Recovered recovered() {
        return recovered;
    }

    @Override
    public void append(List<LogRecord> batch, Consumer<Outcome> onDisk) {
        List<LogRecord> copy = List.copyOf(batch);
        Thread.ofVirtual().name("registry-log").start(() -> {
            Outcome outcome = write(copy);
            loop.execute(() -> onDisk.accept(outcome));
        });
    }

    private Outcome write(List<LogRecord> batch) {
        lock.lock();
        try {
            if (broken.isPresent()) {
                return new Outcome.Failed(broken.get());
            }
            Optional<Outcome> full = full();
            if (full.isPresent()) {
                return full.get();
            }
            try {
                log.append(batch);
            } catch (IOException e) {
                log.takeBack();
                return full().orElseGet(() -> broken(e));
            }
            log.force();
            return new Outcome.Stored();
        } catch (IOException e) {
            return broken(e);
        } finally {
            lock.unlock();
        }
    }

    private Optional<Outcome> full() throws IOException {
        long free = disk.getUsableSpace();
        return free >= FREE_BYTES_MIN
                ? Optional.empty()
                : Optional.of(new Outcome.Full("the disk of " + directory + " has " + (free >> 20)
                        + " MB left, " + (FREE_BYTES_MIN >> 20) + " MB are kept free"));
    }

    private Outcome broken(IOException e) {
        String reason = "cannot write to " + directory + ": " + e.getMessage();
        LOG.error("Log failed directory={}", directory, e);
        broken = Optional.of(reason);
        return new Outcome.Failed(reason);
    }

    @Override
    public void checkpoint(Checkpoint checkpoint, Consumer<Outcome> onDisk) {
        Thread.ofVirtual().name("registry-checkpoint").start(() -> {
            Outcome outcome = write(checkpoint);
            loop.execute(() -> onDisk.accept(outcome));
        });
    }

    private Outcome write(Checkpoint checkpoint) {
        checkpointLock.lock();
        try {
            long first = beginFile(checkpoint.marks());
            state.write(checkpoint, first);
            lock.lock();
            try {
                log.dropBefore(first);
            } finally {
                lock.unlock();
            }
            return new Outcome.Stored();
        } catch (IOException e) {
            LOG.error("Checkpoint failed directory={}", directory, e);
            return new Outcome.Failed("cannot write to " + directory + ": " + e.getMessage());
        } finally {
            checkpointLock.unlock();
        }
    }

    /** Lets the log go on in a new file, so that the older ones can go; returns the first one needed. */
    private long beginFile(List<SlotMark> reached) throws IOException {
        lock.lock();
        try {
            if (broken.isPresent()) {
                throw new StorageException(broken.get());
            }
            reached.forEach(m -> marks.put(m.slot(), m));
            log.roll();
            return log.firstNeeded(marks);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        checkpointLock.lock();
        lock.lock();
        try {
            boolean clean = broken.isEmpty() && log.isCoveredBy(marks);
            broken = Optional.of(directory + " is closed");
            log.close();
            state.close(clean ? Optional.of(log.newestNumber() + 1) : Optional.empty());
            if (clean) {
                log.dropBefore(log.newestNumber() + 1);
            }
            LOG.info("Storage closed directory={} clean={}", directory, clean);
        } finally {
            lock.unlock();
            checkpointLock.unlock();
        }
    }
}

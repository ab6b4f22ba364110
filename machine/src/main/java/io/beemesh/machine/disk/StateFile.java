package io.beemesh.machine.disk;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.RecordCodec;
import io.beemesh.machine.registry.Storage.Checkpoint;
import io.beemesh.machine.registry.Storage.SlotMark;
import io.beemesh.machine.registry.Storage.StateWrite;
import io.beemesh.machine.registry.StoredObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.StringDataType;

/** The MVStore file: object states, slot positions, and what is needed to read the log beside it. */
final class StateFile {
    private static final String NAME = "registry.mv";
    private static final int CACHE_MEGABYTES = 1;
    /** Bytes of states that are in memory twice until they are committed. */
    private static final long COMMIT_BYTES = 1 << 20;
    /** Below this share of live data a checkpoint rewrites some of the rest. */
    private static final int FILL_PERCENT_MIN = 50;
    private static final int COMPACT_BYTES = 4 << 20;

    private static final String ID = "storage-id";
    private static final String FIRST_LOG = "first-log";
    private static final String CLEAN = "clean";
    private static final String REPLACES = "replaces";

    private final Path path;
    private final MVStore store;
    private final MVMap<String, String> facts;
    private final MVMap<String, byte[]> marks;
    private final MVMap<String, byte[]> objects;

    private StateFile(Path path, MVStore store) {
        this.path = path;
        this.store = store;
        this.facts = store.openMap("facts", new MVMap.Builder<String, String>()
                .keyType(StringDataType.INSTANCE).valueType(StringDataType.INSTANCE));
        this.marks = store.openMap("marks", bytesByName());
        this.objects = store.openMap("objects", bytesByName());
    }

    private static MVMap.Builder<String, byte[]> bytesByName() {
        return new MVMap.Builder<String, byte[]>().keyType(StringDataType.INSTANCE)
                .valueType(ByteArrayDataType.INSTANCE);
    }

    /** Opens the file of a directory, or makes it, and then notes whether it {@code replaces} a lost one. */
    static StateFile open(Path directory, boolean replaces) throws IOException {
        Path path = directory.resolve(NAME);
        try {
            MVStore store = new MVStore.Builder().fileName(path.toString()).autoCommitDisabled()
                    .cacheSize(CACHE_MEGABYTES).open();
            store.setVersionsToKeep(0);
            StateFile file = new StateFile(path, store);
            if (file.facts.isEmpty()) {
                file.found(directory, replaces);
            }
            return file;
        } catch (MVStoreException e) {
            throw new StorageException("cannot open " + path + ": " + e.getMessage()
                    + ". If no other node uses it, restore the data directory from a backup, or start"
                    + " with an empty one.", e);
        }
    }

    private void found(Path directory, boolean replaces) throws IOException {
        if (!Log.numbers(directory).isEmpty()) {
            store.closeImmediately();
            throw new StorageException(path + " has nothing in it but the log beside it has: it was"
                    + " deleted or damaged. Restore the data directory from a backup, or start with an"
                    + " empty one.");
        }
        facts.put(ID, UUID.randomUUID().toString());
        facts.put(FIRST_LOG, "0");
        facts.put(CLEAN, "true");
        facts.put(REPLACES, Boolean.toString(replaces));
        commit();
        LogFile.forceDirectory(path);
    }

    /** Whether there may have been another before it, which is lost. */
    boolean replaces() {
        return Boolean.parseBoolean(facts.get(REPLACES));
    }

    UUID storageId() {
        return UUID.fromString(fact(ID));
    }

    /** The log file from which on the log is needed. */
    long firstLog() {
        return Long.parseLong(fact(FIRST_LOG));
    }

    /** Whether nothing was logged since the last checkpoint. */
    boolean isClean() {
        return Boolean.parseBoolean(fact(CLEAN));
    }

    private String fact(String name) {
        String value = facts.get(name);
        if (value == null) {
            throw new IllegalStateException(path + " lacks " + name);
        }
        return value;
    }

    List<SlotMark> marks() throws IOException {
        List<SlotMark> all = new ArrayList<>();
        try {
            for (Cursor<String, byte[]> slots = marks.cursor(null); slots.hasNext();) {
                slots.next();
                all.add(RecordCodec.decodeMark(slots.getValue()));
            }
        } catch (IOException | MVStoreException e) {
            throw corrupt(e);
        }
        return all;
    }

    /** All objects, read as they are iterated over. */
    Iterable<StoredObject> objects() {
        return () -> {
            Cursor<String, byte[]> cursor = objects.cursor(null);
            RecordCodec codec = new RecordCodec();
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    try {
                        return cursor.hasNext();
                    } catch (MVStoreException e) {
                        throw new UncheckedIOException(corrupt(e));
                    }
                }

                @Override
                public StoredObject next() {
                    try {
                        cursor.next();
                        return codec.decodeObject(cursor.getValue());
                    } catch (IOException | MVStoreException e) {
                        throw new UncheckedIOException(corrupt(e));
                    }
                }
            };
        };
    }

    private StorageException corrupt(Exception e) {
        return new StorageException(path + " is corrupt: " + e.getMessage()
                + ". Restore the data directory from a backup, or start with an empty one.", e);
    }

    /** Notes that something may be in the log from file {@code first} on; on disk when this returns. */
    void begin(long first) throws IOException {
        facts.put(CLEAN, "false");
        facts.put(FIRST_LOG, Long.toString(first));
        commit();
    }

    /** Takes a checkpoint over, after which log files before {@code firstLog} are not needed. */
    void write(Checkpoint checkpoint, long firstLog) throws IOException {
        try {
            long bytes = 0;
            for (StateWrite write : checkpoint.states()) {
                bytes += write(write);
                if (bytes >= COMMIT_BYTES) {
                    store.commit();
                    bytes = 0;
                }
            }
            for (SlotMark mark : checkpoint.marks()) {
                marks.put(Integer.toString(mark.slot()), RecordCodec.encode(mark));
            }
            facts.put(FIRST_LOG, Long.toString(firstLog));
            store.commit();
            store.compact(FILL_PERCENT_MIN, COMPACT_BYTES);
            commit();
        } catch (MVStoreException e) {
            throw new StorageException(path + ": " + e.getMessage(), e);
        }
    }

    private long write(StateWrite write) {
        Optional<byte[]> value = write.state().map(RecordCodec::encode);
        if (value.isPresent()) {
            objects.put(name(write.key()), value.get());
        } else {
            objects.remove(name(write.key()));
        }
        return value.map(v -> (long) v.length).orElse(0L);
    }

    private static String name(ObjectKey key) {
        GroupResource type = key.type();
        return String.join("\n", type.group(), type.resource(), key.namespace(), key.name());
    }

    private void commit() throws IOException {
        try {
            store.commit();
            store.sync();
        } catch (MVStoreException e) {
            throw new StorageException(path + ": " + e.getMessage(), e);
        }
    }

    /**
     * Closes the file.
     *
     * @param cleanNextLog the number of the next log file if nothing of the log is needed any more
     */
    void close(Optional<Long> cleanNextLog) throws IOException {
        if (cleanNextLog.isPresent()) {
            facts.put(CLEAN, "true");
            facts.put(FIRST_LOG, Long.toString(cleanNextLog.get()));
            commit();
        }
        store.close();
    }

    /** Closes the file as it is. */
    void abandon() {
        store.closeImmediately();
    }
}

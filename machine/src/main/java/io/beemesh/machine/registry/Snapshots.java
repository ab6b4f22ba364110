package io.beemesh.machine.registry;

import com.google.protobuf.CodedInputStream;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Storage.LogRecord;
import io.beemesh.machine.registry.Storage.SlotMark;
import io.beemesh.machine.registry.replica.SnapshotSource;
import io.beemesh.protocol.registry.Position;
import io.beemesh.protocol.registry.RegistryMessage.SnapshotPart;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Whole slots on their way: cut into parts here, put together there. */
final class Snapshots {
    private static final int PART_BYTES = 256 << 10;

    private final ObjectTable objects;
    private final RecordCodec codec;
    private final long bytesMax;
    private final Map<Integer, Receiving> receiving = new TreeMap<>();
    private final Map<Integer, Received> storing = new TreeMap<>();
    private final Map<Integer, List<StoredObject>> restoring = new TreeMap<>();

    /** The state of a slot. */
    record Whole(SlotMark mark, List<StoredObject> objects) {}

    /** A whole slot that is being written to disk, and the last part of it. */
    record Received(PeerId from, SnapshotPart part, Whole whole) {}

    /** What became of a part. */
    sealed interface Taken {
        /** Not all are there. */
        record More(int next) implements Taken {}

        /** All are there, and are to be written. */
        record Complete(List<LogRecord> records) implements Taken {}

        /** Nothing is to be done. */
        record Nothing() implements Taken {}
    }

    private static final class Receiving {
        private final PeerId from;
        private final Position position;
        private final List<byte[]> parts = new ArrayList<>();
        private long bytes;

        private Receiving(PeerId from, Position position) {
            this.from = from;
            this.position = position;
        }
    }

    /** @param bytesMax that the slots on their way to this node may have together */
    Snapshots(ObjectTable objects, RecordCodec codec, long bytesMax) {
        this.objects = objects;
        this.codec = codec;
        this.bytesMax = bytesMax;
    }

    /** The committed state of a slot, to be sent. */
    SnapshotSource of(Slot slot, Forks forks) {
        SlotMark mark = slot.mark(0);
        List<List<StoredObject>> parts = new ArrayList<>();
        parts.add(new ArrayList<>());
        long bytes = 0;
        for (StoredObject object : forks.trunkOf(slot.number())) {
            if (bytes > PART_BYTES) {
                parts.add(new ArrayList<>());
                bytes = 0;
            }
            parts.getLast().add(object);
            bytes += object.json().length;
        }
        return new SnapshotSource() {
            @Override
            public Position position() {
                return new Position(mark.entryTerm(), mark.sequence());
            }

            @Override
            public int parts() {
                return parts.size();
            }

            @Override
            public byte[] part(int index) {
                return encode(parts.get(index));
            }

            @Override
            public byte[] head() {
                return RecordCodec.encode(mark);
            }
        };
    }

    private static byte[] encode(List<StoredObject> some) {
        return RecordCodec.bytes(out -> {
            out.writeUInt32NoTag(some.size());
            for (StoredObject object : some) {
                RecordCodec.write(object, out);
            }
        });
    }

    private List<StoredObject> decode(byte[] part) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(part);
        List<StoredObject> some = new ArrayList<>();
        int count = in.readUInt32();
        for (int i = 0; i < count; i++) {
            some.add(codec.readObject(in));
        }
        return some;
    }

    /** Takes a part that a primary sent. */
    Taken take(PeerId from, SnapshotPart part) {
        Received busy = storing.get(part.slot());
        if (busy != null) {
            return new Taken.Nothing();
        }
        Receiving state = receiving.get(part.slot());
        if (state == null || !state.from.equals(from)
                || !state.position.equals(part.position())) {
            state = new Receiving(from, part.position());
            receiving.put(part.slot(), state);
        }
        if (part.index() != state.parts.size()) {
            return new Taken.More(state.parts.size());
        }
        state.parts.add(part.payload());
        state.bytes += part.payload().length;
        if (receiving.values().stream().mapToLong(r -> r.bytes).sum() > bytesMax) {
            receiving.remove(part.slot());
            return new Taken.Nothing();
        }
        return part.last() ? complete(from, part, state) : new Taken.More(state.parts.size());
    }

    private Taken complete(PeerId from, SnapshotPart last, Receiving state) {
        receiving.remove(last.slot());
        List<LogRecord> records = new ArrayList<>();
        try {
            List<StoredObject> all = new ArrayList<>();
            for (byte[] part : state.parts) {
                all.addAll(decode(part));
                records.add(record(last, records.size(), false, part));
            }
            SlotMark mark = RecordCodec.decodeMark(last.head());
            if (mark.slot() != last.slot() || mark.sequence() != last.position().sequence()
                    || mark.entryTerm() != last.position().term()) {
                return new Taken.Nothing();
            }
            records.add(record(last, records.size(), true, last.head()));
            storing.put(last.slot(), new Received(from, last, new Whole(mark, all)));
            return new Taken.Complete(records);
        } catch (IOException e) {
            // Whoever sent this will send it again, or be replaced.
            return new Taken.Nothing();
        }
    }

    private static LogRecord record(SnapshotPart of, int index, boolean last, byte[] payload) {
        return new LogRecord.Snapshot(of.slot(), of.position().term(), of.position().sequence(),
                index, last, payload);
    }

    /** The slot is at {@code sequence} by other ways: what had come of it up to there is of no use. */
    void overtaken(int slot, long sequence) {
        receiving.computeIfPresent(slot,
                (s, state) -> state.position.sequence() <= sequence ? null : state);
    }

    /** What is on disk now. */
    Optional<Received> stored(int slot) {
        return Optional.ofNullable(storing.remove(slot));
    }

    /** Nothing that was to be written will be. */
    void abandon() {
        storing.clear();
    }

    /** Takes a part from the log; the whole once it was the last. */
    Optional<Whole> restore(LogRecord.Snapshot part) throws IOException {
        if (part.index() == 0) {
            restoring.put(part.slot(), new ArrayList<>());
        }
        List<StoredObject> all = restoring.computeIfAbsent(part.slot(), s -> new ArrayList<>());
        if (!part.last()) {
            all.addAll(decode(part.payload()));
            return Optional.empty();
        }
        restoring.remove(part.slot());
        return Optional.of(new Whole(RecordCodec.decodeMark(part.payload()), all));
    }

    /** Makes {@code whole} the state of a slot; returns what changed by that, in order of versions. */
    List<Change> apply(int slot, Whole whole, Forks forks) {
        Map<ObjectKey, StoredObject> gone = new TreeMap<>();
        forks.trunkOf(slot).forEach(o -> gone.put(o.key(), o));
        List<Change> changes = new ArrayList<>();
        for (StoredObject object : whole.objects()) {
            StoredObject former = gone.remove(object.key());
            if ((former == null || former.version() != object.version())
                    && !forks.absorb(slot, object.key(), Optional.of(object))) {
                changes.addAll(objects.apply(new LogEntry.Effect(false, object)));
            }
        }
        changes.sort(Comparator.comparingLong(Change::version));
        for (StoredObject object : gone.values()) {
            if (!forks.absorb(slot, object.key(), Optional.empty())) {
                changes.addAll(objects.apply(new LogEntry.Effect(true,
                        ObjectTable.last(object, whole.mark().version()))));
            }
        }
        return changes;
    }
}

package io.beemesh.machine.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.replica.HomeSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Log entries and object states as bytes: Protobuf's primitives, without tags. An object is its JSON
 * behind its index record, so that reading one back parses no JSON. Whoever keeps the bytes guards them
 * with a checksum; what cannot be read is an {@link IOException}.
 */
public final class RecordCodec {
    private static final int FORMAT = 1;
    private static final int TERM_START = 1;
    private static final int CHANGES = 2;
    private static final int HOMES = 3;

    private final Interner interner = new Interner();

    /** One log entry as the payload of a log record. */
    static byte[] encode(LogEntry entry) {
        return bytes(out -> {
            switch (entry) {
                case LogEntry.TermStart start -> {
                    out.writeUInt32NoTag(TERM_START);
                    out.writeUInt64NoTag(start.parentTerm());
                    out.writeUInt64NoTag(start.parentSequence());
                    out.writeUInt64NoTag(start.version());
                    write(start.homes(), out);
                }
                case LogEntry.Homes homes -> {
                    out.writeUInt32NoTag(HOMES);
                    out.writeUInt64NoTag(homes.version());
                    write(homes.homes(), out);
                }
                case LogEntry.Changes changes -> {
                    out.writeUInt32NoTag(CHANGES);
                    out.writeUInt32NoTag(changes.effects().size());
                    for (LogEntry.Effect effect : changes.effects()) {
                        out.writeBoolNoTag(effect.deleted());
                        write(effect.object(), out);
                    }
                    if (changes.request() != 0 || changes.settle().isPresent()) {
                        out.writeUInt64NoTag(changes.request());
                    }
                    if (changes.settle().isPresent()) {
                        write(changes.settle().get(), out);
                    }
                }
            }
        });
    }

    /** The entry that {@link #encode(LogEntry)} wrote. */
    LogEntry decodeEntry(byte[] payload) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(payload);
        int kind = in.readUInt32();
        return switch (kind) {
            case TERM_START -> {
                long parentTerm = in.readUInt64();
                long parentSequence = in.readUInt64();
                long version = in.readUInt64();
                yield new LogEntry.TermStart(parentTerm, parentSequence, readHomes(in), version);
            }
            case CHANGES -> {
                int count = in.readUInt32();
                List<LogEntry.Effect> effects = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    effects.add(new LogEntry.Effect(in.readBool(), readObject(in)));
                }
                long request = in.isAtEnd() ? 0 : in.readUInt64();
                yield new LogEntry.Changes(effects, request,
                        in.isAtEnd() ? Optional.empty() : Optional.of(readSettle(in)));
            }
            case HOMES -> {
                long version = in.readUInt64();
                yield new LogEntry.Homes(readHomes(in), version);
            }
            default -> throw new IOException("unknown kind of log entry: " + kind);
        };
    }

    /** An object with its index record. */
    public static byte[] encode(StoredObject object) {
        return bytes(out -> write(object, out));
    }

    /** The object that {@link #encode(StoredObject)} wrote. */
    public StoredObject decodeObject(byte[] bytes) throws IOException {
        return readObject(CodedInputStream.newInstance(bytes));
    }

    /** A position of a slot. */
    public static byte[] encode(Storage.SlotMark mark) {
        return bytes(out -> {
            out.writeUInt32NoTag(FORMAT);
            out.writeUInt32NoTag(mark.slot());
            out.writeUInt64NoTag(mark.sequence());
            out.writeUInt64NoTag(mark.entryTerm());
            out.writeUInt64NoTag(mark.version());
            out.writeUInt64NoTag(mark.vote().term());
            out.writeByteArrayNoTag(mark.vote().candidate().toBytes());
            write(mark.homes(), out);
            out.writeUInt64NoTag(mark.votelessUntil());
            out.writeUInt64NoTag(mark.forked());
            out.writeUInt32NoTag(mark.settled().size());
            for (Map.Entry<PeerId, Storage.Settled> settled : mark.settled().entrySet()) {
                out.writeByteArrayNoTag(settled.getKey().toBytes());
                out.writeUInt64NoTag(settled.getValue().upTo());
                out.writeUInt64NoTag(settled.getValue().offer());
            }
            for (Storage.Settled settled : mark.settled().values()) {
                out.writeBoolNoTag(settled.more());
            }
            out.writeUInt32NoTag(mark.termEnds().size());
            for (Map.Entry<Long, Long> end : mark.termEnds().entrySet()) {
                out.writeUInt64NoTag(end.getKey());
                out.writeUInt64NoTag(end.getValue());
            }
        });
    }

    /** The position that {@link #encode(Storage.SlotMark)} wrote. */
    public static Storage.SlotMark decodeMark(byte[] bytes) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(bytes);
        int format = in.readUInt32();
        if (format != FORMAT) {
            throw new IOException("format " + format + ", this version reads " + FORMAT);
        }
        int slot = in.readUInt32();
        long sequence = in.readUInt64();
        long entryTerm = in.readUInt64();
        long version = in.readUInt64();
        var vote = new Storage.LogRecord.Vote(slot, in.readUInt64(), readPeer(in));
        HomeSet homes = readHomes(in);
        long votelessUntil = in.isAtEnd() ? 0 : in.readUInt64();
        long forked = in.isAtEnd() ? 0 : in.readUInt64();
        int count = in.isAtEnd() ? 0 : in.readUInt32();
        List<PeerId> owners = new ArrayList<>();
        List<Storage.Settled> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            owners.add(readPeer(in));
            parts.add(new Storage.Settled(in.readUInt64(), in.readUInt64(), false));
        }
        Map<PeerId, Storage.Settled> settled = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            Storage.Settled part = parts.get(i);
            settled.put(owners.get(i), new Storage.Settled(part.upTo(), part.offer(),
                    !in.isAtEnd() && in.readBool()));
        }
        Map<Long, Long> ends = new TreeMap<>();
        for (int i = in.isAtEnd() ? 0 : in.readUInt32(); i > 0; i--) {
            ends.put(in.readUInt64(), in.readUInt64());
        }
        return new Storage.SlotMark(slot, sequence, entryTerm, version, vote, homes,
                votelessUntil, forked, settled, ends);
    }

    static void write(StoredObject object, CodedOutputStream out) throws IOException {
        ObjectKey key = object.key();
        out.writeStringNoTag(key.type().group());
        out.writeStringNoTag(key.type().resource());
        out.writeStringNoTag(key.namespace());
        out.writeStringNoTag(key.name());
        out.writeStringNoTag(object.uid());
        out.writeUInt64NoTag(object.version());
        out.writeStringNoTag(object.controllerUid());
        write(object.labels(), out);
        write(object.fields(), out);
        out.writeByteArrayNoTag(object.json());
    }

    StoredObject readObject(CodedInputStream in) throws IOException {
        ObjectKey key = new ObjectKey(new GroupResource(in.readString(), in.readString()),
                in.readString(), in.readString());
        String uid = in.readString();
        long version = in.readUInt64();
        String controllerUid = in.readString();
        Map<String, String> labels = readMap(in);
        Map<String, String> fields = readMap(in);
        StoredObject object = new StoredObject(key, uid, version, in.readByteArray(), labels,
                controllerUid, fields);
        List<String> indexed = IndexedFields.of(key.type());
        boolean current = fields.size() == indexed.size()
                && fields.keySet().containsAll(indexed);
        // An older version of the program may have indexed other fields.
        return interner.intern(
                current ? object : Draft.of(key, parse(key, object.json())).at(version));
    }

    private static ApiObject parse(ObjectKey key, byte[] json) throws IOException {
        if (Json.parse(json) instanceof ObjectNode tree && tree.path("metadata").isObject()) {
            return new ApiObject(tree);
        }
        throw new IOException(key + " is no object");
    }

    static void write(Map<String, String> map, CodedOutputStream out) throws IOException {
        out.writeUInt32NoTag(map.size());
        for (Map.Entry<String, String> entry : map.entrySet()) {
            out.writeStringNoTag(entry.getKey());
            out.writeStringNoTag(entry.getValue());
        }
    }

    static Map<String, String> readMap(CodedInputStream in) throws IOException {
        Map<String, String> map = new LinkedHashMap<>();
        int size = in.readUInt32();
        for (int i = 0; i < size; i++) {
            map.put(in.readString(), in.readString());
        }
        return map;
    }

    private static void write(HomeSet homes, CodedOutputStream out) throws IOException {
        out.writeUInt32NoTag(homes.members().size());
        for (PeerId member : homes.members()) {
            out.writeByteArrayNoTag(member.toBytes());
        }
    }

    private static HomeSet readHomes(CodedInputStream in) throws IOException {
        List<PeerId> members = new ArrayList<>();
        int size = in.readUInt32();
        for (int i = 0; i < size; i++) {
            members.add(readPeer(in));
        }
        if (members.isEmpty()) {
            throw new IOException("a slot without homes");
        }
        return new HomeSet(members);
    }

    static void write(Settle settle, CodedOutputStream out) throws IOException {
        out.writeByteArrayNoTag(settle.owner().toBytes());
        out.writeUInt64NoTag(settle.before());
        out.writeUInt64NoTag(settle.upTo());
        out.writeUInt64NoTag(settle.offer());
        out.writeUInt64NoTag(settle.version());
        out.writeBoolNoTag(settle.more());
    }

    static Settle readSettle(CodedInputStream in) throws IOException {
        Settle settle = new Settle(readPeer(in), in.readUInt64(), in.readUInt64(),
                in.readUInt64(), false, in.readUInt64());
        return !in.isAtEnd() && in.readBool()
                ? new Settle(settle.owner(), settle.before(), settle.upTo(), settle.offer(), true,
                        settle.version())
                : settle;
    }

    /** Numbers of slots, as questions between nodes name them. */
    static void writeSlots(List<Integer> slots, CodedOutputStream out) throws IOException {
        out.writeUInt32NoTag(slots.size());
        for (int number : slots) {
            out.writeUInt32NoTag(number);
        }
    }

    static void writePromises(Map<Integer, Set<PeerId>> promises, CodedOutputStream out)
            throws IOException {
        out.writeUInt32NoTag(promises.size());
        for (Map.Entry<Integer, Set<PeerId>> promise : promises.entrySet()) {
            out.writeUInt32NoTag(promise.getKey());
            out.writeUInt32NoTag(promise.getValue().size());
            for (PeerId peer : promise.getValue()) {
                out.writeByteArrayNoTag(peer.toBytes());
            }
        }
    }

    static Map<Integer, Set<PeerId>> readPromises(CodedInputStream in) throws IOException {
        Map<Integer, Set<PeerId>> promises = new TreeMap<>();
        // An earlier version says nothing of them.
        for (int count = in.isAtEnd() ? 0 : in.readUInt32(); count > 0; count--) {
            int slot = in.readUInt32();
            Set<PeerId> some = promises.computeIfAbsent(slot, s -> new TreeSet<>());
            for (int peers = in.readUInt32(); peers > 0; peers--) {
                some.add(readPeer(in));
            }
        }
        return promises;
    }

    static List<Integer> readSlots(CodedInputStream in) throws IOException {
        int count = in.readUInt32();
        if (count < 0 || count > SlotMap.SLOTS) {
            throw new IOException("names " + count + " slots");
        }
        List<Integer> slots = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = in.readUInt32();
            if (number < 0 || number >= SlotMap.SLOTS) {
                throw new IOException("slot " + number);
            }
            slots.add(number);
        }
        return slots;
    }

    static PeerId readPeer(CodedInputStream in) throws IOException {
        try {
            return PeerId.fromBytes(in.readByteArray());
        } catch (FormatException e) {
            throw new IOException(e);
        }
    }

    static byte[] bytes(Body body) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            body.writeTo(out);
            out.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    interface Body {
        void writeTo(CodedOutputStream out) throws IOException;
    }
}

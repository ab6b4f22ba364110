package io.beemesh.machine.registry;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Writes and their results on the way between nodes: Protobuf's primitives, without tags. */
final class WriteCodec {
    private static final int CREATE = 1;
    private static final int UPDATE = 2;
    private static final int DELETE = 3;
    private static final int GONE = 4;
    /** Mutations of one write. */
    private static final int MUTATIONS_MAX = 10_000;

    private static final int COMMITTED = 1;
    private static final int ALREADY_EXISTS = 2;
    private static final int CONFLICT = 3;
    private static final int NOT_FOUND = 4;
    private static final int FULL = 5;
    private static final int UNAVAILABLE = 6;
    private static final int NEEDS_MAJORITY = 7;

    private final RecordCodec codec;

    WriteCodec(RecordCodec codec) {
        this.codec = codec;
    }

    /** A write on its way to a primary. */
    record Write(List<Mutation> mutations, Optional<Settle> settle) {}

    static byte[] encode(List<Mutation> mutations, Optional<Settle> settle) {
        return RecordCodec.bytes(out -> {
            out.writeUInt32NoTag(mutations.size());
            for (Mutation mutation : mutations) {
                switch (mutation) {
                    case Mutation.Create create -> write(CREATE, 0, create.draft(), out);
                    case Mutation.Update update ->
                        write(UPDATE, update.expectedVersion(), update.draft(), out);
                    case Mutation.Delete delete ->
                        write(DELETE, delete.expectedVersion(), delete.draft(), out);
                    case Mutation.Gone gone -> write(GONE, 0, gone.draft(), out);
                }
            }
            if (settle.isPresent()) {
                RecordCodec.write(settle.get(), out);
            }
        });
    }

    private static void write(int kind, long expected, Draft draft, CodedOutputStream out)
            throws IOException {
        out.writeUInt32NoTag(kind);
        out.writeUInt64NoTag(expected);
        write(draft.key(), out);
        out.writeStringNoTag(draft.uid());
        out.writeStringNoTag(draft.controllerUid());
        RecordCodec.write(draft.labels(), out);
        RecordCodec.write(draft.fields(), out);
        out.writeByteArrayNoTag(draft.head());
        out.writeByteArrayNoTag(draft.tail());
    }

    static void write(ObjectKey key, CodedOutputStream out) throws IOException {
        out.writeStringNoTag(key.type().group());
        out.writeStringNoTag(key.type().resource());
        out.writeStringNoTag(key.namespace());
        out.writeStringNoTag(key.name());
    }

    static ObjectKey readKey(CodedInputStream in) throws IOException {
        return new ObjectKey(new GroupResource(in.readString(), in.readString()),
                in.readString(), in.readString());
    }

    /** Fails if the bytes are none, or not all of one slot. */
    Write decode(int slot, byte[] bytes) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(bytes);
        int count = in.readUInt32();
        if (count < 0 || count > MUTATIONS_MAX) {
            throw new IOException("a write of " + count + " mutations");
        }
        List<Mutation> mutations = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int kind = in.readUInt32();
            long expected = in.readUInt64();
            ObjectKey key = readKey(in);
            String uid = in.readString();
            String controllerUid = in.readString();
            var labels = RecordCodec.readMap(in);
            var fields = RecordCodec.readMap(in);
            Draft draft = new Draft(key, uid, in.readByteArray(), in.readByteArray(), labels,
                    controllerUid, fields);
            mutations.add(switch (kind) {
                case CREATE -> new Mutation.Create(draft);
                case UPDATE -> new Mutation.Update(draft, expected);
                case DELETE -> new Mutation.Delete(draft, expected);
                case GONE -> new Mutation.Gone(draft);
                default -> throw new IOException("unknown kind of mutation: " + kind);
            });
        }
        Optional<Settle> settle = in.isAtEnd()
                ? Optional.empty()
                : Optional.of(RecordCodec.readSettle(in));
        try {
            if ((!mutations.isEmpty() || settle.isEmpty())
                    && WriteCheck.slotOf(mutations) != slot) {
                throw new IOException("a write for another slot than " + slot);
            }
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        return new Write(mutations, settle);
    }

    static void write(WriteResult result, CodedOutputStream out) throws IOException {
        switch (result) {
            case WriteResult.Committed committed -> {
                out.writeUInt32NoTag(COMMITTED);
                out.writeUInt32NoTag(committed.objects().size());
                for (StoredObject object : committed.objects()) {
                    RecordCodec.write(object, out);
                }
            }
            case WriteResult.AlreadyExists(StoredObject existing) -> {
                out.writeUInt32NoTag(ALREADY_EXISTS);
                RecordCodec.write(existing, out);
            }
            case WriteResult.Conflict(StoredObject current) -> {
                out.writeUInt32NoTag(CONFLICT);
                RecordCodec.write(current, out);
            }
            case WriteResult.NotFound(ObjectKey key) -> {
                out.writeUInt32NoTag(NOT_FOUND);
                write(key, out);
            }
            case WriteResult.Full(String reason) -> {
                out.writeUInt32NoTag(FULL);
                out.writeStringNoTag(reason);
            }
            case WriteResult.NeedsMajority(String reason) -> {
                out.writeUInt32NoTag(NEEDS_MAJORITY);
                out.writeStringNoTag(reason);
            }
            case WriteResult.Unavailable(String reason, Duration after, boolean maybe) -> {
                out.writeUInt32NoTag(UNAVAILABLE);
                out.writeStringNoTag(reason);
                out.writeUInt64NoTag(after.toMillis());
                out.writeBoolNoTag(maybe);
            }
        }
    }

    WriteResult readResult(CodedInputStream in) throws IOException {
        int kind = in.readUInt32();
        return switch (kind) {
            case COMMITTED -> {
                int count = in.readUInt32();
                if (count < 0 || count > MUTATIONS_MAX) {
                    throw new IOException("a result of " + count + " objects");
                }
                List<StoredObject> objects = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    objects.add(codec.readObject(in));
                }
                yield new WriteResult.Committed(objects);
            }
            case ALREADY_EXISTS -> new WriteResult.AlreadyExists(codec.readObject(in));
            case CONFLICT -> new WriteResult.Conflict(codec.readObject(in));
            case NOT_FOUND -> new WriteResult.NotFound(readKey(in));
            case FULL -> new WriteResult.Full(in.readString());
            case NEEDS_MAJORITY -> new WriteResult.NeedsMajority(in.readString());
            case UNAVAILABLE -> new WriteResult.Unavailable(in.readString(),
                    Duration.ofMillis(Math.min(Math.max(0, in.readUInt64()), 60_000)),
                    in.readBool());
            default -> throw new IOException("unknown kind of result: " + kind);
        };
    }
}

package io.beemesh.sidecar.stateful;

import io.beemesh.sidecar.stateful.Answer.Outcome;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * The replicated map: what all members have alike once they applied the same entries. The version of a value is
 * the index of the entry that wrote it. It holds at most {@value #BYTES_MAX} bytes of keys and values,
 * {@value #ENTRY_BYTES} more counted for each.
 */
public final class KeyValueMap {
    /** Small, as every member has it in memory. */
    public static final int BYTES_MAX = 1 << 20;
    static final int ENTRY_BYTES = 64;

    private final Map<String, Entry> entries = new HashMap<>();
    private int bytes;

    private record Entry(long version, byte[] value) {}

    /** Applies the entry of an index; those of lower ones were applied before. */
    public Answer apply(Operation operation, long index) {
        Entry present = entries.get(operation.key());
        long version = present == null ? 0 : present.version;
        boolean holds = switch (operation.condition()) {
            case NONE -> true;
            case ABSENT -> present == null;
            case VERSION -> present != null && version == operation.version();
        };
        if (!holds) {
            return Answer.of(Outcome.CONFLICT, version);
        }
        return switch (operation.kind()) {
            case GET -> get(operation);
            case PUT -> put(operation, index, version);
            case DELETE -> {
                remove(operation.key());
                yield Answer.of(present == null ? Outcome.ABSENT : Outcome.OK, 0);
            }
        };
    }

    private Answer put(Operation operation, long index, long version) {
        Entry former = entries.get(operation.key());
        int cost = cost(operation.key(), operation.value().length);
        int freed = former == null ? 0 : cost(operation.key(), former.value.length);
        if (bytes - freed + cost > BYTES_MAX) {
            return Answer.of(Outcome.FULL, version);
        }
        remove(operation.key());
        entries.put(operation.key(), new Entry(index, operation.value()));
        bytes += cost;
        return Answer.of(Outcome.OK, index);
    }

    private void remove(String key) {
        Entry former = entries.remove(key);
        if (former != null) {
            bytes -= cost(key, former.value.length);
        }
    }

    private static int cost(String key, int valueBytes) {
        return ENTRY_BYTES + Operation.keyBytes(key).length + valueBytes;
    }

    /** Reads what is there. */
    public Answer get(Operation operation) {
        Entry present = entries.get(operation.key());
        return present == null
                ? Answer.of(Outcome.ABSENT, 0)
                : new Answer(Outcome.OK, present.version, present.value);
    }

    /** Writes all of it, for {@link #load}. */
    public void save(DataOutputStream out) throws IOException {
        out.writeInt(entries.size());
        for (Map.Entry<String, Entry> entry : entries.entrySet()) {
            out.writeUTF(entry.getKey());
            out.writeLong(entry.getValue().version);
            out.writeInt(entry.getValue().value.length);
            out.write(entry.getValue().value);
        }
    }

    /** Becomes what was saved. */
    public void load(DataInputStream in) throws IOException {
        entries.clear();
        bytes = 0;
        for (int left = in.readInt(); left > 0; left--) {
            String key = in.readUTF();
            long version = in.readLong();
            int length = in.readInt();
            if (length < 0 || length > Operation.VALUE_BYTES_MAX) {
                throw new IOException("a value of " + length + " bytes in the snapshot");
            }
            entries.put(key, new Entry(version, in.readNBytes(length)));
            bytes += cost(key, length);
        }
    }
}

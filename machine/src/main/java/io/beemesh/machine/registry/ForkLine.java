package io.beemesh.machine.registry;

import com.google.protobuf.CodedInputStream;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.LogEntry.Effect;
import io.beemesh.machine.registry.Pin.Base;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a line of a fork says, as it is on disk. */
sealed interface ForkLine {
    int CHANGES = 1;
    int OFFER = 2;

    /** How many numbers it takes. */
    int size();

    byte[] encode();

    /**
     * Objects change on the fork.
     *
     * @param bases what the fork begins with, of those that it changes for the first time
     * @param tail whether they are no changes of the fork, but those at the end of the slot's log
     */
    record Changes(List<Effect> effects, Map<ObjectKey, Base> bases, boolean tail)
            implements
                ForkLine {
        @Override
        public int size() {
            return effects.size();
        }

        @Override
        public byte[] encode() {
            return RecordCodec.bytes(out -> {
                out.writeUInt32NoTag(CHANGES);
                out.writeBoolNoTag(tail);
                out.writeByteArrayNoTag(RecordCodec
                        .encode(new LogEntry.Changes(effects, 0, Optional.empty())));
                for (Effect effect : effects) {
                    Base base = bases.get(effect.object().key());
                    out.writeBoolNoTag(base != null);
                    if (base != null) {
                        Pin.write(base, out);
                    }
                }
            });
        }
    }

    /** All objects up to a change are going to be sent to the slot's primary as they are now. */
    record Offer(long upTo) implements ForkLine {
        @Override
        public int size() {
            return 1;
        }

        @Override
        public byte[] encode() {
            return RecordCodec.bytes(out -> {
                out.writeUInt32NoTag(OFFER);
                out.writeUInt64NoTag(upTo);
            });
        }
    }

    /** What {@link #encode} wrote. */
    static ForkLine decode(byte[] payload, RecordCodec codec) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(payload);
        int kind = in.readUInt32();
        if (kind == OFFER) {
            return new Offer(in.readUInt64());
        }
        if (kind != CHANGES) {
            throw new IOException("unknown kind of line of a fork: " + kind);
        }
        boolean tail = in.readBool();
        if (!(codec.decodeEntry(in.readByteArray()) instanceof LogEntry.Changes changes)) {
            throw new IOException("a line of a fork that changes nothing");
        }
        List<Effect> effects = new ArrayList<>(changes.effects());
        Map<ObjectKey, Base> bases = new TreeMap<>();
        for (Effect effect : effects) {
            if (in.readBool()) {
                bases.put(effect.object().key(), Pin.readBase(in, codec));
            }
        }
        return new Changes(effects, bases, tail);
    }
}

package io.beemesh.machine.registry;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.protocol.registry.Position;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What nodes of one side of a parted mesh say to each other of slots that nobody leads. */
final class SideMessages {
    /** What one answer holds of objects is about this much, or one object. */
    static final int BYTES_MAX = 256 << 10;

    /** What names and labels of an object take, roughly. */
    private static final long OBJECT_BYTES = 512;

    private SideMessages() {}

    /**
     * Asks how slots are.
     *
     * @param atLeast what is decided on from now on is to have versions above this one
     */
    record Question(long atLeast, List<OfSlot> slots) {}

    /**
     * @param committed up to which entry the asking node has the slot
     * @param mirror which mirror of what the asked node serves it is for; zero if there is none
     * @param base the next of the slot's objects that it needs, zero at first, negative for none
     * @param upTo up to which change it has the fork
     */
    record OfSlot(int slot, Position committed, long mirror, int base, long upTo) {
        boolean follows() {
            return mirror != 0;
        }
    }

    /** How a node that is asked has a slot. */
    enum Service {
        /** Nobody leads it. */
        NONE(0),
        /** It has a primary that this node hears of. */
        LED(1),
        /** This node serves it. */
        OPEN(2),
        /** This node served it, and gives what it did to the primary. */
        MERGING(3);

        private final int code;

        Service(int code) {
            this.code = code;
        }

        private static Service of(int code) throws IOException {
            for (Service service : values()) {
                if (service.code == code) {
                    return service;
                }
            }
            throw new IOException("no service: " + code);
        }
    }

    /**
     * How a node has a slot.
     *
     * @param complete whether the node may go on with it
     * @param last where its log ends
     * @param committed up to which entry it has the slot
     */
    record State(int slot, Service service, boolean complete, Position last, Position committed) {
        boolean isTold() {
            return service == Service.OPEN || service == Service.MERGING;
        }
    }

    /** An object that a fork changed, as it is there. */
    record Changed(ObjectKey key, long index, long last, Pin.State state) {}

    /**
     * What a node did with a slot that it serves.
     *
     * @param mirror which one it is for, as the question said
     * @param isBased whether the slot's objects are told too, as the asking node has another log
     * @param base some of them, in the order of their keys
     * @param nextBase the next one; negative if there are no more
     * @param changed what the fork changed, in the order of the last changes
     * @param upTo all up to this change is told
     * @param more whether that is not all
     */
    record Part(long mirror, boolean isBased, List<StoredObject> base, int nextBase,
            List<Changed> changed,
            long upTo, boolean more) {
        /** What it takes in a message, roughly. */
        long bytes() {
            return base.stream().mapToLong(SideMessages::bytes).sum()
                    + changed.stream().mapToLong(c -> SideMessages.bytes(c.state())).sum();
        }
    }

    static long bytes(StoredObject object) {
        return OBJECT_BYTES + object.json().length;
    }

    static long bytes(Pin.State state) {
        return state.object().map(SideMessages::bytes).orElse(OBJECT_BYTES);
    }

    /**
     * An answer.
     *
     * @param isWhole whether it says what was done; else that follows, once it is on the disk of who answers
     */
    record Answer(boolean isWhole, List<Told> slots) {}

    /** The answer of one slot. */
    record Told(State state, Optional<Part> part) {}

    static byte[] encode(Question question) {
        return RecordCodec.bytes(out -> {
            out.writeUInt64NoTag(question.atLeast);
            out.writeUInt32NoTag(question.slots.size());
            for (OfSlot slot : question.slots) {
                out.writeUInt32NoTag(slot.slot);
                write(slot.committed, out);
                out.writeUInt64NoTag(slot.mirror);
                out.writeSInt32NoTag(slot.base);
                out.writeUInt64NoTag(slot.upTo);
            }
        });
    }

    static Question question(byte[] payload) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(payload);
        long atLeast = in.readUInt64();
        List<OfSlot> slots = new ArrayList<>();
        Set<Integer> named = new TreeSet<>();
        for (int i = count(in); i > 0; i--) {
            slots.add(new OfSlot(number(in, named), position(in), in.readUInt64(),
                    in.readSInt32(), in.readUInt64()));
        }
        return new Question(atLeast, slots);
    }

    private static void write(Position position, CodedOutputStream out) throws IOException {
        out.writeUInt64NoTag(position.term());
        out.writeUInt64NoTag(position.sequence());
    }

    private static Position position(CodedInputStream in) throws IOException {
        return new Position(in.readUInt64(), in.readUInt64());
    }

    /** The highest version of a part. */
    static long latest(Part part) {
        return Math.max(part.base.stream().mapToLong(StoredObject::version).max().orElse(0),
                part.changed.stream().mapToLong(c -> c.state().version()).max().orElse(0));
    }

    private static int count(CodedInputStream in) throws IOException {
        int count = in.readUInt32();
        if (count < 0 || count > SlotMap.SLOTS) {
            throw new IOException("names " + count + " slots");
        }
        return count;
    }

    /** A slot that was not named before. */
    private static int number(CodedInputStream in, Set<Integer> named) throws IOException {
        int number = in.readUInt32();
        if (number < 0 || number >= SlotMap.SLOTS || !named.add(number)) {
            throw new IOException("slot " + number);
        }
        return number;
    }

    static byte[] encode(Answer answer) {
        return RecordCodec.bytes(out -> {
            out.writeBoolNoTag(answer.isWhole);
            out.writeUInt32NoTag(answer.slots.size());
            for (Told told : answer.slots) {
                out.writeUInt32NoTag(told.state.slot);
                out.writeUInt32NoTag(told.state.service.code);
                out.writeBoolNoTag(told.state.complete);
                write(told.state.last, out);
                write(told.state.committed, out);
                out.writeBoolNoTag(told.part.isPresent());
                if (told.part.isPresent()) {
                    write(told.part.get(), out);
                }
            }
        });
    }

    private static void write(Part part, CodedOutputStream out) throws IOException {
        out.writeUInt64NoTag(part.mirror);
        out.writeBoolNoTag(part.isBased);
        out.writeUInt32NoTag(part.base.size());
        for (StoredObject object : part.base) {
            RecordCodec.write(object, out);
        }
        out.writeSInt32NoTag(part.nextBase);
        out.writeUInt32NoTag(part.changed.size());
        for (Changed changed : part.changed) {
            WriteCodec.write(changed.key, out);
            out.writeUInt64NoTag(changed.index);
            out.writeUInt64NoTag(changed.last);
            Pin.write(changed.state, out);
        }
        out.writeUInt64NoTag(part.upTo);
        out.writeBoolNoTag(part.more);
    }

    /** Fails if the bytes are no answer to a question about {@code asked}, or name objects of other slots. */
    static Answer answer(byte[] payload, Set<Integer> asked, RecordCodec codec)
            throws IOException {
        try {
            CodedInputStream in = CodedInputStream.newInstance(payload);
            boolean whole = in.readBool();
            List<Told> words = new ArrayList<>();
            Set<Integer> named = new TreeSet<>();
            for (int i = count(in); i > 0; i--) {
                int slot = number(in, named);
                if (!asked.contains(slot)) {
                    throw new IOException("slot " + slot + " was not asked for");
                }
                State state = new State(slot, Service.of(in.readUInt32()), in.readBool(),
                        position(in), position(in));
                words.add(new Told(state, in.readBool()
                        ? Optional.of(part(slot, in, codec))
                        : Optional.empty()));
            }
            return new Answer(whole, words);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static Part part(int slot, CodedInputStream in, RecordCodec codec)
            throws IOException {
        long mirror = in.readUInt64();
        boolean based = in.readBool();
        List<StoredObject> base = new ArrayList<>();
        for (int i = in.readUInt32(); i > 0; i--) {
            StoredObject object = codec.readObject(in);
            check(slot, object.key(), object.version());
            base.add(object);
        }
        int nextBase = in.readSInt32();
        List<Changed> changed = new ArrayList<>();
        for (int i = in.readUInt32(); i > 0; i--) {
            ObjectKey key = WriteCodec.readKey(in);
            long index = in.readUInt64();
            long last = in.readUInt64();
            Pin.State state = Pin.readState(in, codec);
            check(slot, key, state.version());
            Optional<ObjectKey> of = state.object().map(StoredObject::key);
            if (of.isPresent() && !of.get().equals(key)) {
                throw new IOException(of.get() + " in place of " + key);
            }
            changed.add(new Changed(key, index, last, state));
        }
        return new Part(mirror, based, base, nextBase, changed, in.readUInt64(), in.readBool());
    }

    private static void check(int slot, ObjectKey key, long version) throws IOException {
        if (SlotMap.of(key) != slot || version < 0) {
            throw new IOException(key + " is none of slot " + slot + " with version " + version);
        }
    }
}

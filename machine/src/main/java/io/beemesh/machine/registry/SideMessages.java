package io.beemesh.machine.registry;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.beemesh.protocol.registry.Position;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What nodes of one side of a parted mesh say to each other of slots that nobody leads. */
final class SideMessages {
    /** Slots of one message; a mesh has no more. */
    private static final int SLOTS_MAX = 1024;
    /** What one answer holds of the states of objects is about this much, or one object. */
    static final int BYTES_MAX = 1 << 20;

    private SideMessages() {}

    /**
     * Asks how slots are.
     *
     * @param atLeast what is decided on from now on is to have versions above this one
     */
    record Question(long atLeast, List<OfSlot> slots) {}

    /**
     * @param committed up to which entry the asking node has the slot
     * @param follows whether it shows what the asked node serves
     * @param base the next of the slot's objects that it needs, zero at first
     * @param upTo up to which change it has the fork
     */
    record OfSlot(int slot, long committed, boolean follows, int base, long upTo) {}

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
     * The answer of one slot.
     *
     * @param complete whether the node may go on with it
     * @param last where its log ends
     * @param committed up to which entry it has the slot
     * @param base objects as the log has them, for who is behind with the log
     * @param nextBase the next one; negative if there are no more, or none is needed
     * @param pins what the fork changed, in the order of the last changes
     * @param upTo all up to this change is told
     * @param more whether that is not all
     */
    record Word(int slot, Service service, boolean complete, Position last, long committed,
            List<StoredObject> base, int nextBase, List<Pin> pins, long upTo, boolean more) {}

    static byte[] encode(Question question) {
        return RecordCodec.bytes(out -> {
            out.writeUInt64NoTag(question.atLeast);
            out.writeUInt32NoTag(question.slots.size());
            for (OfSlot slot : question.slots) {
                out.writeUInt32NoTag(slot.slot);
                out.writeUInt64NoTag(slot.committed);
                out.writeBoolNoTag(slot.follows);
                out.writeSInt32NoTag(slot.base);
                out.writeUInt64NoTag(slot.upTo);
            }
        });
    }

    static Question question(byte[] payload) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(payload);
        long atLeast = in.readUInt64();
        List<OfSlot> slots = new ArrayList<>();
        for (int i = count(in); i > 0; i--) {
            slots.add(new OfSlot(number(in), in.readUInt64(), in.readBool(), in.readSInt32(),
                    in.readUInt64()));
        }
        return new Question(atLeast, slots);
    }

    private static int count(CodedInputStream in) throws IOException {
        int count = in.readUInt32();
        if (count < 0 || count > SLOTS_MAX) {
            throw new IOException(count + " slots in a message of a side");
        }
        return count;
    }

    private static int number(CodedInputStream in) throws IOException {
        int number = in.readUInt32();
        if (number < 0 || number >= SLOTS_MAX) {
            throw new IOException("no slot: " + number);
        }
        return number;
    }

    static byte[] encode(List<Word> words) {
        return RecordCodec.bytes(out -> {
            out.writeUInt32NoTag(words.size());
            for (Word word : words) {
                write(word, out);
            }
        });
    }

    private static void write(Word word, CodedOutputStream out) throws IOException {
        out.writeUInt32NoTag(word.slot);
        out.writeUInt32NoTag(word.service.code);
        out.writeBoolNoTag(word.complete);
        out.writeUInt64NoTag(word.last.term());
        out.writeUInt64NoTag(word.last.sequence());
        out.writeUInt64NoTag(word.committed);
        out.writeUInt32NoTag(word.base.size());
        for (StoredObject object : word.base) {
            RecordCodec.write(object, out);
        }
        out.writeSInt32NoTag(word.nextBase);
        out.writeUInt32NoTag(word.pins.size());
        for (Pin pin : word.pins) {
            RecordCodec.write(pin.toStored(), out);
        }
        out.writeUInt64NoTag(word.upTo);
        out.writeBoolNoTag(word.more);
    }

    static List<Word> words(byte[] payload, RecordCodec codec) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(payload);
        List<Word> words = new ArrayList<>();
        for (int i = count(in); i > 0; i--) {
            words.add(word(in, codec));
        }
        return words;
    }

    private static Word word(CodedInputStream in, RecordCodec codec) throws IOException {
        int slot = number(in);
        Service service = Service.of(in.readUInt32());
        boolean complete = in.readBool();
        Position last = new Position(in.readUInt64(), in.readUInt64());
        long committed = in.readUInt64();
        List<StoredObject> base = new ArrayList<>();
        for (int i = in.readUInt32(); i > 0; i--) {
            base.add(codec.readObject(in));
        }
        int nextBase = in.readSInt32();
        List<Pin> pins = new ArrayList<>();
        for (int i = in.readUInt32(); i > 0; i--) {
            pins.add(Pin.of(codec.readObject(in), codec));
        }
        return new Word(slot, service, complete, last, committed, base,
                nextBase, pins, in.readUInt64(), in.readBool());
    }
}

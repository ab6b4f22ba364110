package io.beemesh.machine.registry;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.LogEntry.Effect;
import io.beemesh.protocol.registry.Position;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An object that a fork has changed: what it was at the fork point, what it is on the fork, and what it is in
 * the slot's log. Also of an object that the fork deleted, so that it stays deleted. On the loop only.
 */
final class Pin {
    /** In the order in which the fork changed them first. */
    static final Comparator<Pin> BY_INDEX = Comparator.comparingLong(p -> p.index);

    private static final GroupResource TYPE = new GroupResource("internal.beemesh.io", "pins");
    /** States that were offered and of which it is not known whether they were taken. */
    private static final int OFFERS_MAX = 4;
    /** Of a base on disk: 0 was one that is not committed and says nothing of before. */
    private static final int COMMITTED = 1;
    private static final int OPEN_WITH_BEFORE = 2;

    /** A state of the object. */
    record State(Optional<StoredObject> object, long version) {
        static final State ABSENT = new State(Optional.empty(), 0);

        static State of(Optional<StoredObject> object) {
            return new State(object, object.map(StoredObject::version).orElse(0L));
        }

        static State of(Effect effect) {
            return new State(effect.deleted() ? Optional.empty() : Optional.of(effect.object()),
                    effect.object().version());
        }

        Optional<String> uid() {
            return object.map(StoredObject::uid);
        }
    }

    /**
     * What the first change of the fork met.
     *
     * @param open the entry at the end of the log that it comes from, which may have been given up since; empty if the
     *     slot's log has it for sure
     * @param before what was committed then, if that is another state
     * @param earlier versions of states between that and this, from the end of the log too
     */
    record Base(State state, Optional<Position> open, State before, List<Long> earlier) {
        static Base of(State committed) {
            return new Base(committed, Optional.empty(), State.ABSENT, List.of());
        }

        boolean isCommitted() {
            return open.isEmpty();
        }
    }

    /**
     * A state that was sent to the slot's primary.
     *
     * @param offer its number
     * @param next the first change after it, zero if there is none
     */
    record Offered(long offer, State ours, long next) {}

    private final ObjectKey key;
    private long index;
    /** The number of the last change. */
    private long changed;
    private Base base;
    private State ours;
    private State trunk;
    /** Whether it is what the end of the log says, and the fork itself changed nothing. */
    private boolean tail;
    /** The last state that the log or the fork had. */
    private Optional<StoredObject> last = Optional.empty();
    /** Whether the log went on without this node seeing each entry, so that it may have had the base. */
    private boolean jumped;
    private List<Offered> offered = new ArrayList<>();

    Pin(ObjectKey key, long index, Base base, State ours, State trunk, boolean tail) {
        this.key = key;
        this.index = index;
        this.changed = index;
        this.base = base;
        this.ours = ours;
        this.tail = tail;
        this.trunk = trunk;
        noteBase();
    }

    ObjectKey key() {
        return key;
    }

    /** The number of the first change since the base. */
    long index() {
        return index;
    }

    /** The number of the last change. */
    long changed() {
        return changed;
    }

    Base base() {
        return base;
    }

    State ours() {
        return ours;
    }

    State trunk() {
        return trunk;
    }

    /** Whether the fork itself changed nothing: the state comes from the end of the slot's log. */
    boolean isTail() {
        return tail;
    }

    /** Whether no more states can be offered before it is known what became of some. */
    boolean isCrowded() {
        return offered.size() >= OFFERS_MAX;
    }

    /** The fork changes the object once more. */
    void change(long at, State next) {
        ours.object().ifPresent(o -> last = Optional.of(o));
        ours = next;
        changed = at;
        tail = false;
        offered.replaceAll(o -> o.next == 0 ? new Offered(o.offer, o.ours, at) : o);
    }

    /** The slot's log changes the object, which is not seen as long as there is a fork. */
    void trunk(State next) {
        trunk = next;
        next.object().ifPresent(o -> last = Optional.of(o));
        noteBase();
    }

    /** The log has gone on up to an entry, by which ones is not told: its terms say whether the base is among them. */
    void jump(TermEnds ends, Position committed) {
        if (base.isCommitted()) {
            return;
        }
        Optional<Boolean> had = ends.has(base.open.get(), committed);
        if (had.equals(Optional.of(true))) {
            base = Base.of(base.state);
        } else if (had.isEmpty() || !base.earlier.isEmpty()) {
            jumped = true;
        }
    }

    /** Whether the log never had what the first change met: it comes from entries that were given up. */
    boolean isBaseGivenUp() {
        return !base.isCommitted() && !jumped;
    }

    /** The last state that both the fork and the log have had. */
    State common() {
        return isBaseGivenUp() ? base.before : base.state;
    }

    /** Some state that somebody may have been told of; empty if there is none. */
    Optional<StoredObject> last() {
        return last.or(() -> base.state.object());
    }

    private void noteBase() {
        if (trunk.version != 0 && trunk.version == base.state.version) {
            base = Base.of(base.state);
        } else if (!base.isCommitted() && trunk.object.isPresent()) {
            if (base.earlier.contains(trunk.version)) {
                base = new Base(base.state, base.open, trunk, base.earlier);
            } else if (isBaseAgain(trunk.object.get())) {
                base = Base.of(base.state);
            }
        }
    }

    /**
     * Whether the log has what the first change met under another version: its write was made again, or another node
     * had the same end of the log and merged it.
     */
    private boolean isBaseAgain(StoredObject now) {
        return base.state.uid().equals(Optional.of(now.uid()))
                && (!base.before.uid().equals(base.state.uid())
                        || WriteCheck.changesNothing(Draft.of(now.key(), now.object()),
                                base.state.object().orElseThrow()));
    }

    void offer(long number) {
        if (offered.stream().noneMatch(o -> o.offer == number)) {
            offered.add(new Offered(number, ours, 0));
        }
    }

    /**
     * The log has taken what was offered under a number.
     *
     * @param fresh the number of the next change that the log has not taken
     * @param changing whether a change is in flight
     * @return whether that was all; else what is left counts from there
     */
    boolean settle(long number, long fresh, boolean changing) {
        Optional<Offered> taken = offered.stream().filter(o -> o.offer == number).findFirst();
        if (taken.isPresent() && taken.get().next == 0 && !changing) {
            return true;
        }
        taken.ifPresent(o -> base = Base.of(o.ours));
        index = taken.map(Offered::next).filter(n -> n != 0).orElse(fresh);
        offered = new ArrayList<>();
        return false;
    }

    // On disk.

    /** What it is kept under, among the objects of a checkpoint. */
    static ObjectKey storageKey(ObjectKey key) {
        return new ObjectKey(TYPE, key.namespace(),
                key.type().group() + "/" + key.type().resource() + "/" + key.name());
    }

    static boolean isStorageKey(ObjectKey key) {
        return key.type().equals(TYPE);
    }

    /** The key of the object of a pin. */
    static ObjectKey keyOf(ObjectKey storageKey) {
        String[] parts = storageKey.name().split("/", 3);
        return new ObjectKey(new GroupResource(parts[0], parts[1]), storageKey.namespace(),
                parts[2]);
    }

    StoredObject toStored() {
        byte[] bytes = RecordCodec.bytes(out -> {
            out.writeUInt64NoTag(index);
            write(base, out);
            write(ours, out);
            out.writeBoolNoTag(tail);
            out.writeBoolNoTag(jumped);
            write(State.of(last), out);
            out.writeUInt32NoTag(offered.size());
            for (Offered o : offered) {
                out.writeUInt64NoTag(o.offer);
                write(o.ours, out);
                out.writeUInt64NoTag(o.next);
            }
            out.writeUInt64NoTag(changed);
        });
        return new StoredObject(storageKey(key), "", ours.version, bytes, Map.of(), "", Map.of());
    }

    /** What {@link #toStored} wrote. */
    static Pin of(StoredObject stored, RecordCodec codec) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(stored.json());
        long index = in.readUInt64();
        Base base = readBase(in, codec);
        State ours = readState(in, codec);
        Pin pin = new Pin(keyOf(stored.key()), index, base, ours, State.ABSENT, in.readBool());
        pin.jumped = in.readBool();
        pin.last = readState(in, codec).object();
        int offers = in.readUInt32();
        for (int i = 0; i < offers; i++) {
            pin.offered.add(new Offered(in.readUInt64(), readState(in, codec), in.readUInt64()));
        }
        pin.changed = in.isAtEnd() ? index : in.readUInt64();
        return pin;
    }

    static void write(Base base, CodedOutputStream out) throws IOException {
        write(base.state, out);
        out.writeUInt32NoTag(base.isCommitted() ? COMMITTED : OPEN_WITH_BEFORE);
        if (base.open.isPresent()) {
            out.writeUInt64NoTag(base.open.get().term());
            out.writeUInt64NoTag(base.open.get().sequence());
            write(base.before, out);
            out.writeUInt32NoTag(base.earlier.size());
            for (long version : base.earlier) {
                out.writeUInt64NoTag(version);
            }
        }
    }

    static Base readBase(CodedInputStream in, RecordCodec codec) throws IOException {
        State state = readState(in, codec);
        int kind = in.readUInt32();
        if (kind != OPEN_WITH_BEFORE) {
            // An older program did not keep what was before, nor which entry it was: as if the
            // first of all.
            return new Base(state,
                    kind == COMMITTED ? Optional.empty() : Optional.of(Position.NONE),
                    State.ABSENT, List.of());
        }
        Position open = new Position(in.readUInt64(), in.readUInt64());
        State before = readState(in, codec);
        List<Long> earlier = new ArrayList<>();
        for (int i = in.readUInt32(); i > 0; i--) {
            earlier.add(in.readUInt64());
        }
        return new Base(state, Optional.of(open), before, List.copyOf(earlier));
    }

    static void write(State state, CodedOutputStream out) throws IOException {
        out.writeUInt64NoTag(state.version);
        out.writeBoolNoTag(state.object.isPresent());
        if (state.object.isPresent()) {
            RecordCodec.write(state.object.get(), out);
        }
    }

    static State readState(CodedInputStream in, RecordCodec codec) throws IOException {
        long version = in.readUInt64();
        return new State(in.readBool() ? Optional.of(codec.readObject(in)) : Optional.empty(),
                version);
    }

    /** The bytes that it holds on to beside the object itself, roughly. */
    long bytes() {
        return size(base.state) + size(base.before) + size(ours)
                + offered.stream().mapToLong(o -> size(o.ours)).sum()
                + 256;
    }

    private static long size(State state) {
        return state.object.map(o -> (long) o.json().length).orElse(0L);
    }
}

package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Pin.Base;
import io.beemesh.machine.registry.Pin.State;
import io.beemesh.machine.registry.SideMessages.Word;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What another node of this side did with a slot that it serves, as this node shows it. Nothing of it is on this
 * node's disk, and this node merges nothing of it. On the loop only.
 */
final class Mirror {
    private final Slot slot;
    private final PeerId owner;
    private final ObjectTable objects;
    private final HybridClock clock;
    private final Map<ObjectKey, Pin> pins = new TreeMap<>();
    /** Told, and not shown before the rest is. */
    private final List<Pin> staged = new ArrayList<>();
    private final Map<ObjectKey, StoredObject> base = new TreeMap<>();
    private int nextBase;
    /** Whether this node's log is another than the owner's. */
    private boolean differs;
    private long baseSequence;
    private long upTo;
    private boolean shown;
    private boolean closed;

    Mirror(Slot slot, PeerId owner, ObjectTable objects, HybridClock clock) {
        this.slot = slot;
        this.owner = owner;
        this.objects = objects;
        this.clock = clock;
    }

    Slot slot() {
        return slot;
    }

    /** Who serves the slot. */
    PeerId owner() {
        return owner;
    }

    /** The next of the owner's objects that this node lacks; negative if it has all. */
    int nextBase() {
        return nextBase;
    }

    /** Up to which change of the fork all is here. */
    long upTo() {
        return upTo;
    }

    /** Whether this node has another log than the owner, so that what was shown before may be later. */
    boolean isOther() {
        return differs;
    }

    /** Whether all that the owner had at some moment is shown. */
    boolean isShown() {
        return shown;
    }

    /** Whether the slot has a primary again. */
    boolean isClosed() {
        return closed;
    }

    void closed(boolean now) {
        closed = now;
    }

    boolean isEmpty() {
        return pins.isEmpty();
    }

    /** What of a slot is not what its log says. */
    Map<ObjectKey, Pin> pins() {
        return pins;
    }

    /** What the slot's log says of an object. */
    Optional<StoredObject> trunk(ObjectKey key) {
        Pin pin = pins.get(key);
        return pin == null ? objects.get(key) : pin.trunk().object();
    }

    /** The log changes an object; false if it is shown. */
    boolean absorb(ObjectKey key, State state) {
        Pin pin = pins.get(key);
        if (pin != null) {
            pin.trunk(state);
        }
        return pin != null;
    }

    /**
     * The owner tells more of what it did.
     *
     * @param trunk all objects of the slot as this node's log has them
     * @return what is shown now, once that is all; else nothing
     */
    List<Change> take(Word word, Supplier<List<StoredObject>> trunk) {
        if (nextBase >= 0) {
            word.base().forEach(o -> base.put(o.key(), o));
            baseSequence = word.committed();
            differs |= differs(slot.replica().committed().sequence(), word);
        }
        nextBase = word.nextBase();
        Storage.Settled settled = slot.settled(owner);
        word.pins().stream().filter(p -> p.changed() > upTo && !isTaken(p, settled))
                .forEach(staged::add);
        upTo = Math.max(upTo, word.upTo());
        if (word.more()) {
            return List.of();
        }
        List<Pin> all = new ArrayList<>();
        if (differs && !shown) {
            all.addAll(differing(trunk.get()));
            base.clear();
        }
        all.addAll(staged);
        staged.clear();
        shown = true;
        List<Change> changes = new ArrayList<>();
        all.forEach(p -> changes.addAll(show(p)));
        return changes;
    }

    /**
     * Whether a log that is committed up to an entry is another than its owner's; what lies between the owner's last
     * committed entry and its last one is part of its fork.
     */
    static boolean differs(long committed, Word word) {
        return committed < word.committed() || committed > word.last().sequence();
    }

    /** What the owner's log has in another state than this node's. */
    private List<Pin> differing(List<StoredObject> trunk) {
        List<Pin> found = new ArrayList<>();
        Set<ObjectKey> here = new HashSet<>();
        for (StoredObject object : trunk) {
            here.add(object.key());
            StoredObject there = base.get(object.key());
            if (there == null) {
                found.add(pin(object.key(), new State(Optional.empty(), clock.nextDetached())));
            } else if (there.version() != object.version()) {
                found.add(pin(object.key(), State.of(Optional.of(there))));
            }
        }
        base.forEach((key, there) -> {
            if (!here.contains(key)) {
                found.add(pin(key, State.of(Optional.of(there))));
            }
        });
        return found;
    }

    private static Pin pin(ObjectKey key, State state) {
        return new Pin(key, 0, new Base(state, true), state, State.ABSENT, false);
    }

    private List<Change> show(Pin pin) {
        Pin former = pins.put(pin.key(), pin);
        Optional<StoredObject> now = objects.get(pin.key());
        pin.trunk(former == null ? State.of(now) : former.trunk());
        clock.observe(pin.ours().version());
        return objects.reveal(pin.key(), pin.ours().object(), pin.ours().version());
    }

    /** The log has taken the fork up to a change, or has what it lacked; what is shown no more. */
    List<Pin> settle(Storage.Settled settled) {
        boolean reached = slot.replica().committed().sequence() >= baseSequence;
        List<Pin> done = pins.values().stream().filter(p -> p.index() == 0
                ? reached
                : isTaken(p, settled)).toList();
        done.forEach(p -> pins.remove(p.key()));
        return done;
    }

    private static boolean isTaken(Pin pin, Storage.Settled settled) {
        return pin.index() <= settled.upTo() && pin.changed() < settled.offer();
    }

    /** Nothing is shown any more; returns what was. */
    List<Pin> drop() {
        List<Pin> all = List.copyOf(pins.values());
        pins.clear();
        return all;
    }
}

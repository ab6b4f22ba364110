package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Pin.State;
import io.beemesh.machine.registry.SideMessages.Changed;
import io.beemesh.machine.registry.SideMessages.Part;
import io.beemesh.protocol.registry.Position;
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
    /** JSON of what is shown of one slot. */
    private static final long BYTES_MAX = 320 << 20;

    /** An object that is shown in another state than the log has it in. */
    private static final class Shown {
        private final Changed changed;
        private State trunk;

        private Shown(Changed changed, State trunk) {
            this.changed = changed;
            this.trunk = trunk;
        }
    }

    private final Slot slot;
    private final PeerId owner;
    private final ObjectTable objects;
    private final HybridClock clock;
    private final Map<ObjectKey, Shown> all = new TreeMap<>();
    /** Told, and not shown before the rest is. */
    private final List<Changed> staged = new ArrayList<>();
    private final Map<ObjectKey, StoredObject> base = new TreeMap<>();
    private final Position committed;
    private final long id;
    private int nextBase;
    private boolean based;
    private long upTo;
    private long bytes;
    private boolean shown;
    private boolean serving = true;
    private boolean closed;
    private boolean lapsed;

    /** @param committed up to where the owner's log is, which it stays as long as it serves the slot */
    Mirror(Slot slot, PeerId owner, Position committed, long id, ObjectTable objects,
            HybridClock clock) {
        this.slot = slot;
        this.owner = owner;
        this.committed = committed;
        this.id = id;
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

    Position committed() {
        return committed;
    }

    /** Names it among all mirrors of this node. */
    long id() {
        return id;
    }

    /** Takes over what another one showed, until this one is whole. */
    void follow(Mirror former) {
        all.putAll(former.all);
        bytes = all.values().stream().mapToLong(o -> size(o.changed.state())).sum();
    }

    /** The slot had a primary for a moment: what is shown is to be told anew. */
    void lapse() {
        closed = false;
        lapsed = true;
    }

    boolean isLapsed() {
        return lapsed;
    }

    /** The next of the owner's objects that this node lacks; negative if it has all. */
    int nextBase() {
        return nextBase;
    }

    /** Up to which change of the fork all is here. */
    long upTo() {
        return upTo;
    }

    /** Whether the owner serves the slot, as far as this node knows, and all that it did before is shown. */
    boolean isServed() {
        return shown && serving && !closed && !lapsed;
    }

    boolean isShown() {
        return shown;
    }

    /** The owner serves the slot, or does not say so any more; true if that is news. */
    boolean serving(boolean now) {
        boolean news = serving != now;
        serving = now;
        return news;
    }

    /** Whether the slot has a primary again. */
    boolean isClosed() {
        return closed;
    }

    void close() {
        closed = true;
    }

    /** Whether it shows nothing but what the log says. */
    boolean isEmpty() {
        return all.isEmpty();
    }

    /** What is shown of the slot is more than a node holds of another. */
    boolean isFull() {
        return bytes > BYTES_MAX;
    }

    /** Gives up what is not shown yet. */
    void forgetStaged() {
        staged.clear();
        base.clear();
    }

    /** What the slot's log says of an object. */
    Optional<StoredObject> trunk(ObjectKey key) {
        Shown object = all.get(key);
        return object == null ? objects.get(key) : object.trunk.object();
    }

    /** What the log says of each object that is shown in another state. */
    Map<ObjectKey, State> trunks() {
        Map<ObjectKey, State> trunks = new TreeMap<>();
        all.forEach((key, object) -> trunks.put(key, object.trunk));
        return trunks;
    }

    /** The log changes an object; false if that is to be shown. */
    boolean absorb(ObjectKey key, State state) {
        Shown object = all.get(key);
        if (object != null) {
            object.trunk = state;
        }
        return object != null;
    }

    /**
     * The owner tells more of what it did.
     *
     * @param trunk all objects of the slot as this node's log has them
     * @return what is shown now, once that is all; else nothing
     */
    List<Change> take(Part part, Supplier<List<StoredObject>> trunk) {
        based |= part.isBased();
        for (StoredObject object : part.base()) {
            StoredObject twice = base.put(object.key(), object);
            bytes += object.json().length - (twice == null ? 0 : twice.json().length);
        }
        nextBase = part.nextBase();
        Storage.Settled settled = slot.settled(owner);
        for (Changed changed : part.changed()) {
            if (changed.last() > upTo && !isTaken(changed, settled)) {
                staged.add(changed);
                bytes += size(changed.state());
            }
        }
        upTo = Math.max(upTo, part.upTo());
        if (part.more()) {
            return List.of();
        }
        List<Changed> now = new ArrayList<>();
        if (based && !shown) {
            now.addAll(differing(trunk.get()));
        }
        now.addAll(staged);
        List<Change> changes = shown ? new ArrayList<>() : unshow(now);
        bytes -= base.values().stream().mapToLong(o -> o.json().length).sum();
        forgetStaged();
        shown = true;
        now.forEach(c -> changes.addAll(show(c)));
        return changes;
    }

    /** What another one showed before, and this one does not. */
    private List<Change> unshow(List<Changed> now) {
        Set<ObjectKey> gone = new HashSet<>(all.keySet());
        now.forEach(c -> gone.remove(c.key()));
        List<Change> changes = new ArrayList<>();
        for (ObjectKey key : gone) {
            State trunk = State.of(trunk(key));
            all.remove(key);
            changes.addAll(objects.reveal(key, trunk.object(), clock.nextDetached()));
        }
        return changes;
    }

    /** What the owner's log has in another state than this node's. */
    private List<Changed> differing(List<StoredObject> trunk) {
        List<Changed> found = new ArrayList<>();
        Set<ObjectKey> here = new HashSet<>();
        for (StoredObject object : trunk) {
            here.add(object.key());
            StoredObject there = base.get(object.key());
            if (there == null) {
                found.add(new Changed(object.key(), 0, 0,
                        new State(Optional.empty(), clock.nextDetached())));
            } else if (there.version() != object.version()) {
                found.add(new Changed(object.key(), 0, 0, State.of(Optional.of(there))));
            }
        }
        base.forEach((key, there) -> {
            if (!here.contains(key)) {
                found.add(new Changed(key, 0, 0, State.of(Optional.of(there))));
            }
        });
        return found;
    }

    private List<Change> show(Changed changed) {
        Shown former = all.get(changed.key());
        bytes -= former == null ? 0 : size(former.changed.state());
        State trunk = former == null ? State.of(objects.get(changed.key())) : former.trunk;
        all.put(changed.key(), new Shown(changed, trunk));
        clock.observe(changed.state().version());
        return objects.reveal(changed.key(), changed.state().object(),
                changed.state().version());
    }

    private static long size(State state) {
        return state.object().map(o -> (long) o.json().length).orElse(0L);
    }

    /** The log has taken the fork up to a change, or has what it lacked; what it says now of what is shown no more. */
    Map<ObjectKey, State> settle(Storage.Settled settled) {
        boolean reached = slot.replica().committed().sequence() >= committed.sequence();
        Map<ObjectKey, State> done = new TreeMap<>();
        all.forEach((key, object) -> {
            if (object.changed.index() == 0 ? reached : isTaken(object.changed, settled)) {
                done.put(key, object.trunk);
            }
        });
        all.keySet().removeAll(done.keySet());
        return done;
    }

    private static boolean isTaken(Changed changed, Storage.Settled settled) {
        return changed.index() <= settled.upTo() && changed.last() < settled.offer();
    }

    /** Shows nothing any more; what the log says of what was shown. */
    Map<ObjectKey, State> end() {
        Map<ObjectKey, State> done = trunks();
        all.clear();
        return done;
    }
}

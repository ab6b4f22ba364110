package io.beemesh.machine.registry;

import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.LogEntry.Effect;
import io.beemesh.machine.registry.Pin.Base;
import io.beemesh.machine.registry.Pin.State;
import io.beemesh.machine.registry.replica.Rules;
import io.beemesh.machine.registry.replica.Rules.Rule;
import io.beemesh.protocol.registry.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * What this node changed in a slot while no majority of its homes could be reached, and has not merged yet.
 * The table of objects shows the fork; what the slot's log says of the same objects is kept beside it. On the
 * loop only.
 */
final class Fork implements Primary.Target {
    private final Slot slot;
    private final ObjectTable objects;
    private final HybridClock clock;
    private final Rules rules;
    /** Puts a line of this fork on disk. */
    private final BiConsumer<Long, byte[]> log;
    private final Map<ObjectKey, Pin> pins = new TreeMap<>();
    /** Changes that are not on disk yet, in order. */
    private final ArrayDeque<Proposal> inFlight = new ArrayDeque<>();
    /** The last change in flight of each object that has one. */
    private final Map<ObjectKey, Effect> pending = new TreeMap<>();
    private boolean open;
    /** Whether the slot is served by its primary, and what is here has not all been given to it. */
    private boolean merging;
    private long next = 1;
    private long landed;
    private long bytes;

    Fork(Slot slot, ObjectTable objects, HybridClock clock, Rules rules,
            BiConsumer<Long, byte[]> log) {
        this.slot = slot;
        this.objects = objects;
        this.clock = clock;
        this.rules = rules;
        this.log = log;
    }

    Slot slot() {
        return slot;
    }

    /** Whether the slot is served from here. */
    boolean isOpen() {
        return open;
    }

    /** Whether the slot is not served from here any more, and not from its primary yet. */
    boolean isMerging() {
        return merging && !open;
    }

    boolean isIdle() {
        return inFlight.isEmpty();
    }

    /** The number of the last change that is on disk. */
    long landed() {
        return landed;
    }

    /** Bytes of JSON that the pins hold on to, roughly. */
    long bytes() {
        return bytes;
    }

    Optional<Pin> pin(ObjectKey key) {
        return Optional.ofNullable(pins.get(key));
    }

    /** In the order in which they are to be merged. */
    List<Pin> pins() {
        return pins.values().stream().sorted(Pin.BY_INDEX).toList();
    }

    /** What was changed after a change, in the order of the last changes. */
    List<Pin> changedAfter(long number) {
        return pins.values().stream().filter(p -> p.changed() > number)
                .sorted(Comparator.comparingLong(Pin::changed)).toList();
    }

    /** What the slot's log says of an object. */
    Optional<StoredObject> trunk(ObjectKey key) {
        Pin pin = pins.get(key);
        return pin == null ? objects.get(key) : pin.trunk().object();
    }

    /**
     * Serves the slot from here. What the end of the log holds, of which nobody knows whether it is committed,
     * is part of what is served.
     *
     * @param settled up to which change a former fork of this node was merged
     */
    void open(long settled) {
        open = true;
        merging = true;
        next = Math.max(next, settled + 1);
        Map<ObjectKey, List<Long>> earlier = new TreeMap<>();
        for (Proposal tail : slot.inFlight()) {
            List<Effect> effects = tail.effects().stream().filter(this::isNews).toList();
            if (!effects.isEmpty()) {
                Map<ObjectKey, Base> bases = new TreeMap<>();
                effects.forEach(e -> bases.put(e.object().key(), end(e, tail.position(), earlier)));
                append(effects.stream().map(this::onFork).toList(), bases, true);
            }
        }
    }

    private Base end(Effect effect, Position at, Map<ObjectKey, List<Long>> earlier) {
        ObjectKey key = effect.object().key();
        List<Long> versions = earlier.computeIfAbsent(key, k -> new ArrayList<>());
        Base base = new Base(State.of(effect), Optional.of(at), State.of(trunk(key)),
                List.copyOf(versions));
        versions.add(effect.object().version());
        return base;
    }

    /** An object that a former fork changed stays as it is there. */
    private boolean isNews(Effect effect) {
        Pin pin = pins.get(effect.object().key());
        return pin == null || (pin.isTail()
                && pin.base().state().version() < effect.object().version());
    }

    /** Under a version that says that it may be given up. */
    private Effect onFork(Effect effect) {
        return new Effect(effect.deleted(),
                ObjectTable.last(effect.object(), clock.nextDetached()));
    }

    /** The slot's primary serves it again, once all is merged. */
    void close() {
        open = false;
    }

    /** All is merged. */
    void end() {
        merging = false;
    }

    // Writes.

    @Override
    public int number() {
        return slot.number();
    }

    @Override
    public Optional<StoredObject> state(ObjectKey key) {
        Effect effect = pending.get(key);
        if (effect == null) {
            return objects.get(key);
        }
        return effect.deleted() ? Optional.empty() : Optional.of(effect.object());
    }

    @Override
    public boolean isPending(ObjectKey key) {
        return pending.containsKey(key);
    }

    @Override
    public Proposal lastInFlight() {
        return inFlight.getLast();
    }

    @Override
    public boolean mayAnswer() {
        return open;
    }

    @Override
    public long nextVersion() {
        return clock.nextDetached();
    }

    @Override
    public Proposal propose(LogEntry.Changes changes, byte[] payload) {
        Map<ObjectKey, Base> bases = new TreeMap<>();
        for (Effect effect : changes.effects()) {
            ObjectKey key = effect.object().key();
            if (!pending.containsKey(key) && !pins.containsKey(key)) {
                bases.put(key, Base.of(State.of(objects.get(key))));
            }
        }
        return append(changes.effects(), bases, false);
    }

    private Proposal append(List<Effect> effects, Map<ObjectKey, Base> bases, boolean tail) {
        Proposal proposal = new Proposal(number(), new Position(0, next),
                new LogEntry.Changes(effects, 0, Optional.empty()), false);
        inFlight.add(proposal);
        effects.forEach(e -> pending.put(e.object().key(), e));
        send(new ForkLine.Changes(effects, bases, tail));
        return proposal;
    }

    private long send(ForkLine line) {
        long number = next;
        next += line.size();
        log.accept(number, line.encode());
        return number;
    }

    /** All up to a change is going to be sent to the primary; the number of the offer. */
    long offer(long upTo) {
        return send(new ForkLine.Offer(upTo));
    }

    /** A line is on disk; the changes that are to be shown now. */
    Optional<Proposal> onStored(long number, ForkLine line) {
        apply(number, line);
        if (line instanceof ForkLine.Offer) {
            return Optional.empty();
        }
        Proposal proposal = inFlight.remove();
        proposal.effects().forEach(e -> pending.remove(e.object().key(), e));
        return Optional.of(proposal);
    }

    /** What is not on disk will not be; returns it. */
    List<Proposal> onLost() {
        List<Proposal> lost = List.copyOf(inFlight);
        inFlight.clear();
        pending.clear();
        return lost;
    }

    private void apply(long number, ForkLine line) {
        landed = number + line.size() - 1;
        next = Math.max(next, landed + 1);
        switch (line) {
            case ForkLine.Changes changes -> {
                long index = number;
                for (Effect effect : changes.effects()) {
                    ObjectKey key = effect.object().key();
                    Optional<Base> base = Optional.ofNullable(changes.bases().get(key));
                    change(index++, key, base, State.of(effect), changes.tail());
                }
            }
            case ForkLine.Offer offer -> pins.values().stream()
                    .filter(p -> p.index() <= offer.upTo()).forEach(p -> p.offer(number));
        }
        count();
    }

    private void change(long index, ObjectKey key, Optional<Base> base, State ours,
            boolean tail) {
        Pin pin = pins.get(key);
        if (ours.object().isEmpty() && !rules.hold(Rule.FORK_DELETIONS)) {
            pins.remove(key);
        } else if (base.isPresent() || pin == null) {
            State trunk = pin == null ? State.of(objects.get(key)) : pin.trunk();
            pins.put(key, new Pin(key, index, base.orElse(Base.of(trunk)), ours, trunk,
                    tail));
        } else {
            pin.change(index, ours);
        }
    }

    private void count() {
        bytes = pins.values().stream().mapToLong(Pin::bytes).sum();
    }

    // What the log says.

    /** The log changes an object; false if this fork has not changed it. */
    boolean absorb(Effect effect) {
        Pin pin = pins.get(effect.object().key());
        if (pin == null) {
            return false;
        }
        pin.trunk(State.of(effect));
        return true;
    }

    /** The log has another state of an object, or none; false if this fork has not changed it. */
    boolean absorb(ObjectKey key, Optional<StoredObject> state) {
        Pin pin = pins.get(key);
        if (pin == null) {
            return false;
        }
        pin.trunk(State.of(state));
        return true;
    }

    /** The log has taken this fork up to a change; the objects that are no fork any more. */
    List<Pin> settle(Storage.Settled settled) {
        next = Math.max(next, settled.upTo() + 1);
        List<Pin> done = new ArrayList<>();
        for (Pin pin : pins()) {
            if (pin.index() <= settled.upTo()) {
                if (pin.settle(settled.offer(), settled.upTo() + 1,
                        pending.containsKey(pin.key()))) {
                    pins.remove(pin.key());
                    done.add(pin);
                }
            }
        }
        count();
        return done;
    }

    // A former life.

    /** Takes over a pin of a checkpoint. */
    void restore(Pin pin) {
        pins.put(pin.key(), pin);
        merging = true;
    }

    /** Takes over a line of the log. */
    void restore(long number, ForkLine line) {
        if (number > landed) {
            apply(number, line);
            merging = true;
        }
    }

    /** Changes up to this one are part of the checkpoint. */
    void restoreLanded(long number) {
        landed = number;
        next = number + 1;
    }

    /** The table of objects has what the log says so far; from now on it shows the fork. */
    void show() {
        for (Pin pin : pins.values()) {
            pin.trunk(State.of(objects.get(pin.key())));
            pin.ours().object().ifPresentOrElse(objects::put, () -> objects.remove(pin.key()));
            clock.observe(pin.ours().version());
        }
        count();
    }
}

package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Storage.LogRecord;
import io.beemesh.machine.registry.replica.Rules;
import io.beemesh.protocol.registry.Position;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The forks of this node: what it does with slots while no majority of their homes can be reached, and what it shows
 * of those that others serve meanwhile. Start at {@link Fork} and {@link Mirror}; {@link Detachment} says when,
 * {@link Side} who, {@link Merging} what becomes of it. On the loop only, but for {@link #openSlots}.
 */
final class Forks {
    /** JSON that the forks of a node may hold on to. */
    private static final long BYTES_MAX = 64 << 20;

    private final PeerId self;
    private final ObjectTable objects;
    private final HybridClock clock;
    private final LogWriter log;
    private final Checkpoints checkpoints;
    private final RecordCodec codec;
    private final Rules rules;
    private final Map<Integer, Fork> forks = new TreeMap<>();
    private final Map<Integer, Mirror> mirrors = new TreeMap<>();
    private final Map<Line, Consumer<Boolean>> waiting = new HashMap<>();
    private volatile Set<Integer> open = Set.of();
    /** The slots that are served from here or from another node of this side. */
    private volatile Set<Integer> detached = Set.of();
    /** Whether no fork is open or to be merged, and none of others is shown. */
    private boolean isIdle = true;
    /** Whether the table of objects shows forks; before that it has what the logs say. */
    private boolean shown;
    /** Versions of forks from here on were told in this life, since some slot is detached. */
    private long toldSince;

    /** A line on its way to the disk. */
    private record Line(int slot, long number) {}

    Forks(PeerId self, ObjectTable objects, HybridClock clock, LogWriter log,
            Checkpoints checkpoints, RecordCodec codec, Rules rules) {
        this.self = self;
        this.objects = objects;
        this.clock = clock;
        this.log = log;
        this.checkpoints = checkpoints;
        this.codec = codec;
        this.rules = rules;
    }

    Collection<Fork> all() {
        return forks.values();
    }

    /** Whether this node serves nothing alone, and all that it did so is merged. */
    boolean isEmpty() {
        return isIdle;
    }

    boolean isOpen(int slot) {
        return open.contains(slot);
    }

    /** Whether what this node shows of a slot is neither served from here nor what its primary says. */
    boolean isMerging(int slot) {
        Fork fork = forks.get(slot);
        Mirror mirror = mirrors.get(slot);
        return (fork != null && fork.isMerging())
                || (mirror != null && mirror.isClosed() && !mirror.isEmpty());
    }

    /** Objects of a slot that are not merged. */
    int unmerged(int slot) {
        Fork fork = forks.get(slot);
        return fork == null ? 0 : fork.pins().size();
    }

    /** The slots that are served from here; any thread. */
    Set<Integer> openSlots() {
        return open;
    }

    /** Whether a namespace, or any if it is empty, is served by a node of this side alone; any thread. */
    boolean isDetached(String namespace) {
        return namespace.isEmpty()
                ? !detached.isEmpty()
                : detached.contains(SlotMap.ofNamespace(namespace));
    }

    /**
     * Whether all that is not above a version is known to who names it. What one side of a parted mesh did is
     * not above what another did at the same time.
     */
    boolean canGoOn(String namespace, long from) {
        if (HybridClock.isDetached(from)) {
            return !detached.isEmpty() && from >= toldSince && !clock.isForeignFork(from);
        }
        if (!isDetached(namespace)) {
            return true;
        }
        int slot = SlotMap.ofNamespace(namespace);
        Optional<Slot> of = Optional.ofNullable(mirrors.get(slot)).map(Mirror::slot)
                .or(() -> Optional.ofNullable(forks.get(slot)).map(Fork::slot));
        return !namespace.isEmpty() && of.filter(s -> from <= s.lastVersion()).isPresent();
    }

    /** A version for a view that includes forks. */
    long nextVersion() {
        return clock.nextDetached();
    }

    /** Serves a slot from here. */
    void open(Slot slot) {
        if (detached.isEmpty()) {
            toldSince = clock.nextDetached();
        }
        fork(slot).open(slot.settled(self).upTo());
        refreshOpen();
    }

    /** The slot has a primary; true if it was served from here. */
    boolean close(int slot) {
        if (!isOpen(slot)) {
            return false;
        }
        Optional.ofNullable(forks.get(slot)).ifPresent(Fork::close);
        refreshOpen();
        return true;
    }

    /** Nothing of this node's fork of a slot is left. */
    void end(Fork fork) {
        fork.end();
        refreshOpen();
    }

    private void refreshOpen() {
        Set<Integer> now = new HashSet<>();
        forks.values().stream().filter(Fork::isOpen).forEach(f -> now.add(f.number()));
        open = Set.copyOf(now);
        mirrors.keySet().stream().filter(n -> servedBy(n).isPresent()).forEach(now::add);
        detached = Set.copyOf(now);
        isIdle = forks.values().stream().noneMatch(f -> f.isOpen() || f.isMerging())
                && mirrors.isEmpty();
    }

    private Fork fork(Slot slot) {
        return forks.computeIfAbsent(slot.number(), n -> new Fork(slot, objects, clock, rules,
                (number, line) -> log.append(new LogRecord.Fork(n, number, line))));
    }

    /** The last line of a slot's fork that is shown. */
    long landed(int slot) {
        Fork fork = forks.get(slot);
        return fork == null ? 0 : fork.landed();
    }

    // Writes.

    /** Decides on a write to a slot that is served from here. */
    WriteDecision decide(Slot slot, List<Mutation> mutations) {
        Fork fork = fork(slot);
        Optional<String> never = MustNotFork.refusal(mutations, fork::state);
        if (never.isPresent()) {
            return new WriteDecision.Refused(new WriteResult.NeedsMajority(never.get()
                    + ", and this side of it has no majority"));
        }
        if (forks.values().stream().mapToLong(Fork::bytes).sum() > BYTES_MAX
                || mutations.stream().anyMatch(m -> fork.pin(m.key()).filter(Pin::isCrowded)
                        .isPresent())) {
            return new WriteDecision.Refused(new WriteResult.Full(
                    "no room for more changes while the mesh is parted"));
        }
        return new WriteDecision.Write(fork);
    }

    /** Whether a write goes on. */
    sealed interface WriteDecision {
        record Refused(WriteResult result) implements WriteDecision {}

        record Write(Fork fork) implements WriteDecision {}
    }

    /** Runs {@code task} once a line is on disk, with true, or will never be. */
    void onceStored(int slot, long number, Consumer<Boolean> task) {
        waiting.put(new Line(slot, number), task);
    }

    /** A line is on disk; the changes that are to be shown now. */
    Optional<Proposal> onStored(Slot slot, LogRecord.Fork record) {
        Fork fork = fork(slot);
        ForkLine line = decode(record);
        changed(line);
        Optional<Proposal> proposal = fork.onStored(record.sequence(), line);
        if (line instanceof ForkLine.Offer) {
            fork.pins().forEach(p -> checkpoints.changed(Pin.storageKey(p.key())));
        }
        Optional.ofNullable(waiting.remove(new Line(record.slot(), record.sequence())))
                .ifPresent(task -> task.accept(true));
        return proposal;
    }

    private void changed(ForkLine line) {
        if (line instanceof ForkLine.Changes changes) {
            changes.effects()
                    .forEach(e -> checkpoints.changed(Pin.storageKey(e.object().key())));
        }
    }

    private ForkLine decode(LogRecord.Fork record) {
        try {
            return ForkLine.decode(record.payload(), codec);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The disk takes no more. */
    List<Proposal> onLost() {
        List<Consumer<Boolean>> tasks = List.copyOf(waiting.values());
        waiting.clear();
        List<Proposal> lost = forks.values().stream().flatMap(f -> f.onLost().stream()).toList();
        tasks.forEach(t -> t.accept(false));
        return lost;
    }

    // What others serve.

    Collection<Mirror> mirrors() {
        return mirrors.values();
    }

    Optional<Mirror> mirror(int slot) {
        return Optional.ofNullable(mirrors.get(slot));
    }

    /** Which other node serves the slot, and all that it did with it is shown here. */
    Optional<PeerId> servedBy(int slot) {
        return mirror(slot).filter(Mirror::isServed).map(Mirror::owner);
    }

    /**
     * Begins to show what another node does with a slot, whose log is committed up to a position there. What was
     * shown before is shown, and not served, until the new one is whole.
     */
    void mirror(Slot slot, PeerId owner, Position committed, long id) {
        Mirror mirror = new Mirror(slot, owner, committed, id, objects, clock);
        Optional.ofNullable(mirrors.put(slot.number(), mirror)).ifPresent(mirror::follow);
        refreshOpen();
    }

    /** A mirror is served in another way. */
    void changed(Mirror mirror) {
        if (mirror.isServed() && detached.isEmpty()) {
            toldSince = clock.nextDetached();
        }
        refreshOpen();
    }

    /** Shows more of what another node did; as watchers see it. */
    List<Change> take(Mirror mirror, SideMessages.Part part) {
        return mirror.take(part, () -> trunkOf(mirror.slot().number()));
    }

    /** Shows what the log says again; as watchers see it. */
    List<Change> end(Mirror mirror) {
        mirrors.remove(mirror.slot().number(), mirror);
        List<Change> changes = new ArrayList<>();
        long version = clock.next();
        mirror.end().forEach((key, trunk) -> changes
                .addAll(objects.reveal(key, trunk.object(), version)));
        refreshOpen();
        return changes;
    }

    /** Whether all that was decided on in a slot that is served from here is shown here. */
    boolean isAllShown(int slot) {
        Fork fork = forks.get(slot);
        return fork == null || !fork.isOpen() || fork.isIdle();
    }

    /** Runs {@code task} once all that was decided on in a slot that is served from here is shown here, or lost. */
    void onceShown(int slot, Runnable task) {
        Fork fork = forks.get(slot);
        if (fork == null || fork.isIdle()) {
            task.run();
        } else {
            CompletableFuture<WriteResult> future = new CompletableFuture<>();
            future.whenComplete((result, failure) -> task.run());
            fork.lastInFlight().whenCommitted(future, new WriteResult.Committed(List.of()));
        }
    }

    /**
     * What this node did with a slot, for who shows it.
     *
     * @param bytes what there is room for; nothing is told if that is none
     */
    SideMessages.Part tell(Slot slot, SideMessages.OfSlot asked, long bytes) {
        long room = bytes;
        Position here = slot.replica().committed();
        boolean based = asked.base() >= 0
                && (asked.committed().sequence() < here.sequence()
                        || !slot.replica().has(asked.committed()));
        List<StoredObject> base = new ArrayList<>();
        int next = -1;
        if (based) {
            List<StoredObject> all = trunkOf(slot.number()).stream()
                    .sorted(Comparator.comparing(StoredObject::key)).toList();
            next = asked.base();
            while (next < all.size() && room > 0) {
                room -= SideMessages.bytes(all.get(next));
                base.add(all.get(next++));
            }
            next = next < all.size() ? next : -1;
        }
        Fork fork = forks.get(slot.number());
        List<Pin> pins = fork == null ? List.of() : fork.changedAfter(asked.upTo());
        List<SideMessages.Changed> changed = new ArrayList<>();
        while (next < 0 && changed.size() < pins.size() && room > 0) {
            Pin pin = pins.get(changed.size());
            room -= SideMessages.bytes(pin.ours());
            changed.add(new SideMessages.Changed(pin.key(), pin.index(), pin.changed(),
                    pin.ours()));
        }
        return new SideMessages.Part(asked.mirror(), based, base, next, changed,
                changed.isEmpty() ? asked.upTo() : changed.getLast().last(),
                next >= 0 || changed.size() < pins.size());
    }

    // What the log says.

    /** What the log says of an object, which is not what is shown if there is a fork. */
    Optional<StoredObject> trunk(ObjectKey key) {
        if (!shown || isIdle) {
            return objects.get(key);
        }
        int slot = SlotMap.of(key);
        Mirror mirror = mirrors.get(slot);
        if (mirror != null) {
            return mirror.trunk(key);
        }
        Fork fork = forks.get(slot);
        return fork == null ? objects.get(key) : fork.trunk(key);
    }

    /** All objects of a slot as the log has them. */
    List<StoredObject> trunkOf(int slot) {
        Map<ObjectKey, Pin.State> trunks = new TreeMap<>();
        if (shown) {
            Optional.ofNullable(forks.get(slot))
                    .ifPresent(f -> f.pins().forEach(p -> trunks.put(p.key(), p.trunk())));
            mirror(slot).ifPresent(m -> trunks.putAll(m.trunks()));
        }
        if (trunks.isEmpty()) {
            return objects.ofSlot(slot);
        }
        List<StoredObject> found = new ArrayList<>(objects.ofSlot(slot).stream()
                .filter(o -> !trunks.containsKey(o.key())).toList());
        trunks.values().forEach(t -> t.object().ifPresent(found::add));
        return found;
    }

    /** Whether the log changes an object that this node shows a fork of; the fork is shown on. */
    boolean absorb(int slot, LogEntry.Effect effect) {
        Mirror mirror = mirrors.get(slot);
        if (mirror != null) {
            return mirror.absorb(effect.object().key(), Pin.State.of(effect));
        }
        Fork fork = forks.get(slot);
        boolean absorbed = shown && fork != null && fork.absorb(effect);
        if (absorbed) {
            checkpoints.changed(Pin.storageKey(effect.object().key()));
        }
        return absorbed;
    }

    /** The log of a slot goes on from a whole state, up to an entry, and not entry by entry. */
    void jump(Slot slot, Position committed) {
        Fork fork = forks.get(slot.number());
        if (fork != null) {
            fork.pins().forEach(p -> p.jump(slot.termEnds(), committed));
            fork.pins().forEach(p -> checkpoints.changed(Pin.storageKey(p.key())));
        }
    }

    /** The same, of a whole slot that is replaced. */
    boolean absorb(int slot, ObjectKey key, Optional<StoredObject> state) {
        Mirror mirror = mirrors.get(slot);
        if (mirror != null) {
            return mirror.absorb(key, Pin.State.of(state));
        }
        Fork fork = forks.get(slot);
        return shown && fork != null && fork.absorb(key, state);
    }

    /**
     * The log has taken forks in; as watchers see it.
     *
     * @param version above those of what was taken
     */
    List<Change> settle(Slot slot, long version) {
        List<Change> changes = new ArrayList<>();
        Fork fork = forks.get(slot.number());
        if (fork != null && shown) {
            for (Pin pin : fork.settle(slot.settled(self))) {
                checkpoints.changed(pin.key());
                checkpoints.changed(Pin.storageKey(pin.key()));
                changes.addAll(objects.reveal(pin.key(), pin.trunk().object(), version));
            }
            fork.pins().forEach(p -> checkpoints.changed(Pin.storageKey(p.key())));
        }
        mirror(slot.number()).ifPresent(m -> m.settle(slot.settled(m.owner()))
                .forEach((key, trunk) -> changes
                        .addAll(objects.reveal(key, trunk.object(), version))));
        return changes;
    }

    // Checkpoints.

    /** What a checkpoint keeps under a key. */
    Optional<StoredObject> stored(ObjectKey key) {
        if (!Pin.isStorageKey(key)) {
            return trunk(key);
        }
        ObjectKey object = Pin.keyOf(key);
        Fork fork = forks.get(SlotMap.of(object));
        return fork == null ? Optional.empty() : fork.pin(object).map(Pin::toStored);
    }

    void restore(Slot slot, long landed) {
        if (landed != 0) {
            fork(slot).restoreLanded(landed);
        }
    }

    void restore(Slot slot, StoredObject pin) throws IOException {
        fork(slot).restore(Pin.of(pin, codec));
    }

    void restore(Slot slot, LogRecord.Fork record) throws IOException {
        ForkLine line = ForkLine.decode(record.payload(), codec);
        changed(line);
        fork(slot).restore(record.sequence(), line);
    }

    /** All is restored; the highest version shown. */
    long show() {
        shown = true;
        refreshOpen();
        long version = 0;
        for (Fork fork : forks.values()) {
            fork.show();
            version = Math.max(version,
                    fork.pins().stream().mapToLong(p -> p.ours().version()).max().orElse(0));
            // Of a former life nobody knows what the log has taken meanwhile.
            settle(fork.slot(), fork.slot().version());
        }
        return version;
    }
}

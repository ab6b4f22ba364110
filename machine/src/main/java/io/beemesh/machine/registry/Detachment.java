package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.membership.Members;
import io.beemesh.machine.registry.replica.HomeSet;
import io.beemesh.machine.registry.replica.Replica;
import io.beemesh.machine.registry.replica.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides when this node goes on alone with a slot whose homes have no majority within reach, and when no
 * more; {@link Side} whether it is the one of its side that does. On the loop only.
 */
final class Detachment {
    private static final Duration INTERVAL = Duration.ofMillis(100);
    /** A member counts as out of reach after so long, as one that comes and goes is none. */
    private static final Duration GONE = Duration.ofMillis(500);
    /** So many times longer a slot waits for homes that seem alive and elect nobody. */
    private static final int PATIENCE = 6;

    /** Hears of slots that are served in another way, on the loop. */
    interface Listener extends Side.Listener {
        void onOpened(Slot slot);
    }

    private final Loop loop;
    private final Mesh mesh;
    private final Members members;
    private final HomeSlots slots;
    private final Founding founding;
    private final Duration after;
    private final RegistryCounters counters;
    private final Listener listener;
    private final Side side;
    private final Map<PeerId, Long> goneSince = new HashMap<>();
    private final Map<Integer, Long> leaderlessSince = new HashMap<>();
    private boolean running;

    Detachment(Loop loop, Mesh mesh, HomeSlots slots, RegistryConfig config,
            RegistryCounters counters, Listener listener) {
        this.loop = loop;
        this.mesh = mesh;
        this.members = mesh.members();
        this.slots = slots;
        this.founding = new Founding(mesh, slots);
        this.after = config.detachAfter();
        this.counters = counters;
        this.listener = listener;
        this.side = new Side(loop, mesh, slots, this, counters, listener);
    }

    Side side() {
        return side;
    }

    /** Looks after the slots from now on. */
    void start() {
        if (!running) {
            running = true;
            step();
        }
    }

    private void step() {
        // First: what one slot makes of it must not end it for all.
        loop.schedule(INTERVAL, this::step);
        long now = loop.nanoTime();
        for (PeerId peer : members.everyone()) {
            if (peer.equals(members.self()) || members.isAlive(peer)) {
                goneSince.remove(peer);
            } else {
                goneSince.putIfAbsent(peer, now);
            }
        }
        List<Integer> leaderless = new ArrayList<>();
        for (Slot slot : List.copyOf(slots.all())) {
            if (!consider(slot, now) && (!slot.isNew() || isCut(slot, now, Duration.ZERO))) {
                leaderless.add(slot.number());
            }
        }
        side.step(leaderless);
    }

    /** Whether the slot has a primary, or is served from here. */
    private boolean consider(Slot slot, long now) {
        if (slots.forks().isOpen(slot.number())) {
            if (slot.isNew() && !isCut(slot, now, Duration.ZERO)) {
                // Nobody else may want it.
                founding.begin(slot);
            }
            onRole(slot);
            return true;
        }
        if (isLed(slot)) {
            leaderlessSince.remove(slot.number());
            return true;
        }
        if (slots.forks().servedBy(slot.number()).isPresent()) {
            // Once that one is gone, it is waited for as a primary would be.
            leaderlessSince.remove(slot.number());
            return false;
        }
        Long since = leaderlessSince.putIfAbsent(slot.number(), now);
        long leaderless = since == null ? 0 : now - since;
        boolean patient = leaderless < after.multipliedBy(PATIENCE).toNanos();
        boolean due = slot.isNew()
                ? isCut(slot, now, after)
                : (leaderless >= after.toNanos() && isCut(slot, now, GONE)) || !patient;
        if (due && isComplete(slot) && side.isFirst(slot, patient)) {
            open(slot);
            return true;
        }
        return false;
    }

    /** Whether this node has the whole of the slot, as it was at some time. */
    boolean isComplete(Slot slot) {
        return slots.isServing() && (slots.voice().knowsAllThatWas() || !slot.isNew())
                && slots.voice().isGiven()
                && !slot.replica().isVoteless();
    }

    /** Whether the slot has a primary that this node hears of, or is. */
    boolean isLed(Slot slot) {
        Replica replica = slot.replica();
        return replica.role() == Role.PRIMARY
                || (replica.isLed() && replica.primary().isPresent());
    }

    /** Whether the homes that are not out of reach for a while are no majority. */
    private boolean isCut(Slot slot, long now, Duration gone) {
        List<HomeSet> deciders = slot.isNew()
                ? List.of(mesh.founders(slot.number()))
                : slot.replica().deciders();
        return deciders.stream().anyMatch(
                homes -> !homes.isMajority(homes.members().stream()
                        .filter(h -> !goneSince.containsKey(h)
                                || now - goneSince.get(h) < gone.toNanos())
                        .toList()));
    }

    /** Whether too few members can be reached to say what there is. */
    boolean isMinority() {
        List<PeerId> all = members.everyone();
        long now = loop.nanoTime();
        return 2 * all.stream().filter(p -> !goneSince.containsKey(p)
                || now - goneSince.get(p) < after.toNanos()).count() <= all.size();
    }

    private void open(Slot slot) {
        leaderlessSince.remove(slot.number());
        slots.tellCommitted();
        slots.forks().mirror(slot.number()).ifPresent(side::end);
        slots.forks().open(slot);
        counters.detached.increment();
        listener.onOpened(slot);
    }

    /** The slot may have a primary. */
    void onRole(Slot slot) {
        if (isLed(slot) && slots.forks().close(slot.number())) {
            listener.onClosed(slot);
        }
        side.onRole(slot);
    }
}

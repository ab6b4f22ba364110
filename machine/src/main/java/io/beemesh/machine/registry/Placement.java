package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.membership.Members;
import io.beemesh.machine.registry.replica.Replica;
import io.beemesh.machine.registry.replica.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Moves the slots that this node leads to where they are wanted, a few at a time. */
final class Placement {
    /** R: how many homes a slot has. */
    static final int HOMES = 3;
    /** Slots of this node that move at once. */
    private static final int MOVING_MAX = 8;
    private static final Duration INTERVAL = Duration.ofMillis(500);

    private final Loop loop;
    private final Members members;
    private final HomeSlots slots;
    private final RegistryCounters counters;
    private boolean running;

    Placement(Loop loop, Members members, HomeSlots slots, RegistryCounters counters) {
        this.loop = loop;
        this.members = members;
        this.slots = slots;
        this.counters = counters;
    }

    /** Begins to look after the slots, now and from then on. */
    void start() {
        if (!running) {
            running = true;
            members.onChange(this::tellFollowers);
            step();
        }
    }

    /** The slot has a primary: if it is this node, it replicates to whom it should. */
    void onRole(Slot slot) {
        if (running && slot.replica().role() == Role.PRIMARY) {
            slot.replica().followers(followers(slot));
        }
    }

    private void tellFollowers() {
        slots.all().forEach(this::onRole);
    }

    private List<PeerId> followers(Slot slot) {
        List<PeerId> all = members.everyone();
        return all.isEmpty() ? wanted(slot) : all;
    }

    private List<PeerId> wanted(Slot slot) {
        return members.closest(SlotMap.placeOf(slot.number()), HOMES);
    }

    /** Homes that are no members any more. */
    private List<PeerId> gone(Replica replica) {
        List<PeerId> all = members.everyone();
        return replica.homes().members().stream()
                .filter(h -> all.isEmpty() ? !members.isMember(h) : !all.contains(h)).toList();
    }

    private void step() {
        // First: what one slot makes of it must not end it for all.
        loop.schedule(INTERVAL, this::step);
        int moving = 0;
        for (Slot slot : new ArrayList<>(slots.all())) {
            Replica replica = slot.replica();
            if (replica.role() == Role.PRIMARY && moving < MOVING_MAX) {
                replica.followers(followers(slot));
                boolean handing = replica.isHandingOver();
                if (replica.balance(wanted(slot), gone(replica))) {
                    moving++;
                    counters.homeChanges++;
                    if (!handing && replica.isHandingOver()) {
                        counters.handovers++;
                    }
                }
            }
        }
    }
}

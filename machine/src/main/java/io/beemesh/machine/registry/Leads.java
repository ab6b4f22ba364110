package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.registry.replica.Replica;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The slots that this node decides on: it is primary with a lease, and has all that former primaries
 * committed, and of no fork just a part; or it goes on alone. Whoever works on objects of a slot begins when it is
 * told here. On the loop only.
 */
final class Leads {
    private static final Duration INTERVAL = Duration.ofMillis(100);

    private final Loop loop;
    private final HomeSlots slots;
    private final Set<Integer> led = new TreeSet<>();
    private final Set<Integer> gained = new TreeSet<>();
    private final List<Consumer<Set<Integer>>> listeners = new ArrayList<>();
    private boolean running;

    Leads(Loop loop, HomeSlots slots) {
        this.loop = loop;
        this.slots = slots;
    }

    /** A lease begins and ends without a word: looks at the time from now on. */
    void start() {
        if (!running) {
            running = true;
            step();
        }
    }

    private void step() {
        // First: what one slot makes of it must not end it for all.
        loop.schedule(INTERVAL, this::step);
        slots.all().forEach(this::look);
    }

    /** Tells of the slot if it was gained since the last look. */
    void look(Slot slot) {
        int number = slot.number();
        if (!isLed(slot)) {
            led.remove(number);
            gained.remove(number);
        } else if (led.add(number) && running) {
            if (gained.isEmpty()) {
                loop.execute(this::tell);
            }
            gained.add(number);
        }
    }

    private void tell() {
        Set<Integer> told = Set.copyOf(gained);
        gained.clear();
        if (!told.isEmpty()) {
            listeners.forEach(l -> l.accept(told));
        }
    }

    private boolean isLed(Slot slot) {
        if (slots.forks().isOpen(slot.number())) {
            return true;
        }
        Replica replica = slot.replica();
        return replica.isSettled() && replica.hasLease()
                && !slots.forks().isMerging(slot.number())
                && !slot.isPartlyMerged(loop.nanoTime());
    }

    boolean isPrimary(int number) {
        Optional<Slot> slot = slots.get(number);
        boolean is = slot.isPresent() && isLed(slot.get());
        if (!is) {
            // Whoever was told so is told once it is again, however short that was.
            led.remove(number);
        }
        return is;
    }

    /** Calls {@code listener} in a task of its own with the slots that were gained. */
    void onLead(Consumer<Set<Integer>> listener) {
        listeners.add(listener);
    }
}

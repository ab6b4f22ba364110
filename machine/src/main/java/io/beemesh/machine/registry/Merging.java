package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.replica.Rules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives what this node did alone to the primaries of the slots, as ordinary writes, once those can be reached
 * again. What was sent is on disk before, and the slot's log says what it took, so that nothing is taken
 * twice or forgotten. On the loop only.
 */
final class Merging {
    private static final Logger LOG = LoggerFactory.getLogger(Merging.class);
    private static final Duration INTERVAL = Duration.ofMillis(100);
    /** After something that could not be written. */
    private static final Duration RETRY = Duration.ofMillis(500);
    /** Objects of one log entry, and JSON of them. */
    private static final int PINS_MAX = 64;
    private static final long BYTES_MAX = 1 << 20;

    private final Loop loop;
    private final PeerId self;
    private final HomeSlots slots;
    private final Router router;
    private final Barriers barriers;
    private final RegistryCounters counters;
    private final ObjectMerge merge;
    private final Consumer<Slot> merged;
    /** Slots that wait for an answer. */
    private final Map<Integer, Long> busy = new HashMap<>();
    private boolean running;

    /** @param merged told of each slot of which nothing is left to merge */
    Merging(Loop loop, PeerId self, Rules rules, HomeSlots slots, Router router,
            Barriers barriers, RegistryCounters counters, Consumer<Slot> merged) {
        this.loop = loop;
        this.self = self;
        this.slots = slots;
        this.router = router;
        this.barriers = barriers;
        this.counters = counters;
        this.merge = new ObjectMerge(loop, self, rules);
        this.merged = merged;
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
        for (Fork fork : List.copyOf(slots.forks().all())) {
            consider(fork);
        }
    }

    private void consider(Fork fork) {
        if (!fork.isMerging() || !fork.isIdle() || busy.containsKey(fork.number())) {
            return;
        }
        busy.put(fork.number(), loop.nanoTime());
        // Whoever leads answers, and what it has is here before it is compared.
        barriers.awaitLog(fork.number()).whenComplete((version, failure) -> {
            if (failure != null || !fork.isMerging()) {
                busy.remove(fork.number());
            } else if (fork.pins().isEmpty()) {
                busy.remove(fork.number());
                slots.forks().end(fork);
                merged.accept(fork.slot());
            } else {
                offer(fork);
            }
        });
    }

    private void offer(Fork fork) {
        List<Pin> batch = batch(fork);
        long upTo = batch.getLast().index();
        long offer = fork.offer(upTo);
        slots.forks().onceStored(fork.number(), offer, stored -> {
            if (stored && fork.isMerging()) {
                send(fork, batch, upTo, offer);
            } else {
                busy.remove(fork.number());
            }
        });
    }

    private static List<Pin> batch(Fork fork) {
        List<Pin> batch = new ArrayList<>();
        long bytes = 0;
        for (Pin pin : fork.pins()) {
            boolean tied = !batch.isEmpty() && batch.getLast().index() == pin.index();
            if (!batch.isEmpty() && !tied
                    && (batch.size() >= PINS_MAX || bytes + pin.bytes() > BYTES_MAX)) {
                break;
            }
            batch.add(pin);
            bytes += pin.bytes();
        }
        return batch;
    }

    private void send(Fork fork, List<Pin> batch, long upTo, long offer) {
        List<Mutation> mutations = new ArrayList<>();
        List<Mutation> elsewhere = new ArrayList<>();
        long version = fork.slot().version();
        int conflicts = 0;
        for (Pin pin : batch) {
            ObjectMerge.Result result = merge.merge(pin);
            result.mutation().ifPresent(mutations::add);
            for (Mutation event : result.events()) {
                conflicts++;
                if (slots.forks().trunk(event.key()).isPresent()) {
                    continue;
                }
                (SlotMap.of(event.key()) == fork.number() ? mutations : elsewhere).add(event);
            }
            version = Math.max(version, pin.ours().version());
        }
        Settle settle = new Settle(self, fork.slot().settled(self).upTo(), upTo, offer,
                batch.size() < fork.pins().size(), version);
        int found = conflicts;
        tell(fork, List.copyOf(elsewhere), () -> router.merge(fork.number(), mutations, settle)
                .thenAccept(result -> {
                    if (result instanceof WriteResult.Committed) {
                        busy.remove(fork.number());
                        counters.merged.add(batch.size());
                        counters.conflicts.add(found);
                        LOG.info("Fork merged slot={} objects={} conflicts={}", fork.number(),
                                batch.size(), found);
                        consider(fork);
                    } else {
                        LOG.debug("Fork not merged yet slot={} result={}", fork.number(), result);
                        later(fork);
                    }
                }));
    }

    /** Events of other slots come before what they tell of, so that they are not lost. */
    private void tell(Fork fork, List<Mutation> events, Runnable then) {
        if (events.isEmpty()) {
            then.run();
            return;
        }
        Mutation first = events.getFirst();
        router.write(SlotMap.of(first.key()), List.of(first))
                .thenAccept(result -> {
                    switch (result) {
                        case WriteResult.Unavailable _,WriteResult.NeedsMajority _ -> later(fork);
                        case WriteResult.Full(String reason) -> {
                            LOG.warn("Conflict not told, its namespace is full event={} reason={}",
                                    first.key(), reason);
                            tell(fork, events.subList(1, events.size()), then);
                        }
                        case WriteResult.Committed _,WriteResult.AlreadyExists _,WriteResult.Conflict _,WriteResult.NotFound _ ->
                            tell(fork, events.subList(1, events.size()), then);
                    }
                });
    }

    private void later(Fork fork) {
        loop.schedule(RETRY, () -> busy.remove(fork.number()));
    }
}

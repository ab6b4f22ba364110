package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.GroupResource;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits until this node has what the others have: for a read, and when it starts. On the loop only. */
final class Reads {
    private static final Logger LOG = LoggerFactory.getLogger(Reads.class);
    private static final Duration CATCH_UP_RETRY = Duration.ofMillis(500);
    private static final Duration ON_DISK_RETRY = Duration.ofMillis(10);
    private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

    private final Loop loop;
    private final HomeSlots slots;
    private final Discovery discovery;
    private final Barriers barriers;
    private final View view;
    private volatile boolean caughtUp;

    Reads(Loop loop, HomeSlots slots, Discovery discovery, Barriers barriers, View view) {
        this.loop = loop;
        this.slots = slots;
        this.discovery = discovery;
        this.barriers = barriers;
        this.view = view;
    }

    /** Any thread. */
    boolean isCaughtUp() {
        return caughtUp;
    }

    /** This node has what the others have, or is alone. */
    void caughtUp() {
        slots.voice().give();
        caughtUp = true;
    }

    /** Waits until all that was committed is here; the version that this is. */
    CompletableFuture<Long> barrier(String namespace) {
        return namespace.isEmpty()
                // A slot of which this node has not heard yet may hold some too.
                ? discovery.await().thenCompose(this::barrier)
                : barriers.await(List.of(SlotMap.ofNamespace(namespace)), view.version());
    }

    /**
     * Who joins does not wait for what nobody has an entry of, as that may wait for its voice. Others do: a slot
     * that is just being begun may get versions below that of the list.
     */
    private CompletableFuture<Long> barrier(Set<Integer> told) {
        Set<Integer> all = new TreeSet<>(told);
        slots.all().stream().map(Slot::number).filter(this::isBegun).forEach(all::add);
        List<Integer> numbers = List.copyOf(all);
        if (numbers.isEmpty()) {
            return CompletableFuture.completedFuture(view.version());
        }
        // The second round moves the clocks of all slots beyond what the first one saw; what it
        // sees is later.
        return barriers.await(numbers, view.version())
                .thenCompose(v -> numbers.size() == 1
                        ? CompletableFuture.completedFuture(v)
                        : barriers.await(numbers, v).thenApply(later -> v));
    }

    private boolean isBegun(int number) {
        return slots.hasVoice() || !slots.slot(number).isNew() || slots.forks().isOpen(number)
                || slots.forks().isMerging(number) || slots.forks().servedBy(number).isPresent();
    }

    /** All objects of a kind, in one namespace or all, as they are at one version. */
    CompletableFuture<Registry.Snapshot> list(GroupResource type, String namespace) {
        return barrier(namespace).thenCompose(reached -> slots.forks().isDetached(namespace)
                ? listForked(type, namespace)
                : CompletableFuture.completedFuture(view.snapshot(type, namespace,
                        HybridClock.attached(reached),
                        namespace.isEmpty()
                                ? Optional.empty()
                                : slots.get(SlotMap.ofNamespace(namespace)))));
    }

    /** Whoever serves one of the slots hears of the list's version first, so that what it does later is above. */
    private CompletableFuture<Registry.Snapshot> listForked(GroupResource type,
            String namespace) {
        long version = slots.forks().nextVersion();
        List<Integer> numbers = namespace.isEmpty()
                ? slots.all().stream().map(Slot::number).filter(this::isBegun).toList()
                : List.of(SlotMap.ofNamespace(namespace));
        return barriers.await(numbers, version).thenApply(reached -> {
            view.reach(version);
            return view.snapshot(type, namespace, version, Optional.empty());
        });
    }

    /** Who has just joined has no word before it has all; who was here before may go on without the others. */
    CompletableFuture<Void> catchUp() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        barrier("").whenComplete((reached, failure) -> {
            if (failure == null) {
                Map<Slot, Long> here = new LinkedHashMap<>();
                slots.all().forEach(s -> here.put(s, s.replica().committed().sequence()));
                onceOnDisk(here, () -> {
                    caughtUp();
                    askAgain();
                    done.complete(null);
                });
            } else {
                LOG.warn("Registry is behind the others reason=\"{}\"", failure.getMessage());
                loop.schedule(CATCH_UP_RETRY, () -> catchUp().thenAccept(done::complete));
            }
            if (slots.hasVoice()) {
                done.complete(null);
            }
        });
        return done;
    }

    /** What is lost with this life of the process does not count; what comes meanwhile is not waited for. */
    private void onceOnDisk(Map<Slot, Long> here, Runnable task) {
        here.entrySet().removeIf(s -> s.getKey().replica().durable() >= s.getValue());
        if (here.isEmpty()) {
            task.run();
        } else {
            loop.schedule(ON_DISK_RETRY, () -> onceOnDisk(here, task));
        }
    }

    /** Who may have begun a slot without this node has to say so, or to hear of it. */
    private void askAgain() {
        slots.all().stream().filter(s -> !s.isNew()).forEach(s -> slots.voice().knows(s.number()));
        if (!slots.voice().isWhole()) {
            loop.schedule(ASK_AGAIN,
                    () -> discovery.await().whenComplete((told, failure) -> askAgain()));
        }
    }
}

package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.Storage.LogRecord;
import io.beemesh.machine.registry.Storage.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The slots that this node is a home of: takes writes to them through log and disk to their commit. */
final class HomeSlots implements LogWriter.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(HomeSlots.class);
    private static final Duration RETRY_SOON = Duration.ofSeconds(1);
    private static final Duration RETRY_LATER = Duration.ofSeconds(10);
    private static final Duration IDLE_CHECK_INTERVAL = Duration.ofMillis(1);
    /** Writes that wait for the term of one slot to begin. */
    private static final int WAITING_MAX = 1_000;

    /** What is done in a slot once its term has begun, or what is told if it does not. */
    private record Waiting(Runnable serve, Consumer<WriteResult> refuse) {}

    private final Loop loop;
    private final PeerId self;
    private final RegistryConfig config;
    private final HybridClock clock;
    private final ObjectTable objects;
    private final Consumer<List<Proposal>> committed;
    private final Primary primary;
    private final LogWriter log;
    private final Checkpoints checkpoints;
    private final Map<Integer, Slot> slots = new TreeMap<>();
    private final Map<Integer, Queue<Waiting>> waiting = new TreeMap<>();
    private long version;
    private volatile Optional<String> unusable = Optional.empty();

    HomeSlots(Loop loop, PeerId self, Storage storage, RegistryConfig config, ObjectTable objects,
            Consumer<List<Proposal>> committed) {
        this.loop = loop;
        this.self = self;
        this.config = config;
        this.clock = new HybridClock(loop, self);
        this.objects = objects;
        this.committed = committed;
        this.primary = new Primary(config, clock, objects);
        this.log = new LogWriter(loop, storage, this);
        this.checkpoints = new Checkpoints(storage, objects, config.checkpointBytes());
    }

    /** Takes over what is on disk; returns the highest version that checkpoints include. */
    long restore(Storage.Recovered recovered) throws IOException {
        for (Storage.SlotMark mark : recovered.marks()) {
            if (!mark.homes().members().contains(self)) {
                throw new IOException("the registry on disk is another node's: homes of slot "
                        + mark.slot() + " are " + mark.homes() + ", this is " + self);
            }
            slot(mark.slot()).restore(mark);
            clock.observe(mark.version());
            version = Math.max(version, mark.version());
        }
        for (StoredObject object : recovered.objects()) {
            objects.put(object);
        }
        RecordCodec codec = new RecordCodec();
        for (LogRecord record : recovered.log()) {
            slot(record.slot()).restore(record, codec);
            checkpoints.changed(record.slot());
        }
        LOG.info("Registry opened storage={} slots={} logged={}", recovered.storageId(),
                slots.size(), recovered.log().size());
        return version;
    }

    /** Begins a term in each slot that holds something; completes once all it held is committed. */
    CompletableFuture<Void> start() {
        List<CompletableFuture<WriteResult>> begun = new ArrayList<>();
        for (int number : List.copyOf(slots.keySet())) {
            CompletableFuture<WriteResult> future = new CompletableFuture<>();
            begun.add(future);
            WriteResult serving = new WriteResult.Committed(List.of());
            whenServing(number, new Waiting(
                    () -> slot(number).lastInFlight().whenCommitted(future, serving),
                    refusal -> future.completeExceptionally(new IOException(
                            "slot " + number + " does not begin: " + refusal))));
        }
        return CompletableFuture.allOf(begun.toArray(CompletableFuture[]::new));
    }

    /** False once the disk failed or the node is being stopped; any thread. */
    boolean isServing() {
        return unusable.isEmpty();
    }

    /** Refuses further writes; completes once all is on disk in a checkpoint. */
    CompletableFuture<Void> stop() {
        unusable = unusable.or(() -> Optional.of("the node is shutting down"));
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        finish(stopped);
        return stopped;
    }

    private void finish(CompletableFuture<Void> stopped) {
        if (!log.isIdle() || checkpoints.isBusy()) {
            loop.schedule(IDLE_CHECK_INTERVAL, () -> finish(stopped));
        } else {
            checkpoints.begin(this::mark, () -> stopped.complete(null));
        }
    }

    void write(int number, List<Mutation> mutations, CompletableFuture<WriteResult> future) {
        if (unusable.isPresent()) {
            future.complete(new WriteResult.Unavailable(unusable.get(), RETRY_LATER, false));
        } else if (log.waitingBytes() > config.waitingBytesMax()) {
            future.complete(new WriteResult.Unavailable("too many writes wait for the disk",
                    RETRY_SOON, false));
        } else {
            whenServing(number,
                    new Waiting(() -> primary.write(slot(number), mutations, future),
                            future::complete));
        }
    }

    boolean isBeyond(long wanted) {
        return clock.isBeyond(wanted);
    }

    private Slot slot(int number) {
        return slots.computeIfAbsent(number, n -> new Slot(n, self, clock, log::append));
    }

    private Storage.SlotMark mark(int number) {
        return slot(number).mark(version);
    }

    private void whenServing(int number, Waiting task) {
        Slot slot = slot(number);
        if (slot.role() == Slot.Role.PRIMARY) {
            task.serve.run();
            return;
        }
        Queue<Waiting> queue = waiting.computeIfAbsent(number, n -> new ArrayDeque<>());
        if (queue.size() >= WAITING_MAX) {
            task.refuse
                    .accept(new WriteResult.Unavailable("too many writes wait for slot " + number,
                            RETRY_SOON, false));
            return;
        }
        queue.add(task);
        if (slot.role() == Slot.Role.HOME) {
            slot.campaign();
        }
    }

    @Override
    public void onStored(List<LogRecord> records) {
        List<Proposal> done = new ArrayList<>();
        List<Integer> begun = new ArrayList<>();
        for (LogRecord record : records) {
            Slot slot = slot(record.slot());
            Slot.Role before = slot.role();
            done.addAll(slot.onStored(record));
            checkpoints.changed(record.slot());
            if (slot.role() == Slot.Role.PRIMARY && before != Slot.Role.PRIMARY) {
                begun.add(record.slot());
            }
        }
        for (int number : begun) {
            LOG.debug("Term began slot={} term={}", number, slot(number).term());
            Queue<Waiting> tasks = waiting.remove(number);
            if (tasks != null) {
                tasks.forEach(t -> t.serve.run());
            }
        }
        if (!done.isEmpty()) {
            for (Proposal proposal : done) {
                version = Math.max(version, proposal.entry().version());
                proposal.effects().forEach(e -> checkpoints.changed(e.object().key()));
                proposal.settle();
            }
            committed.accept(done);
            checkpoints.consider(log.storedBytes(), this::mark);
        }
    }

    @Override
    public void onLost(Outcome outcome, List<LogRecord> unknown) {
        WriteResult result = switch (outcome) {
            case Outcome.Full(String reason) -> new WriteResult.Full(reason);
            case Outcome.Failed(String reason) -> {
                LOG.error("Disk failed, the registry takes no writes until a restart reason={}",
                        reason);
                unusable = Optional.of("the disk failed: " + reason);
                yield new WriteResult.Unavailable(reason, RETRY_LATER, !unknown.isEmpty());
            }
            case Outcome.Stored() -> throw new IllegalArgumentException("stored is not lost");
        };
        for (Slot slot : List.copyOf(slots.values())) {
            if (slot.isUnsettled()) {
                List<Proposal> lost = slot.abandon();
                lost.forEach(Proposal::settle);
                lost.forEach(p -> p.lost(result));
            }
        }
        List<Queue<Waiting>> refused = List.copyOf(waiting.values());
        waiting.clear();
        refused.forEach(q -> q.forEach(t -> t.refuse.accept(result)));
    }
}

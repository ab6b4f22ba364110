package io.beemesh.machine.registry;

import com.google.protobuf.CodedInputStream;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.replica.Replica;
import io.beemesh.machine.registry.replica.Role;
import io.beemesh.machine.registry.replica.Rules.Rule;
import io.beemesh.protocol.registry.RegistryMessage;
import io.beemesh.protocol.registry.RegistryMessage.Request;
import io.beemesh.protocol.registry.RegistryMessage.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Brings writes to the primaries of their slots, wherever those are: here, elsewhere under an id that
 * gets the same answer however often it is asked, or nowhere yet. On the loop only.
 */
final class Router {
    /** What a {@link Request} asks for. */
    static final int WRITE = 1;
    static final int BARRIER = 2;
    static final int SLOTS = 3;
    static final int SIDE = 4;
    /** A write to a slot that the asked node serves without a majority. */
    static final int FORKED = 5;

    /** While a takeover may be under way a write waits this long. */
    static final Duration WAIT_MAX = Duration.ofSeconds(5);
    private static final Duration RETRY = Duration.ofMillis(50);
    private static final Duration RESEND = Duration.ofMillis(1_500);
    private static final Duration LATER = Duration.ofSeconds(1);
    /** Writes of one slot that wait for their primary, or for its answer. */
    private static final int WAITING_MAX = 1_000;
    /** Bytes of a write that fit into a message. */
    private static final int WRITE_BYTES_MAX = RegistryMessage.FRAME_BYTES_MAX - 1024;

    private static final int DONE = 1;
    private static final int NOT_PRIMARY = 2;

    private final Loop loop;
    private final Mesh mesh;
    private final HomeSlots slots;
    private final Writes writes;
    private final Founding founding;
    private final Answers answers;
    private final WriteCodec codec = new WriteCodec(new RecordCodec());
    private final Map<Long, Pending> sent = new TreeMap<>();
    /** Writes of other nodes to slots that are served from here, by their ids, until they are answered. */
    private final Map<Long, CompletableFuture<WriteResult>> forking = new HashMap<>();
    private final Map<Integer, Integer> waiting = new TreeMap<>();
    private final Map<Integer, Queue<Consumer<Optional<WriteResult>>>> onRole = new TreeMap<>();
    private final Map<Integer, CompletableFuture<WriteResult>> beginning = new TreeMap<>();
    private final RegistryCounters counters;
    private final BiConsumer<Integer, Runnable> refresh;

    /** A write on its way. */
    private static final class Pending {
        private final Slot slot;
        private final List<Mutation> mutations;
        private final CompletableFuture<WriteResult> future;
        private final Optional<Settle> settle;
        private final long deadline;
        private long id;
        private int attempt;
        private Optional<PeerId> target = Optional.empty();
        private Loop.Timer resend = () -> {
        };
        private boolean uncertain;
        /** Whether a node that serves a fork was asked, which remembers it alone. */
        private boolean forked;
        /** Whether more than one was asked, or one in two ways. */
        private boolean moved;

        /** Of another node, under its id. */
        private Pending(Slot slot, List<Mutation> mutations,
                CompletableFuture<WriteResult> future, long id) {
            this(slot, mutations, Optional.empty(), future, 0);
            this.id = id;
        }

        private Pending(Slot slot, List<Mutation> mutations, Optional<Settle> settle,
                CompletableFuture<WriteResult> future, long deadline) {
            this.slot = slot;
            this.mutations = mutations;
            this.future = future;
            this.settle = settle;
            this.deadline = deadline;
        }
    }

    /** @param refresh has shown here what another node did that serves a slot, or tried to, and runs a task then */
    Router(Loop loop, Mesh mesh, HomeSlots slots, Writes writes, Answers answers,
            RegistryCounters counters, BiConsumer<Integer, Runnable> refresh) {
        this.loop = loop;
        this.mesh = mesh;
        this.slots = slots;
        this.writes = writes;
        this.founding = new Founding(mesh, slots);
        this.answers = answers;
        this.counters = counters;
        this.refresh = refresh;
    }

    void write(int number, List<Mutation> mutations, CompletableFuture<WriteResult> future) {
        int queued = waiting.getOrDefault(number, 0);
        if (queued >= WAITING_MAX) {
            future.complete(new WriteResult.Unavailable(
                    "too many writes wait for slot " + number, LATER, false));
            return;
        }
        Pending write = new Pending(slots.slot(number), mutations, Optional.empty(), future,
                loop.nanoTime() + WAIT_MAX.toNanos());
        if (!decidesHere(write.slot) && !slots.forks().isOpen(number)) {
            waiting.put(number, queued + 1);
            future.whenComplete((result, failure) -> waiting.merge(number, -1,
                    (a, b) -> a + b == 0 ? null : a + b));
        }
        attempt(write);
    }

    CompletableFuture<WriteResult> write(int number, List<Mutation> mutations) {
        CompletableFuture<WriteResult> future = new CompletableFuture<>();
        write(number, mutations, future);
        return future;
    }

    /** Has the slot's primary take part of this node's fork into its log. */
    CompletableFuture<WriteResult> merge(int number, List<Mutation> mutations, Settle settle) {
        CompletableFuture<WriteResult> future = new CompletableFuture<>();
        attempt(new Pending(slots.slot(number), mutations, Optional.of(settle), future,
                loop.nanoTime() + WAIT_MAX.toNanos()));
        return future;
    }

    private static boolean decidesHere(Slot slot) {
        return slot.replica().role() == Role.PRIMARY && !slot.replica().isHandingOver();
    }

    private void attempt(Pending write) {
        if (write.settle.isEmpty() && slots.forks().isOpen(write.slot.number())) {
            decideForked(write);
            return;
        }
        if (write.settle.isEmpty() && slots.forks().isMerging(write.slot.number())) {
            again(write, RETRY);
            return;
        }
        if (decidesHere(write.slot)) {
            decide(write);
            return;
        }
        Optional<PeerId> server = slots.forks().servedBy(write.slot.number())
                .filter(p -> write.settle.isEmpty());
        if (server.isPresent()) {
            send(write, server.get(), FORKED);
            return;
        }
        Replica replica = write.slot.replica();
        Optional<PeerId> primary = replica.primary().filter(p -> !p.equals(mesh.members().self()))
                .or(() -> founding.founder(write.slot));
        if (primary.isPresent()) {
            send(write, primary.get(), WRITE);
        } else {
            founding.begin(write.slot);
            again(write, RETRY);
        }
    }

    private void again(Pending write, Duration delay) {
        if (loop.nanoTime() - write.deadline > 0) {
            write.future.complete(new WriteResult.Unavailable(
                    "slot " + write.slot.number() + " has no primary that can be reached", LATER,
                    write.id != 0));
            return;
        }
        onceLed(write.slot, delay, refusal -> {
            if (refusal.isPresent()) {
                write.future.complete(refusal.get());
            } else {
                attempt(write);
            }
        });
    }

    // Waiting for a primary.

    /** What is done once a slot has a primary, or a while later, or is told that the disk is full. */
    private void onceLed(Slot slot, Duration delay, Consumer<Optional<WriteResult>> task) {
        boolean[] done = {false};
        Consumer<Optional<WriteResult>> once = refusal -> {
            if (!done[0]) {
                done[0] = true;
                task.accept(refusal);
            }
        };
        onRole.computeIfAbsent(slot.number(), n -> new ArrayDeque<>()).add(once);
        if (!decidesAlone(slot)) {
            loop.schedule(delay, () -> {
                Queue<Consumer<Optional<WriteResult>>> queue = onRole.get(slot.number());
                if (queue != null) {
                    queue.remove(once);
                }
                once.accept(Optional.empty());
            });
        }
    }

    /** Whether nobody but this node can ever lead the slot, so that it need not be waited for. */
    private boolean decidesAlone(Slot slot) {
        return mesh.members().everyone().size() == 1 && slot.replica().homes().size() == 1;
    }

    /** The slot may have another primary now. */
    void onRole(Slot slot) {
        CompletableFuture<WriteResult> begun = beginning.get(slot.number());
        if (begun != null && slot.replica().role() == Role.PRIMARY) {
            beginning.remove(slot.number());
            slot.lastInFlight().whenCommitted(begun, new WriteResult.Committed(List.of()));
        }
        if (slot.replica().primary().isPresent()) {
            onServed(slot);
        }
    }

    /** Writes of the slot may go on. */
    void onServed(Slot slot) {
        Queue<Consumer<Optional<WriteResult>>> tasks = onRole.remove(slot.number());
        if (tasks != null) {
            tasks.forEach(t -> t.accept(Optional.empty()));
        }
    }

    /** Has every slot led that only this node holds; completes once what they held is committed. */
    CompletableFuture<Void> begin() {
        List<CompletableFuture<Void>> begun = new ArrayList<>();
        List<PeerId> self = List.of(mesh.members().self());
        for (Slot slot : List.copyOf(slots.all())) {
            if (slot.replica().homes().members().equals(self)) {
                CompletableFuture<Void> future = new CompletableFuture<>();
                begun.add(future);
                CompletableFuture<WriteResult> committed = new CompletableFuture<>();
                committed.thenAccept(r -> {
                    if (r instanceof WriteResult.Committed) {
                        future.complete(null);
                    } else {
                        future.completeExceptionally(new IOException(
                                "slot " + slot.number() + " does not begin: " + r));
                    }
                });
                beginning.put(slot.number(), committed);
                founding.begin(slot);
            }
        }
        return CompletableFuture.allOf(begun.toArray(CompletableFuture[]::new));
    }

    // Here.

    private void decide(Pending write) {
        write.uncertain |= write.forked;
        Optional<WriteResult> refusal = slots.refusal();
        if (refusal.isPresent()) {
            write.future.complete(refusal.get());
            return;
        }
        if (write.id != 0) {
            serve(write.slot, write.id, write.mutations, write.settle)
                    .thenAccept(r -> finish(write, r,
                            slotRemembers(write.slot) && !write.forked));
        } else {
            writes.asPrimary(write.slot, write.mutations, 0, write.settle, write.future);
        }
    }

    /** The slot is served from this node's fork. */
    private void decideForked(Pending write) {
        Optional<WriteResult> refusal = slots.refusal();
        if (refusal.isPresent()) {
            write.future.complete(refusal.get());
        } else if (write.id != 0 && answers.get(write.id).isPresent()) {
            write.future.complete(answers.get(write.id).get());
        } else if (write.id != 0 && write.slot.request(write.id).isPresent()) {
            write.future.complete(new WriteResult.Unavailable(
                    "the slot lost its primary during the write, which may have been made", LATER,
                    true));
        } else if (write.target.isEmpty()) {
            writes.onFork(write.slot, write.mutations, write.future);
        } else {
            // Who was asked before may have made it.
            write.uncertain = true;
            CompletableFuture<WriteResult> decided = new CompletableFuture<>();
            decided.thenAccept(r -> finish(write, r, false));
            writes.onFork(write.slot, write.mutations, decided);
        }
    }

    /** Decides on a write that was passed on under an id, once. */
    private CompletableFuture<WriteResult> serve(Slot slot, long id, List<Mutation> mutations,
            Optional<Settle> settle) {
        // An answer that is committed and not told is neither in flight nor known.
        slots.tellCommitted();
        CompletableFuture<WriteResult> future = new CompletableFuture<>();
        boolean remembers = mesh.rules().hold(Rule.FIRST_ANSWER);
        Optional<WriteResult> known = answers.get(id).filter(a -> remembers);
        Optional<Proposal> inFlight = slot.request(id).filter(p -> remembers);
        if (known.isPresent()) {
            future.complete(known.get());
        } else if (inFlight.isPresent()) {
            inFlight.get().whenCommitted(future, inFlight.get().result());
        } else {
            writes.asPrimary(slot, mutations, id, settle, future);
            future.thenAccept(r -> {
                if (!(r instanceof WriteResult.Unavailable)) {
                    answers.put(id, r);
                }
            });
        }
        return future;
    }

    private boolean slotRemembers(Slot slot) {
        return answers.areCompleteSince(slot.rememberedSince());
    }

    // Elsewhere.

    private void send(Pending write, PeerId to, int kind) {
        byte[] payload = WriteCodec.encode(write.mutations, write.settle);
        if (payload.length > WRITE_BYTES_MAX) {
            write.future.complete(new WriteResult.Full("request is too large: " + payload.length
                    + " bytes, the limit is " + WRITE_BYTES_MAX));
            return;
        }
        if (write.id == 0) {
            write.id = mesh.random().nextLong(1, Long.MAX_VALUE);
        } else if (!write.target.equals(Optional.of(to)) || write.forked != (kind == FORKED)) {
            write.uncertain = true;
            write.moved = true;
        }
        write.forked |= kind == FORKED;
        counters.forwarded++;
        write.target = Optional.of(to);
        int attempt = ++write.attempt;
        sent.put(write.id, write);
        mesh.transport().send(to,
                new Request(write.slot.number(), write.id, kind, attempt, payload));
        write.resend = loop.schedule(RESEND, () -> {
            if (write.attempt == attempt && sent.get(write.id) == write) {
                write.uncertain = true;
                sent.remove(write.id);
                mesh.transport().renew(to);
                again(write, Duration.ZERO);
            }
        });
    }

    /** Another node passed a write on. */
    void onRequest(PeerId from, Request request) throws IOException {
        WriteCodec.Write write = codec.decode(request.slot(), request.payload());
        Optional<Slot> slot = slots.get(request.slot());
        if (slot.isEmpty() || !decidesHere(slot.get())) {
            counters.redirects++;
            slots.slot(request.slot());
            slot.ifPresent(founding::begin);
            respond(from, request, NOT_PRIMARY, out -> {
            });
            return;
        }
        Optional<WriteResult> refusal = slots.refusal();
        if (refusal.isPresent()) {
            result(from, request, slot.get(), refusal.get());
            return;
        }
        serve(slot.get(), request.id(), write.mutations(), write.settle())
                .thenAccept(r -> result(from, request, slot.get(), r));
    }

    /** A node of this side passed on a write to a slot that this one serves. */
    void onForkedRequest(PeerId from, Request request) throws IOException {
        WriteCodec.Write write = codec.decode(request.slot(), request.payload());
        Slot slot = slots.slot(request.slot());
        long id = request.id();
        if (!slots.forks().isOpen(request.slot())) {
            counters.redirects++;
            respond(from, request, NOT_PRIMARY, out -> {
            });
            return;
        }
        CompletableFuture<WriteResult> future = forking.get(id);
        if (future == null) {
            CompletableFuture<WriteResult> begun = new CompletableFuture<>();
            future = begun;
            forking.put(id, begun);
            decideForked(new Pending(slot, write.mutations(), begun, id));
            begun.thenAccept(r -> {
                forking.remove(id);
                if (!(r instanceof WriteResult.Unavailable)) {
                    answers.put(id, r);
                }
            });
        }
        future.thenAccept(r -> result(from, request, slot, r));
    }

    private void result(PeerId to, Request request, Slot slot, WriteResult result) {
        respond(to, request, DONE, out -> {
            // Of a fork no log has anything.
            out.writeUInt64NoTag(request.kind() == FORKED
                    ? 0
                    : slot.replica().committed().sequence());
            out.writeBoolNoTag(slotRemembers(slot));
            WriteCodec.write(result, out);
        });
    }

    private void respond(PeerId to, Request request, int outcome, RecordCodec.Body body) {
        mesh.transport().send(to,
                new Response(request.slot(), request.id(), request.kind(),
                        RecordCodec.bytes(out -> {
                            out.writeUInt32NoTag(request.attempt());
                            out.writeUInt32NoTag(outcome);
                            body.writeTo(out);
                        })));
    }

    /** The answer to a write that this node passed on. */
    void onResponse(PeerId from, Response response) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(response.payload());
        int attempt = in.readUInt32();
        int outcome = in.readUInt32();
        Pending write = sent.get(response.id());
        if (write == null || write.attempt != attempt
                || !write.target.equals(Optional.of(from))) {
            return;
        }
        write.resend.cancel();
        if (outcome == NOT_PRIMARY) {
            sent.remove(response.id());
            again(write, RETRY);
            return;
        }
        long sequence = in.readUInt64();
        boolean remembers = in.readBool() && !(write.forked && write.moved);
        WriteResult result = codec.readResult(in);
        sent.remove(response.id());
        if (response.kind() == FORKED) {
            refresh.accept(write.slot.number(), () -> finish(write, result, remembers));
        } else {
            onceCommitted(write.slot, sequence, () -> finish(write, result, remembers));
        }
    }

    /** What was answered is to be seen here. */
    private void onceCommitted(Slot slot, long sequence, Runnable task) {
        slot.whenCommitted(sequence, loop, LATER, task);
    }

    private void finish(Pending write, WriteResult result, boolean remembers) {
        switch (result) {
            case WriteResult.Committed _,WriteResult.Full _,WriteResult.NeedsMajority _ ->
                write.future.complete(result);
            case WriteResult.AlreadyExists _,WriteResult.Conflict _,WriteResult.NotFound _ ->
                write.future.complete(write.uncertain && !remembers
                        ? new WriteResult.Unavailable(
                                "the primary changed during the write, which may have been made",
                                LATER, true)
                        : result);
            case WriteResult.Unavailable(_, _, boolean maybe) -> {
                write.uncertain |= maybe;
                again(write, RETRY);
            }
        }
    }

    /** The disk takes no more: what waits for a term of the slot is told. */
    void refuse(int number, WriteResult result) {
        CompletableFuture<WriteResult> begun = beginning.remove(number);
        if (begun != null) {
            begun.complete(result);
        }
        Queue<Consumer<Optional<WriteResult>>> tasks = onRole.remove(number);
        if (tasks != null) {
            // Only where this node could have led is that the end of it.
            boolean alone = decidesAlone(slots.slot(number));
            tasks.forEach(t -> t.accept(alone ? Optional.of(result) : Optional.empty()));
        }
    }
}

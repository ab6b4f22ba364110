package io.beemesh.machine.registry;

import com.google.protobuf.CodedInputStream;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.replica.Rules.Rule;
import io.beemesh.protocol.registry.RegistryMessage.Request;
import io.beemesh.protocol.registry.RegistryMessage.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * Read barriers: asks the primaries of slots how far those are, and waits until the replicas here are
 * there too. One message for all slots of a primary. On the loop only.
 */
final class Barriers {
    private static final Duration RETRY = Duration.ofMillis(50);
    private static final Duration RESEND = Duration.ofMillis(500);

    private final Loop loop;
    private final Mesh mesh;
    private final HomeSlots slots;
    private final Founding founding;
    private final RegistryCounters counters;
    private final Side side;
    private final Map<Long, Asked> asked = new TreeMap<>();

    /** One read, and the slots of which it waits for word. */
    private static final class Read {
        private final TreeSet<Integer> open;
        private final TreeSet<Integer> refreshing = new TreeSet<>();
        private final long deadline;
        private final CompletableFuture<Long> future = new CompletableFuture<>();
        private long version;
        private int catchingUp;
        private boolean ofLog;
        private Optional<Loop.Timer> next = Optional.empty();

        private Read(List<Integer> slots, long version, long deadline) {
            this.open = new TreeSet<>(slots);
            this.version = version;
            this.deadline = deadline;
        }
    }

    private record Asked(Read read, PeerId to, List<Integer> slots, Loop.Timer end) {}

    /** How far a slot is, or that its primary is elsewhere. */
    private record Word(int slot, boolean known, long sequence, long version) {}

    Barriers(Loop loop, Mesh mesh, HomeSlots slots, RegistryCounters counters, Side side) {
        this.loop = loop;
        this.mesh = mesh;
        this.slots = slots;
        this.founding = new Founding(mesh, slots);
        this.counters = counters;
        this.side = side;
    }

    /**
     * Completes once all that was committed in the slots before this call is here, with a version at or
     * above it that later writes in the slots exceed; fails with {@link UnavailableException} if that takes
     * too long.
     */
    CompletableFuture<Long> await(List<Integer> numbers, long atLeast) {
        if (!mesh.rules().hold(Rule.BARRIER)) {
            return CompletableFuture.completedFuture(atLeast);
        }
        Read read = new Read(numbers, atLeast, loop.nanoTime() + Router.WAIT_MAX.toNanos());
        ask(read);
        return read.future;
    }

    /** The same of what the log of a slot says, while this node still shows its fork. */
    CompletableFuture<Long> awaitLog(int number) {
        Read read = new Read(List.of(number), 0, loop.nanoTime() + Router.WAIT_MAX.toNanos());
        read.ofLog = true;
        ask(read);
        return read.future;
    }

    private void ask(Read read) {
        if (loop.nanoTime() - read.deadline > 0) {
            read.future.completeExceptionally(new UnavailableException(
                    "slot " + read.open.first() + " has no primary that can be reached"));
            return;
        }
        Map<PeerId, List<Integer>> byPrimary = new LinkedHashMap<>();
        for (int number : List.copyOf(read.open)) {
            Slot slot = slots.slot(number);
            if (!read.ofLog && slots.forks().isMerging(number)) {
                continue;
            }
            if (!read.ofLog && (slots.forks().isOpen(number)
                    || slots.forks().servedBy(number).isPresent())) {
                refresh(read, number);
                continue;
            }
            Word here = word(slot, read.version);
            Optional<PeerId> primary = slot.replica().primary().or(() -> founding.founder(slot));
            if (here.known) {
                hear(read, here);
            } else if (primary.isPresent() && !primary.get().equals(mesh.members().self())) {
                byPrimary.computeIfAbsent(primary.get(), p -> new ArrayList<>()).add(number);
            } else {
                founding.begin(slot);
            }
        }
        byPrimary.forEach((primary, some) -> send(read, primary, some));
        if (!read.open.isEmpty()) {
            again(read, byPrimary.isEmpty() ? RETRY : RESEND);
        }
    }

    /** This node, or another of its side, serves the slot without a majority. */
    private void refresh(Read read, int number) {
        if (!read.refreshing.add(number)) {
            return;
        }
        slots.clock().observe(read.version);
        Word shown = new Word(number, true, 0,
                Math.max(read.version, slots.slot(number).version()));
        if (slots.forks().isOpen(number)) {
            slots.forks().onceShown(number, () -> hear(read, shown));
        } else {
            side.refresh(number, whole -> {
                read.refreshing.remove(number);
                if (whole) {
                    hear(read, shown);
                }
            });
        }
    }

    /** Asks once more after {@code delay}, instead of whenever it was to before. */
    private void again(Read read, Duration delay) {
        read.next.ifPresent(Loop.Timer::cancel);
        read.next = Optional.of(loop.schedule(delay, () -> {
            if (!read.open.isEmpty()) {
                ask(read);
            }
        }));
    }

    private void send(Read read, PeerId to, List<Integer> some) {
        long id = mesh.random().nextLong(1, Long.MAX_VALUE);
        counters.barriers++;
        asked.put(id, new Asked(read, to, some,
                loop.schedule(RESEND, () -> asked.remove(id))));
        mesh.transport().send(to, new Request(some.getFirst(), id, Router.BARRIER, 0,
                RecordCodec.bytes(out -> {
                    out.writeUInt64NoTag(read.version);
                    RecordCodec.writeSlots(some, out);
                })));
    }

    /**
     * What this node can say of a slot; as primary with a lease, it moves its clock. Entries that got their
     * versions before that are waited for, or a watch from {@code atLeast} would miss them.
     */
    private Word word(Slot slot, long atLeast) {
        boolean settled = slot.replica().isSettled() || !mesh.rules().hold(Rule.SETTLED_READS);
        if (settled && slot.replica().hasLease()) {
            slots.clock().observe(atLeast);
            return new Word(slot.number(), true, slot.sequenceAt(atLeast), slot.version());
        }
        return new Word(slot.number(), false, 0, 0);
    }

    private void hear(Read read, Word word) {
        if (!word.known || !read.open.remove(word.slot)) {
            return;
        }
        read.version = Math.max(read.version, word.version);
        read.catchingUp++;
        if (read.open.isEmpty()) {
            read.next.ifPresent(Loop.Timer::cancel);
        }
        slots.slot(word.slot).whenCommitted(word.sequence, loop,
                Router.WAIT_MAX, () -> caughtUp(read, word));
    }

    private void caughtUp(Read read, Word word) {
        Slot slot = slots.slot(word.slot);
        if (slot.replica().committed().sequence() < word.sequence) {
            read.future.completeExceptionally(new UnavailableException(
                    "this node's replica of slot " + word.slot + " is behind"));
        }
        read.catchingUp--;
        if (read.catchingUp == 0 && read.open.isEmpty()) {
            read.future.complete(read.version);
        }
    }

    /** Another node asks how far slots are. */
    void onRequest(PeerId from, Request request) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(request.payload());
        long atLeast = in.readUInt64();
        List<Word> words = new ArrayList<>();
        for (int number : RecordCodec.readSlots(in)) {
            Slot slot = slots.slot(number);
            if (founding.founder(slot).isEmpty() && slot.replica().primary().isEmpty()) {
                founding.begin(slot);
            }
            words.add(slots.clock().isBeyond(atLeast)
                    ? new Word(number, false, 0, 0)
                    : word(slot, atLeast));
        }
        mesh.transport().send(from, new Response(request.slot(), request.id(), Router.BARRIER,
                RecordCodec.bytes(out -> {
                    out.writeUInt32NoTag(words.size());
                    for (Word word : words) {
                        out.writeUInt32NoTag(word.slot);
                        out.writeBoolNoTag(word.known);
                        out.writeUInt64NoTag(word.sequence);
                        out.writeUInt64NoTag(word.version);
                    }
                })));
    }

    /** The answer to a barrier of this node. */
    void onResponse(PeerId from, Response response) throws IOException {
        Asked question = asked.get(response.id());
        if (question == null || !question.to.equals(from)) {
            return;
        }
        asked.remove(response.id());
        question.end.cancel();
        CodedInputStream in = CodedInputStream.newInstance(response.payload());
        int count = in.readUInt32();
        boolean refused = false;
        for (int i = 0; i < count; i++) {
            Word word = new Word(in.readUInt32(), in.readBool(), in.readUInt64(),
                    in.readUInt64());
            refused |= !word.known;
            if (question.slots.contains(word.slot)) {
                hear(question.read, word);
            }
        }
        if (refused) {
            again(question.read, RETRY);
        }
    }
}

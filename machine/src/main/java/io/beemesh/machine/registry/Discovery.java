package io.beemesh.machine.registry;

import com.google.protobuf.CodedInputStream;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.registry.RegistryMessage.Request;
import io.beemesh.protocol.registry.RegistryMessage.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * Which slots there are: a slot that anything was acknowledged in is known to a majority of the members,
 * so asking a majority finds all. Members that have just joined and ask themselves do not count, as they had no
 * voice yet; else none of many that join at once would ever know. On the loop only.
 */
final class Discovery {
    private static final Duration RESEND = Duration.ofMillis(500);
    private static final byte[] JOINING = {};

    private final Loop loop;
    private final Mesh mesh;
    private final HomeSlots slots;
    private final Detachment detachment;
    private final Map<Long, Round> rounds = new TreeMap<>();

    /** One question to all. */
    private static final class Round {
        private final CompletableFuture<Set<Integer>> future = new CompletableFuture<>();
        private final Set<Integer> told = new TreeSet<>();
        /** Who may have begun a slot by the votes of those that told. */
        private final Map<Integer, Set<PeerId>> promised = new TreeMap<>();
        private final Set<PeerId> answered = new HashSet<>();
        /** Who asks the same itself, and has had no voice in founding anything. */
        private final Set<PeerId> joining = new HashSet<>();
        private final long deadline;

        private Round(long deadline) {
            this.deadline = deadline;
        }
    }

    Discovery(Loop loop, Mesh mesh, HomeSlots slots, Detachment detachment) {
        this.loop = loop;
        this.mesh = mesh;
        this.slots = slots;
        this.detachment = detachment;
    }

    /**
     * Names all slots that anything was acknowledged in before this call, but those that this node has entries
     * of; fails with {@link UnavailableException} if too few members answer.
     */
    CompletableFuture<Set<Integer>> await() {
        Round round = new Round(loop.nanoTime() + Router.WAIT_MAX.toNanos());
        (slots.hasVoice() ? round.answered : round.joining).add(mesh.members().self());
        long id = mesh.random().nextLong(1, Long.MAX_VALUE);
        rounds.put(id, round);
        ask(id, round);
        return round.future;
    }

    private void ask(long id, Round round) {
        if (finish(id, round)) {
            return;
        }
        if (loop.nanoTime() - round.deadline > 0) {
            rounds.remove(id);
            round.future.completeExceptionally(new UnavailableException(
                    "too few members of the mesh can be reached to tell all that there is"));
            return;
        }
        for (PeerId peer : mesh.members().everyone()) {
            if (!round.answered.contains(peer)) {
                mesh.transport().send(peer, new Request(0, id, Router.SLOTS, 0,
                        RecordCodec.bytes(
                                out -> out.writeBoolNoTag(!slots.voice().isWhole()))));
            }
        }
        loop.schedule(RESEND, () -> {
            if (rounds.get(id) == round) {
                ask(id, round);
            }
        });
    }

    private boolean finish(long id, Round round) {
        List<PeerId> asked = mesh.members().everyone().stream()
                .filter(p -> !round.joining.contains(p)).toList();
        // A side that goes on alone says what it knows.
        boolean alone = detachment.isMinority() && slots.voice().knowsAllThatWas()
                && asked.stream().filter(mesh.members()::isAlive)
                        .allMatch(round.answered::contains);
        if (2 * asked.stream().filter(round.answered::contains).count() <= asked.size()
                && !alone) {
            return false;
        }
        rounds.remove(id);
        if (!slots.hasVoice()) {
            round.promised.values().forEach(some -> {
                some.removeAll(round.answered);
                some.remove(mesh.members().self());
            });
            slots.voice().isWithheld(round.promised);
        }
        round.future.complete(round.told);
        return true;
    }

    /** Another node asks which slots this one knows; who does not know yet says just that. */
    void onRequest(PeerId from, Request request) throws IOException {
        if (!slots.hasVoice()) {
            mesh.transport().send(from,
                    new Response(0, request.id(), Router.SLOTS, JOINING));
            return;
        }
        Map<Integer, Set<PeerId>> promised = new TreeMap<>();
        CodedInputStream in = CodedInputStream.newInstance(request.payload());
        if (!in.isAtEnd() && in.readBool()) {
            slots.voice().tells(from);
            slots.voice().withheld()
                    .forEach((slot, some) -> promised.put(slot, new TreeSet<>(some)));
            for (Slot slot : slots.all()) {
                if (!slot.replica().promised().isEmpty()) {
                    promised.computeIfAbsent(slot.number(), s -> new TreeSet<>())
                            .addAll(slot.replica().promised());
                }
            }
        }
        List<Integer> known = slots.all().stream().filter(s -> !s.isNew()).map(Slot::number)
                .toList();
        mesh.transport().send(from, new Response(0, request.id(), Router.SLOTS,
                RecordCodec.bytes(out -> {
                    RecordCodec.writeSlots(known, out);
                    RecordCodec.writePromises(promised, out);
                })));
    }

    /** The answer to a question of this node. */
    void onResponse(PeerId from, Response response) throws IOException {
        Round round = rounds.get(response.id());
        if (response.payload().length == 0) {
            if (round != null) {
                round.joining.add(from);
                finish(response.id(), round);
            }
            return;
        }
        CodedInputStream in = CodedInputStream.newInstance(response.payload());
        List<Integer> told = RecordCodec.readSlots(in);
        slots.voice().toldBy(from, told);
        if (round == null) {
            return;
        }
        round.joining.remove(from);
        round.told.addAll(told);
        RecordCodec.readPromises(in).forEach((slot, some) -> round.promised
                .computeIfAbsent(slot, s -> new TreeSet<>()).addAll(some));
        round.answered.add(from);
        finish(response.id(), round);
    }
}

package io.beemesh.machine.registry;

import com.google.protobuf.CodedInputStream;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.registry.Position;
import io.beemesh.protocol.registry.RegistryMessage.Request;
import io.beemesh.protocol.registry.RegistryMessage.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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
        private final CompletableFuture<Void> future = new CompletableFuture<>();
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
     * Completes once all slots that anything was acknowledged in before this call are known here; fails with
     * {@link UnavailableException} if too few members answer.
     */
    CompletableFuture<Void> await() {
        Round round = new Round(loop.nanoTime() + Router.WAIT_MAX.toNanos());
        (slots.mayFound() ? round.answered : round.joining).add(mesh.members().self());
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
                mesh.transport().send(peer, new Request(0, id, Router.SLOTS, 0, new byte[0]));
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
        boolean alone = detachment.isMinority() && slots.knowsAllThatWas()
                && asked.stream().filter(mesh.members()::isAlive)
                        .allMatch(round.answered::contains);
        if (2 * asked.stream().filter(round.answered::contains).count() <= asked.size()
                && !alone) {
            return false;
        }
        rounds.remove(id);
        round.future.complete(null);
        return true;
    }

    /** Another node asks which slots this one knows; who does not know yet says just that. */
    void onRequest(PeerId from, Request request) {
        if (!slots.mayFound()) {
            mesh.transport().send(from,
                    new Response(0, request.id(), Router.SLOTS, JOINING));
            return;
        }
        List<Integer> known = slots.all().stream()
                .filter(s -> !s.replica().last().equals(Position.NONE)).map(Slot::number).toList();
        mesh.transport().send(from, new Response(0, request.id(), Router.SLOTS,
                RecordCodec.bytes(out -> RecordCodec.writeSlots(known, out))));
    }

    /** The answer to a question of this node. */
    void onResponse(PeerId from, Response response) throws IOException {
        Round round = rounds.get(response.id());
        if (round == null) {
            return;
        }
        if (response.payload().length == 0) {
            round.joining.add(from);
            finish(response.id(), round);
            return;
        }
        round.joining.remove(from);
        RecordCodec.readSlots(CodedInputStream.newInstance(response.payload()))
                .forEach(slots::slot);
        round.answered.add(from);
        finish(response.id(), round);
    }
}

package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Questions to other members, one at a time to each: what is wanted while one is open is asked for with the next. An
 * answer that is late still counts. On the loop only.
 */
final class Talks {
    /** After so long a question is asked once more; each time twice as long, up to the second. */
    private static final Duration RESEND = Duration.ofMillis(500);
    private static final Duration RESEND_MAX = Duration.ofSeconds(4);
    /** So long somebody waits for an answer. */
    private static final Duration WAIT_MAX = Duration.ofSeconds(3);
    /** Questions to one member of which an answer still counts. */
    private static final int OPEN_MAX = 8;
    /** Of one member. */
    private static final int WAITERS_MAX = 10_000;

    /** Sends a question; returns the slots that it is about. */
    interface Sender {
        Set<Integer> send(PeerId to, long id);
    }

    /** Somebody who wants an answer of what is asked from now on. */
    private record Waiter(int slot, long deadline, Consumer<Boolean> task) {}

    private record Question(long id, long sentAt, Set<Integer> slots, List<Waiter> waiting) {}

    private static final class Talk {
        private final ArrayDeque<Question> open = new ArrayDeque<>();
        private final List<Waiter> next = new ArrayList<>();
        private Duration resend = RESEND;
        private boolean again;
    }

    private final Loop loop;
    private final Mesh mesh;
    private final Sender sender;
    private final Map<PeerId, Talk> talks = new TreeMap<>();

    Talks(Loop loop, Mesh mesh, Sender sender) {
        this.loop = loop;
        this.mesh = mesh;
        this.sender = sender;
    }

    /** Asks a member, if no question to it is open. */
    void ask(PeerId peer) {
        Talk talk = talks.computeIfAbsent(peer, p -> new Talk());
        expire(talk);
        if (talk.open.isEmpty()) {
            send(peer, talk);
        } else if (loop.nanoTime() - talk.open.getLast().sentAt > talk.resend.toNanos()) {
            talk.resend = talk.resend.multipliedBy(2).compareTo(RESEND_MAX) < 0
                    ? talk.resend.multipliedBy(2)
                    : RESEND_MAX;
            send(peer, talk);
        }
    }

    /** Runs {@code task} with whether a member answered, wholly, what it was asked after this call. */
    void await(PeerId peer, int slot, Consumer<Boolean> task) {
        Talk talk = talks.computeIfAbsent(peer, p -> new Talk());
        if (talk.next.size() >= WAITERS_MAX) {
            task.accept(false);
            return;
        }
        talk.next.add(new Waiter(slot, loop.nanoTime() + WAIT_MAX.toNanos(), task));
        again(peer);
    }

    /** Asks a member at once, or as soon as it has answered. */
    void again(PeerId peer) {
        Talk talk = talks.computeIfAbsent(peer, p -> new Talk());
        if (talk.open.isEmpty()) {
            send(peer, talk);
        } else {
            talk.again = true;
        }
    }

    private void send(PeerId peer, Talk talk) {
        talk.again = false;
        long id = mesh.random().nextLong(1, Long.MAX_VALUE);
        List<Waiter> waiting = new ArrayList<>(talk.next);
        talk.next.clear();
        if (talk.open.size() >= OPEN_MAX) {
            waiting.addAll(talk.open.removeFirst().waiting);
        }
        talk.open.add(new Question(id, loop.nanoTime(), sender.send(peer, id), waiting));
    }

    private void expire(Talk talk) {
        long now = loop.nanoTime();
        List<Waiter> expired = new ArrayList<>();
        for (Question question : talk.open) {
            question.waiting.stream().filter(w -> now - w.deadline > 0).forEach(expired::add);
            question.waiting.removeAll(expired);
        }
        expired.forEach(w -> w.task.accept(false));
    }

    /** The slots that a question was about; empty if nobody waits for its answer. */
    Optional<Set<Integer>> asked(PeerId from, long id) {
        return Optional.ofNullable(talks.get(from)).stream().flatMap(t -> t.open.stream())
                .filter(q -> q.id == id).map(Question::slots).findFirst();
    }

    /** A question is answered, and those before it are with it; {@code whole} are the slots of which all is told. */
    void answered(PeerId from, long id, Set<Integer> whole) {
        Talk talk = talks.get(from);
        if (talk == null) {
            return;
        }
        List<Waiter> waiting = new ArrayList<>();
        boolean last = false;
        while (!last && !talk.open.isEmpty()) {
            Question question = talk.open.removeFirst();
            waiting.addAll(question.waiting);
            last = question.id == id;
        }
        talk.resend = RESEND;
        for (Waiter waiter : waiting) {
            waiter.task.accept(whole.contains(waiter.slot));
        }
        if (talk.again && talk.open.isEmpty()) {
            send(from, talk);
        }
    }

    /** Talks with these from now on, and with nobody else. */
    void only(Collection<PeerId> peers) {
        List<Waiter> failed = new ArrayList<>();
        talks.forEach((peer, talk) -> {
            if (!peers.contains(peer)) {
                talk.open.forEach(q -> failed.addAll(q.waiting));
                failed.addAll(talk.next);
            }
        });
        talks.keySet().retainAll(peers);
        failed.forEach(w -> w.task.accept(false));
    }
}

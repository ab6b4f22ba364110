package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.SideMessages.OfSlot;
import io.beemesh.machine.registry.SideMessages.Question;
import io.beemesh.machine.registry.SideMessages.Service;
import io.beemesh.machine.registry.SideMessages.Word;
import io.beemesh.protocol.registry.Position;
import io.beemesh.protocol.registry.RegistryMessage.Request;
import io.beemesh.protocol.registry.RegistryMessage.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The members of this side of a parted mesh: who of them goes on with a slot that nobody leads, and what that
 * one did with it, which all the others show. While there is such a slot each asks each that is alive, a few
 * times a second and before every read. On the loop only.
 */
final class Side {
    /** After so long an answer is lost. */
    private static final Duration LOST = Duration.ofMillis(500);
    /** What a member said counts so long. */
    private static final Duration FRESH = Duration.ofSeconds(1);
    /** So long a node that served a slot is waited for once the slot has a primary, if it says nothing. */
    private static final Duration SILENT_MAX = Duration.ofSeconds(3);
    /** The same if it says that it is about to give what it did. */
    private static final Duration MERGING_MAX = Duration.ofSeconds(10);

    /** Hears what becomes of slots that other nodes serve, on the loop. */
    interface Listener {
        /**
         * More of what another node did is shown.
         *
         * @param other whether what was shown before may be later
         */
        void onMirrored(Slot slot, List<Change> news, boolean other);

        /** The slot has a primary again. */
        void onClosed(Slot slot);

        /** Nothing of another node is shown any more. */
        void onMirrorEnded(Slot slot, List<Change> news);
    }

    /** What a member says of a slot. */
    private record Said(long at, Word word) {}

    /** Somebody who wants what a member did up to now. */
    private record Waiter(int slot, Consumer<Boolean> task) {}

    private static final class Talk {
        /** Of the question that is open, or zero. */
        private long id;
        private long sentAt;
        private boolean again;
        private List<Waiter> waiting = new ArrayList<>();
        private List<Waiter> next = new ArrayList<>();
        private final Map<Integer, Said> said = new HashMap<>();
    }

    private final Loop loop;
    private final Mesh mesh;
    private final HomeSlots slots;
    private final Predicate<Slot> complete;
    private final Predicate<Slot> led;
    private final RegistryCounters counters;
    private final Listener listener;
    private final RecordCodec codec = new RecordCodec();
    private final Map<PeerId, Talk> talks = new TreeMap<>();
    private final Map<Integer, Long> closedAt = new HashMap<>();
    private Set<Integer> leaderless = Set.of();

    /**
     * @param complete whether this node may go on with a slot
     * @param led whether it hears of a slot's primary
     */
    Side(Loop loop, Mesh mesh, HomeSlots slots, Predicate<Slot> complete, Predicate<Slot> led,
            RegistryCounters counters, Listener listener) {
        this.loop = loop;
        this.mesh = mesh;
        this.slots = slots;
        this.complete = complete;
        this.led = led;
        this.counters = counters;
        this.listener = listener;
    }

    /** Looks at the time, and at what is said; {@code numbers} are the slots that nobody leads or serves here. */
    void step(Collection<Integer> numbers) {
        leaderless = new TreeSet<>(numbers);
        for (Mirror mirror : List.copyOf(slots.forks().mirrors())) {
            look(mirror);
        }
        if (leaderless.isEmpty() && slots.forks().mirrors().isEmpty()) {
            end(List.of());
            return;
        }
        List<PeerId> others = others();
        end(others);
        others.forEach(this::ask);
    }

    /** No more talk with anybody but these. */
    private void end(List<PeerId> others) {
        List<Talk> ended = new ArrayList<>();
        talks.forEach((peer, talk) -> {
            if (!others.contains(peer)) {
                ended.add(talk);
            }
        });
        talks.keySet().retainAll(others);
        for (Talk talk : ended) {
            fail(talk.waiting);
            fail(talk.next);
        }
    }

    private List<PeerId> others() {
        return mesh.members().everyone().stream().filter(
                p -> !p.equals(mesh.members().self()) && mesh.members().isAlive(p)).toList();
    }

    // Who serves.

    /** Whether this node is the one of its side to go on with a slot: all others said how they have it. */
    boolean isFirst(Slot slot, boolean patient) {
        Word mine = word(slot);
        for (PeerId peer : others()) {
            Optional<Word> theirs = said(peer, slot.number());
            if (theirs.isEmpty()) {
                if (patient) {
                    return false;
                }
            } else if (theirs.get().service() == Service.OPEN
                    || (theirs.get().service() != Service.LED
                            && isBefore(slot, peer, theirs.get(), mine))) {
                return false;
            }
        }
        return true;
    }

    /** Whether another goes on with a slot rather than this node: who has most of it, a home, the first. */
    private boolean isBefore(Slot slot, PeerId peer, Word theirs, Word mine) {
        if (!theirs.complete()) {
            return false;
        }
        int order = Comparator.comparing(Word::last)
                .thenComparing(w -> w.service() == Service.MERGING).compare(theirs, mine);
        if (order != 0) {
            return order > 0;
        }
        boolean home = slot.replica().voters().contains(peer);
        boolean here = slot.replica().voters().contains(mesh.members().self());
        return home == here ? peer.compareTo(mesh.members().self()) < 0 : home;
    }

    private Optional<Word> said(PeerId peer, int slot) {
        return Optional.ofNullable(talks.get(peer)).map(t -> t.said.get(slot))
                .filter(s -> loop.nanoTime() - s.at < FRESH.toNanos()).map(Said::word);
    }

    // Questions.

    /** Runs {@code task} with whether all is shown here that the node which serves a slot did before this call. */
    void refresh(int slot, Consumer<Boolean> task) {
        Optional<PeerId> owner = slots.forks().servedBy(slot);
        if (owner.isEmpty()) {
            task.accept(false);
            return;
        }
        talks.computeIfAbsent(owner.get(), p -> new Talk()).next.add(new Waiter(slot, task));
        askAgain(owner.get());
    }

    private void ask(PeerId peer) {
        Talk talk = talks.computeIfAbsent(peer, p -> new Talk());
        if (talk.id != 0 && loop.nanoTime() - talk.sentAt < LOST.toNanos()) {
            return;
        }
        fail(talk.waiting);
        send(peer, talk);
    }

    private void askAgain(PeerId peer) {
        Talk talk = talks.computeIfAbsent(peer, p -> new Talk());
        if (talk.id == 0) {
            send(peer, talk);
        } else {
            talk.again = true;
        }
    }

    private static void fail(List<Waiter> waiters) {
        List<Waiter> failed = List.copyOf(waiters);
        waiters.clear();
        failed.forEach(w -> w.task.accept(false));
    }

    private void send(PeerId peer, Talk talk) {
        talk.id = mesh.random().nextLong(1, Long.MAX_VALUE);
        talk.sentAt = loop.nanoTime();
        talk.again = false;
        talk.waiting = talk.next;
        talk.next = new ArrayList<>();
        Set<Integer> numbers = new TreeSet<>(leaderless);
        slots.forks().mirrors().stream().filter(m -> m.owner().equals(peer))
                .forEach(m -> numbers.add(m.slot().number()));
        List<OfSlot> asked = numbers.stream().map(n -> question(peer, n)).toList();
        mesh.transport().send(peer, new Request(0, talk.id, Router.SIDE, 0,
                SideMessages.encode(new Question(slots.clock().latest(), asked))));
    }

    private OfSlot question(PeerId peer, int number) {
        long committed = slots.slot(number).replica().committed().sequence();
        return slots.forks().mirror(number).filter(m -> m.owner().equals(peer))
                .map(m -> new OfSlot(number, committed, true, m.nextBase(), m.upTo()))
                .orElseGet(() -> new OfSlot(number, committed, false, 0, 0));
    }

    /** Another member asks. */
    void onRequest(PeerId from, Request request) throws IOException {
        Question question = SideMessages.question(request.payload());
        if (slots.clock().isBeyondMembers(question.atLeast())) {
            return;
        }
        slots.clock().observe(question.atLeast());
        long room = SideMessages.BYTES_MAX;
        List<Word> words = new ArrayList<>();
        for (OfSlot asked : question.slots()) {
            Slot slot = slots.slot(asked.slot());
            Word word = word(slot);
            if (asked.follows() && word.service() != Service.NONE
                    && word.service() != Service.LED) {
                word = slots.forks().tell(word, asked, room);
                room -= bytes(word);
            }
            words.add(word);
        }
        mesh.transport().send(from,
                new Response(0, request.id(), Router.SIDE, SideMessages.encode(words)));
    }

    private static long bytes(Word word) {
        return word.base().stream().mapToLong(o -> o.json().length).sum()
                + word.pins().stream().mapToLong(Pin::bytes).sum();
    }

    /** How this node has a slot. */
    private Word word(Slot slot) {
        int number = slot.number();
        Service service;
        if (slots.forks().isOpen(number)) {
            service = Service.OPEN;
        } else if (slots.forks().unmerged(number) > 0) {
            service = Service.MERGING;
        } else {
            service = led.test(slot) ? Service.LED : Service.NONE;
        }
        return new Word(number, service, complete.test(slot), slot.replica().last(),
                slot.replica().committed().sequence(), List.of(), -1, List.of(), 0, false);
    }

    /** A member answers. */
    void onResponse(PeerId from, Response response) throws IOException {
        Talk talk = talks.get(from);
        if (talk == null || talk.id != response.id()) {
            return;
        }
        List<Word> words = SideMessages.words(response.payload(), codec);
        talk.id = 0;
        List<Waiter> waiting = talk.waiting;
        talk.waiting = new ArrayList<>();
        Set<Integer> whole = new TreeSet<>();
        for (Word word : words) {
            talk.said.put(word.slot(), new Said(loop.nanoTime(), word));
            if (hear(from, word)) {
                whole.add(word.slot());
            } else {
                talk.again |= slots.forks().mirror(word.slot())
                        .filter(m -> m.owner().equals(from) && !m.isClosed()).isPresent();
            }
        }
        for (Waiter waiter : waiting) {
            waiter.task.accept(whole.contains(waiter.slot));
        }
        if (talk.again) {
            send(from, talk);
        }
    }

    /** True if all that the member did with the slot is shown. */
    private boolean hear(PeerId from, Word word) {
        Slot slot = slots.slot(word.slot());
        Optional<Mirror> mirror = slots.forks().mirror(word.slot());
        if (mirror.isEmpty() || !mirror.get().owner().equals(from)) {
            if (word.service() == Service.OPEN && leaderless.contains(word.slot())
                    && !led.test(slot) && !slots.forks().isOpen(word.slot())
                    && slots.forks().unmerged(word.slot()) == 0
                    && (mirror.isEmpty() || !serves(mirror.get()))) {
                mirror.ifPresent(this::drop);
                slots.tellCommitted();
                slots.forks().mirror(slot, from);
                counters.mirrored++;
            }
            return false;
        }
        boolean tells = word.service() == Service.OPEN || word.service() == Service.MERGING;
        if (!tells) {
            return false;
        }
        boolean fresh = !mirror.get().isShown();
        List<Change> news = slots.forks().take(mirror.get(), word);
        if (mirror.get().isShown() && (fresh || !news.isEmpty())) {
            listener.onMirrored(slot, news, fresh && mirror.get().isOther());
        }
        return !word.more();
    }

    // What others serve.

    private boolean serves(Mirror mirror) {
        return mesh.members().isAlive(mirror.owner()) && said(mirror.owner(),
                mirror.slot().number()).filter(w -> w.service() == Service.OPEN).isPresent();
    }

    private void look(Mirror mirror) {
        int number = mirror.slot().number();
        onRole(mirror.slot());
        if (!mirror.isClosed()) {
            slots.forks().serves(mirror, serves(mirror));
            return;
        }
        List<Change> news = slots.forks().settle(mirror.slot(), mirror.slot().version());
        long since = loop.nanoTime() - closedAt.getOrDefault(number, loop.nanoTime());
        boolean merging = said(mirror.owner(), number)
                .filter(w -> w.service() == Service.OPEN || w.service() == Service.MERGING)
                .isPresent();
        if (mirror.isEmpty() && !merging) {
            slots.forks().endMirror(mirror);
            listener.onMirrorEnded(mirror.slot(), news);
        } else if (since > (merging ? MERGING_MAX : SILENT_MAX).toNanos()) {
            List<Change> all = new ArrayList<>(news);
            all.addAll(slots.forks().endMirror(mirror));
            listener.onMirrorEnded(mirror.slot(), all);
        } else if (!news.isEmpty()) {
            listener.onMirrored(mirror.slot(), news, false);
        }
    }

    /** Shows what the log says of a slot, as who served it is gone. */
    void drop(Mirror mirror) {
        listener.onMirrorEnded(mirror.slot(), slots.forks().endMirror(mirror));
    }

    /** The slot may have a primary. */
    void onRole(Slot slot) {
        slots.forks().mirror(slot.number()).ifPresent(mirror -> {
            boolean now = led.test(slot);
            if (now && !mirror.isClosed()) {
                closedAt.put(slot.number(), loop.nanoTime());
                slots.forks().closeMirror(mirror, true);
                listener.onClosed(slot);
            } else if (!now && mirror.isClosed()) {
                closedAt.remove(slot.number());
                slots.forks().closeMirror(mirror, false);
            }
        });
    }
}

package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.SideMessages.Answer;
import io.beemesh.machine.registry.SideMessages.OfSlot;
import io.beemesh.machine.registry.SideMessages.Part;
import io.beemesh.machine.registry.SideMessages.Question;
import io.beemesh.machine.registry.SideMessages.Service;
import io.beemesh.machine.registry.SideMessages.State;
import io.beemesh.machine.registry.SideMessages.Told;
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
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The members of this side of a parted mesh: who of them goes on with a slot that nobody leads, and what that
 * one did with it, which all the others show. While there is such a slot each asks each that is alive, a few
 * times a second and before every read. On the loop only.
 */
final class Side {
    /** What a member said counts so long. */
    private static final Duration FRESH = Duration.ofSeconds(2);
    /** So many members are asked in each step; of more each is asked less often. */
    private static final int ASKED_MAX = 8;
    /** So long a node that served a slot is waited for once the slot has a primary, if it says nothing. */
    private static final Duration SILENT_MAX = Duration.ofSeconds(3);
    /** The same if it says that it is about to give what it did. */
    private static final Duration MERGING_MAX = Duration.ofSeconds(10);

    /** Hears what becomes of slots that other nodes serve, on the loop. */
    interface Listener {
        /**
         * More of what another node did is shown.
         *
         * @param first whether it is the first; what was shown before may be later
         */
        void onMirrored(Slot slot, List<Change> news, boolean first);

        /** The slot has a primary again. */
        void onClosed(Slot slot);

        /** Nothing of another node is shown any more. */
        void onMirrorEnded(Slot slot, List<Change> news);
    }

    /** What a member says of a slot. */
    private record Said(long at, State state) {}

    private final Loop loop;
    private final Mesh mesh;
    private final HomeSlots slots;
    private final Detachment detachment;
    private final RegistryCounters counters;
    private final Listener listener;
    private final RecordCodec codec = new RecordCodec();
    private final Talks talks;
    private final Map<PeerId, Map<Integer, Said>> said = new HashMap<>();
    /** Since when mirrors wait for the log to take what they show. */
    private final Map<Integer, Long> waiting = new HashMap<>();
    /** When their nodes last said that they serve the slot, or are about to give what they did. */
    private final Map<Integer, Long> heard = new HashMap<>();
    /** Questions of others that wait for this node's disk; the last one of each. */
    private final Map<PeerId, Long> unanswered = new HashMap<>();
    private Set<Integer> leaderless = Set.of();
    private long lastMirror;
    private int step;

    Side(Loop loop, Mesh mesh, HomeSlots slots, Detachment detachment, RegistryCounters counters,
            Listener listener) {
        this.loop = loop;
        this.mesh = mesh;
        this.slots = slots;
        this.detachment = detachment;
        this.counters = counters;
        this.listener = listener;
        this.talks = new Talks(loop, mesh, this::send);
    }

    private Forks forks() {
        return slots.forks();
    }

    /** Looks at the time, and at what is said; {@code numbers} are the slots that nobody leads or serves here. */
    void step(Collection<Integer> numbers) {
        leaderless = new TreeSet<>(numbers);
        for (Mirror mirror : List.copyOf(forks().mirrors())) {
            look(mirror);
        }
        List<PeerId> others = leaderless.isEmpty() && forks().mirrors().isEmpty()
                ? List.of()
                : others();
        talks.only(others);
        said.keySet().retainAll(others);
        Set<PeerId> owners = new TreeSet<>();
        forks().mirrors().forEach(m -> owners.add(m.owner()));
        int turns = Math.ceilDiv(others.size(), ASKED_MAX);
        step++;
        for (int i = 0; i < others.size(); i++) {
            if (turns < 2 || (i + step) % turns == 0 || owners.contains(others.get(i))) {
                talks.ask(others.get(i));
            }
        }
    }

    private List<PeerId> others() {
        return mesh.members().everyone().stream().filter(
                p -> !p.equals(mesh.members().self()) && mesh.members().isAlive(p)).toList();
    }

    // Who serves.

    /** Whether this node is the one of its side to go on with a slot: all others said how they have it. */
    boolean isFirst(Slot slot, boolean patient) {
        if (mesh.members().everyone().isEmpty()) {
            // Nobody knows who is on this side.
            return false;
        }
        State mine = state(slot);
        for (PeerId peer : others()) {
            Optional<State> theirs = said(peer, slot.number());
            if (theirs.isEmpty() ? patient : isBefore(slot, peer, theirs.get(), mine)) {
                return false;
            }
        }
        return true;
    }

    /** Whether another goes on with a slot rather than this node: who does, has most of it, is a home, is the first. */
    private boolean isBefore(Slot slot, PeerId peer, State theirs, State mine) {
        if (theirs.service() == Service.OPEN) {
            return true;
        }
        if (theirs.service() == Service.LED || !theirs.complete()) {
            return false;
        }
        int order = Comparator.comparing(State::last)
                .thenComparing(s -> s.service() == Service.MERGING).compare(theirs, mine);
        if (order != 0) {
            return order > 0;
        }
        boolean home = slot.replica().voters().contains(peer);
        boolean here = slot.replica().voters().contains(mesh.members().self());
        return home == here ? peer.compareTo(mesh.members().self()) < 0 : home;
    }

    private Optional<State> said(PeerId peer, int slot) {
        return Optional.ofNullable(said.getOrDefault(peer, Map.of()).get(slot))
                .filter(s -> loop.nanoTime() - s.at < FRESH.toNanos()).map(Said::state);
    }

    /** How this node has a slot. */
    private State state(Slot slot) {
        int number = slot.number();
        Service service;
        if (forks().isOpen(number) && slots.isServing()) {
            service = Service.OPEN;
        } else if (forks().unmerged(number) > 0) {
            service = Service.MERGING;
        } else {
            service = detachment.isLed(slot) ? Service.LED : Service.NONE;
        }
        return new State(number, service, detachment.isComplete(slot), slot.replica().last(),
                slot.replica().committed());
    }

    // Questions and answers.

    /** Runs {@code task} with whether all is shown here that the node which serves a slot did before this call. */
    void refresh(int slot, Consumer<Boolean> task) {
        Optional<PeerId> owner = forks().servedBy(slot);
        if (owner.isPresent()) {
            talks.await(owner.get(), slot, task);
        } else {
            task.accept(false);
        }
    }

    private Set<Integer> send(PeerId peer, long id) {
        Set<Integer> numbers = new TreeSet<>(leaderless);
        forks().mirrors().stream().filter(m -> m.owner().equals(peer))
                .forEach(m -> numbers.add(m.slot().number()));
        List<OfSlot> asked = numbers.stream().map(n -> question(peer, n)).toList();
        mesh.transport().send(peer, new Request(0, id, Router.SIDE, 0,
                SideMessages.encode(new Question(slots.clock().latest(), asked))));
        return numbers;
    }

    private OfSlot question(PeerId peer, int number) {
        var committed = slots.slot(number).replica().committed();
        return forks().mirror(number).filter(m -> m.owner().equals(peer))
                .filter(m -> !m.isLapsed() && !m.isFull())
                .map(m -> new OfSlot(number, committed, m.id(), m.nextBase(), m.upTo()))
                .orElseGet(() -> new OfSlot(number, committed, 0, 0, 0));
    }

    /** Another member asks: it is told how slots are at once, and what was done once all of that is on disk. */
    void onRequest(PeerId from, Request request) throws IOException {
        Question question = SideMessages.question(request.payload());
        if (slots.clock().isBeyondMembers(question.atLeast())) {
            answer(from, request.id(), question, false);
            return;
        }
        slots.clock().observe(question.atLeast());
        List<Integer> awaited = question.slots().stream().filter(OfSlot::follows)
                .map(OfSlot::slot).filter(n -> !forks().isAllShown(n)).toList();
        if (awaited.isEmpty()) {
            unanswered.remove(from);
            answer(from, request.id(), question, true);
            return;
        }
        answer(from, request.id(), question, false);
        unanswered.put(from, request.id());
        int[] left = {awaited.size()};
        awaited.forEach(n -> forks().onceShown(n, () -> {
            if (--left[0] == 0 && unanswered.remove(from, request.id())) {
                answer(from, request.id(), question, true);
            }
        }));
    }

    private void answer(PeerId to, long id, Question question, boolean whole) {
        long room = SideMessages.BYTES_MAX;
        List<Told> words = new ArrayList<>();
        for (OfSlot asked : question.slots()) {
            Slot slot = slots.slot(asked.slot());
            State state = state(slot);
            // The log moves while it is merged: who has not all of it does without.
            boolean tells = whole && asked.follows() && (state.service() == Service.OPEN
                    || (state.service() == Service.MERGING && asked.base() < 0));
            Optional<Part> part = tells
                    ? Optional.of(forks().tell(slot, asked, room))
                    : Optional.empty();
            room -= part.map(Part::bytes).orElse(0L);
            words.add(new Told(state, part));
        }
        mesh.transport().send(to, new Response(0, id, Router.SIDE,
                SideMessages.encode(new Answer(whole, words))));
    }

    /** A member answers. */
    void onResponse(PeerId from, Response response) throws IOException {
        Optional<Set<Integer>> asked = talks.asked(from, response.id());
        if (asked.isEmpty()) {
            return;
        }
        Answer answer = SideMessages.answer(response.payload(), asked.get(), codec);
        Set<Integer> whole = new TreeSet<>();
        for (Told told : answer.slots()) {
            int slot = told.state().slot();
            said.computeIfAbsent(from, p -> new HashMap<>()).put(slot,
                    new Said(loop.nanoTime(), told.state()));
            if (hear(from, told)) {
                whole.add(slot);
            }
        }
        if (answer.isWhole()) {
            talks.answered(from, response.id(), whole);
        }
    }

    /** True if all that the member did with the slot it serves is shown. */
    private boolean hear(PeerId from, Told told) {
        Slot slot = slots.slot(told.state().slot());
        Optional<Mirror> mirror = forks().mirror(slot.number());
        if (mirror.filter(m -> m.owner().equals(from)).isEmpty()) {
            if (mirror.isEmpty() || !serves(mirror.get())) {
                begin(slot, from, told.state());
            }
            return false;
        }
        if (told.state().service() == Service.OPEN && (mirror.get().isLapsed()
                || !told.state().committed().equals(mirror.get().committed()))) {
            // It had a primary meanwhile.
            begin(slot, from, told.state());
            return false;
        }
        if (told.part().filter(p -> p.mirror() == mirror.get().id()
                && !slots.clock().isBeyondMembers(SideMessages.latest(p))).isEmpty()) {
            return false;
        }
        show(mirror.get(), told.part().get());
        return told.state().service() == Service.OPEN && !told.part().get().more();
    }

    private void begin(Slot slot, PeerId from, State state) {
        if (state.service() == Service.OPEN && leaderless.contains(slot.number())
                && !detachment.isLed(slot) && !forks().isOpen(slot.number())
                && forks().unmerged(slot.number()) == 0) {
            slots.tellCommitted();
            forks().mirror(slot, from, state.committed(), ++lastMirror);
            counters.mirrored++;
            talks.again(from);
        }
    }

    // What others serve.

    private void show(Mirror mirror, Part part) {
        boolean first = !mirror.isShown();
        List<Change> news = forks().take(mirror, part);
        if (mirror.isFull()) {
            mirror.forgetStaged();
            return;
        }
        if (part.more()) {
            talks.again(mirror.owner());
        } else if (first || !news.isEmpty()) {
            forks().changed(mirror);
            listener.onMirrored(mirror.slot(), news, first);
        }
    }

    private boolean serves(Mirror mirror) {
        return mesh.members().isAlive(mirror.owner()) && said(mirror.owner(),
                mirror.slot().number()).filter(s -> s.service() == Service.OPEN).isPresent();
    }

    private void look(Mirror mirror) {
        Slot slot = mirror.slot();
        onRole(slot);
        if (!forks().mirror(slot.number()).filter(mirror::equals).isPresent()) {
            return;
        }
        if (!mirror.isClosed()) {
            if (mirror.serving(serves(mirror))) {
                forks().changed(mirror);
            }
            return;
        }
        List<Change> news = forks().settle(slot, slot.version());
        if (!news.isEmpty()) {
            waiting.put(slot.number(), loop.nanoTime());
            listener.onMirrored(slot, news, false);
        }
        boolean merging = said(mirror.owner(), slot.number()).filter(State::isTold).isPresent();
        if (merging) {
            heard.put(slot.number(), loop.nanoTime());
        }
        if ((mirror.isEmpty() && !merging)
                || isLongAgo(waiting, slot, MERGING_MAX) || isLongAgo(heard, slot, SILENT_MAX)) {
            end(mirror);
        }
    }

    private boolean isLongAgo(Map<Integer, Long> times, Slot slot, Duration max) {
        return loop.nanoTime() - times.getOrDefault(slot.number(), loop.nanoTime()) > max
                .toNanos();
    }

    /** Shows what the log says of a slot. */
    void end(Mirror mirror) {
        waiting.remove(mirror.slot().number());
        heard.remove(mirror.slot().number());
        listener.onMirrorEnded(mirror.slot(), forks().end(mirror));
    }

    /** The log has taken some of what is shown of a slot. */
    void onSettled(Slot slot) {
        waiting.computeIfPresent(slot.number(), (number, since) -> loop.nanoTime());
    }

    /** The slot may have a primary, or none any more. */
    void onRole(Slot slot) {
        forks().mirror(slot.number()).ifPresent(mirror -> {
            boolean led = detachment.isLed(slot);
            if (led && !mirror.isClosed()) {
                waiting.put(slot.number(), loop.nanoTime());
                heard.put(slot.number(), loop.nanoTime());
                mirror.close();
                forks().changed(mirror);
                listener.onClosed(slot);
            } else if (!led && mirror.isClosed()) {
                mirror.lapse();
                forks().changed(mirror);
            }
        });
    }
}

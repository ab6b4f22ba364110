package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.registry.RegistryMessage.Beat;
import io.beemesh.protocol.registry.RegistryMessage.BeatReply;
import io.beemesh.protocol.registry.RegistryMessage.SlotTerm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * One heartbeat for all slots between two nodes. The slots are listed when the list has changed or the
 * other side does not know it, so that any number of idle slots costs a few bytes. Of many nodes, those that
 * decide on no slot here hear every {@value #RARE}th only: a lease does not rest on them.
 */
final class Beats {
    /** After so many beats without an answer another stream is tried. */
    private static final int UNANSWERED_MAX = 12;
    /** Up to so many nodes hear every beat. */
    private static final int FREQUENT_MAX = 8;
    private static final int RARE = 4;

    /** What a peer was told. */
    private static final class Told {
        private List<SlotTerm> slots = List.of();
        private long epoch;
        private boolean known;
        private int unanswered;
        private int skipped;
    }

    /** What a peer told. */
    private record Heard(long epoch, List<SlotTerm> slots) {}

    private final Effects effects;
    private final Map<Integer, Replica> replicas;
    private final Map<PeerId, Told> told = new TreeMap<>();
    private final Map<PeerId, Heard> heard = new HashMap<>();
    private long lastEpoch;

    Beats(Effects effects, Map<Integer, Replica> replicas) {
        this.effects = effects;
        this.replicas = replicas;
        // Lists of a former life are not to be taken for one of this.
        this.lastEpoch = effects.randomNanos(1L << 40) << 20;
    }

    void send() {
        Map<PeerId, List<SlotTerm>> lists = new TreeMap<>();
        Set<PeerId> deciding = new HashSet<>();
        for (Replica replica : replicas.values()) {
            if (replica.role() == Role.PRIMARY) {
                deciding.addAll(replica.deciders.all());
            }
            for (PeerId peer : replica.audience()) {
                lists.computeIfAbsent(peer, p -> new ArrayList<>())
                        .add(new SlotTerm(replica.slot(), 0, replica.term()));
            }
        }
        told.keySet().retainAll(lists.keySet());
        lists.forEach((peer, slots) -> {
            Told state = told.computeIfAbsent(peer, p -> new Told());
            if (!state.slots.equals(slots) || state.epoch == 0) {
                state.slots = slots;
                // Nor is one of who was told nothing for a while.
                state.epoch = ++lastEpoch;
                state.known = false;
            }
            boolean rare = lists.size() > FREQUENT_MAX && state.known
                    && !deciding.contains(peer);
            if (!rare || ++state.skipped >= RARE) {
                state.skipped = 0;
                state.unanswered += rare ? RARE : 1;
                send(peer, state);
            }
        });
    }

    private void send(PeerId peer, Told state) {
        if (state.unanswered > UNANSWERED_MAX) {
            state.unanswered = 0;
            effects.renew(peer);
        }
        effects.send(peer, new Beat(state.epoch, effects.nanoTime(), !state.known,
                state.known ? List.of() : state.slots));
    }

    void onBeat(PeerId from, Beat beat) {
        if (beat.listed()) {
            heard.put(from, new Heard(beat.epoch(), beat.slots()));
        }
        Heard list = heard.get(from);
        if (list == null || list.epoch != beat.epoch()) {
            effects.send(from, new BeatReply(beat.epoch(), beat.sentAt(), false, List.of()));
            return;
        }
        List<SlotTerm> refused = new ArrayList<>();
        for (SlotTerm slot : list.slots) {
            Replica replica = replicas.get(slot.slot());
            if (replica == null) {
                refused.add(new SlotTerm(slot.slot(), slot.branch(), 0));
            } else if (!replica.onBeat(from, slot.term())) {
                refused.add(new SlotTerm(slot.slot(), slot.branch(), replica.term()));
            }
        }
        effects.send(from, new BeatReply(beat.epoch(), beat.sentAt(), true, refused));
    }

    void onReply(PeerId from, BeatReply reply) {
        Told state = told.get(from);
        if (state != null) {
            state.unanswered = 0;
        }
        if (state == null || state.epoch != reply.epoch()) {
            return;
        }
        if (!reply.known()) {
            state.known = false;
            send(from, state);
            return;
        }
        state.known = true;
        Map<Integer, Long> refused = new HashMap<>();
        reply.refused().forEach(s -> refused.put(s.slot(), s.term()));
        for (SlotTerm slot : state.slots) {
            Replica replica = replicas.get(slot.slot());
            Long later = refused.get(slot.slot());
            if (replica != null && later == null) {
                replica.onBeatAnswered(from, slot.term(), reply.sentAt());
            } else if (replica != null && later != null) {
                replica.onBeatRefused(from, later);
            }
        }
    }

    /** The peer may have begun a new life. */
    void forget(PeerId peer) {
        Told state = told.get(peer);
        if (state != null) {
            state.known = false;
        }
    }
}

package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One iterative walk towards a target.
 *
 * <p>Candidates are kept in order of distance. Only those among the k closest that have not failed are
 * asked: alpha at a time, and all of k at once as soon as the beta closest have answered. It ends when
 * the k closest have answered. Servers answer with k peers, of which some may be dead without their
 * knowing; if two or more of the closest turned out dead, the farthest of the result is itself taken as
 * a target, which shows what the dead ones hid. Two dials that are lost in a row make a living peer look
 * dead: one that half of k peers name, which ask it every minute, is asked a third time. A host does
 * not dial again at once what it failed to reach: the lookup waits for that a little, so that the next
 * attempt is one, and takes a peer that failed more often for dead. Some lie about where a peer is: it
 * is dialed first where most of those that named it say.
 */
final class Lookup {
    private static final int CANDIDATES_MAX = 512;
    private static final int ADDRESSES_MAX = 64;
    private static final int ATTEMPTS_MAX = 3;
    private static final int ATTEMPTS_OF_GONE_MAX = 2;
    private static final int WAITS_MAX = 4;
    private static final Duration WAIT_MAX = Duration.ofSeconds(2);
    private static final int HIDING_FAILURES = 2;
    private static final int WIDENING_REQUESTS = 3;

    /** What a lookup asks, and what it does with the answers. */
    interface Query {
        KadMessage request();

        /** True to end the lookup: what was sought is found. */
        boolean onAnswer(PeerId from, KadMessage answer);
    }

    private enum State {
        HEARD, ASKED, WAITING, ANSWERED, FAILED
    }

    private static final class Candidate {
        final PeerId id;
        final KadKey key;
        final int hop;

        /** By how many peers it was said to be there. */
        final Map<Multiaddr, Integer> addresses = new LinkedHashMap<>(2);
        State state = State.HEARD;
        int attempts;
        int waits;
        int named;

        Candidate(PeerId id, KadKey key, int hop) {
            this.id = id;
            this.key = key;
            this.hop = hop;
        }

        void named(List<Multiaddr> at) {
            named++;
            for (Multiaddr address : Set.copyOf(at)) {
                if (addresses.size() < ADDRESSES_MAX || addresses.containsKey(address)) {
                    addresses.merge(address, 1, Integer::sum);
                }
            }
        }

        List<Multiaddr> likeliestFirst() {
            return addresses.entrySet().stream()
                    .sorted(Map.Entry.<Multiaddr, Integer>comparingByValue().reversed())
                    .map(Map.Entry::getKey).limit(KadPeer.ADDRESSES_MAX).toList();
        }
    }

    private final Peers peers;
    private final Query query;
    private final Consumer<LookupResult> then;
    private final TreeMap<KadKey, Candidate> candidates;
    private final Map<PeerId, Candidate> seen = new HashMap<>();
    private final long startNanos;
    private Loop.@Nullable Timer deadline;
    private int inFlight;
    private int requests;
    private int failures;
    private int widened;
    private boolean done;

    private Lookup(Peers peers, KadKey target, Query query, Consumer<LookupResult> then) {
        this.peers = peers;
        this.query = query;
        this.then = then;
        this.candidates = new TreeMap<>(target.byDistance());
        this.startNanos = peers.loop().nanoTime();
    }

    /** Begins; {@code then} is called once and never before this returns. */
    static void start(Peers peers, KadKey target, Query query, Consumer<LookupResult> then) {
        Lookup lookup = new Lookup(peers, target, query, then);
        for (Contact contact : peers.table().closest(target, peers.config().bucketSize())) {
            lookup.hear(new Candidate(contact.id, contact.key, 1));
        }
        lookup.deadline = peers.loop().schedule(peers.config().lookupTimeout(),
                () -> lookup.end(false));
        peers.loop().execute(lookup::advance);
    }

    private void hear(Candidate candidate) {
        if (seen.size() < 4 * CANDIDATES_MAX) {
            seen.put(candidate.id, candidate);
            candidates.put(candidate.key, candidate);
            if (candidates.size() > CANDIDATES_MAX) {
                candidates.pollLastEntry();
            }
        }
    }

    private void advance() {
        if (done) {
            return;
        }
        KadConfig config = peers.config();
        List<Candidate> toAsk = new ArrayList<>();
        int living = 0;
        int answeredFirst = 0;
        boolean allAnswered = true;
        for (Candidate candidate : candidates.values()) {
            if (living == config.bucketSize()) {
                break;
            }
            switch (candidate.state) {
                case HEARD -> {
                    allAnswered = false;
                    toAsk.add(candidate);
                    living++;
                }
                case ASKED, WAITING -> {
                    allAnswered = false;
                    living++;
                }
                case ANSWERED -> {
                    answeredFirst += allAnswered ? 1 : 0;
                    living++;
                }
                case FAILED -> {
                    // Takes no place among the k.
                }
            }
        }
        if (allAnswered) {
            if (!widen()) {
                end(true);
            }
            return;
        }
        int allowed = answeredFirst >= config.resilience()
                ? config.bucketSize()
                : config.concurrency();
        for (Candidate candidate : toAsk) {
            if (inFlight >= allowed) {
                break;
            }
            ask(candidate);
        }
    }

    /** True if more requests went out because dead peers may have hidden living ones. */
    private boolean widen() {
        if (inFlight > 0 && widened > 0) {
            return true;
        }
        int dead = 0;
        List<Candidate> living = new ArrayList<>();
        for (Candidate candidate : candidates.values()) {
            if (living.size() == peers.config().bucketSize()) {
                break;
            }
            if (candidate.state == State.FAILED) {
                dead++;
            } else {
                living.add(candidate);
            }
        }
        if (widened > 0 || dead < HIDING_FAILURES || living.size() < peers.config().bucketSize()) {
            return false;
        }
        KadMessage request = KadMessage.of(KadMessage.Type.FIND_NODE,
                living.getLast().id.toBytes());
        for (Candidate candidate : living.reversed().subList(0,
                Math.min(WIDENING_REQUESTS, living.size()))) {
            widened++;
            send(candidate, request, false);
        }
        return true;
    }

    private void ask(Candidate candidate) {
        candidate.state = State.ASKED;
        candidate.attempts++;
        peers.learn(candidate.id, candidate.likeliestFirst());
        send(candidate, query.request(), true);
    }

    private void send(Candidate candidate, KadMessage request, boolean first) {
        inFlight++;
        requests++;
        peers.ask(candidate.id, candidate.key, request, reply -> {
            inFlight--;
            if (done) {
                return;
            }
            switch (reply) {
                case Reply.Answer answer -> answered(candidate, answer.message(), first);
                case Reply.NotAsked later -> {
                    requests--;
                    if (first) {
                        wait(candidate, later.retryAfter());
                    }
                }
                case Reply.Failure failure -> {
                    failures++;
                    if (first) {
                        boolean again = candidate.attempts < attemptsMax(candidate, failure);
                        candidate.state = again ? State.HEARD : State.FAILED;
                    }
                }
            }
            advance();
        });
    }

    private void wait(Candidate candidate, Duration length) {
        candidate.attempts--;
        if (length.compareTo(WAIT_MAX) > 0 || candidate.waits == WAITS_MAX) {
            candidate.state = State.FAILED;
            return;
        }
        candidate.waits++;
        candidate.state = State.WAITING;
        peers.loop().schedule(length, () -> {
            if (!done) {
                candidate.state = State.HEARD;
                advance();
            }
        });
    }

    private int attemptsMax(Candidate candidate, Reply.Failure failure) {
        boolean deadSurely = failure.gone() && candidate.named < peers.config().bucketSize() / 2;
        return deadSurely ? ATTEMPTS_OF_GONE_MAX : ATTEMPTS_MAX;
    }

    private void answered(Candidate candidate, KadMessage answer, boolean first) {
        candidate.state = State.ANSWERED;
        candidate.addresses.clear();
        Set<PeerId> named = new HashSet<>();
        answer.closer().stream().limit(2L * peers.config().bucketSize())
                .filter(peer -> named.add(peer.id()))
                .forEach(peer -> named(peer, candidate.hop + 1));
        if (first && query.onAnswer(candidate.id, answer)) {
            end(false);
        }
    }

    private void named(KadPeer peer, int hop) {
        Candidate known = seen.get(peer.id());
        if (known != null && known.state != State.ANSWERED) {
            known.named(peer.addresses());
        } else if (known == null && !peer.id().equals(peers.self())
                && (!peer.addresses().isEmpty() || peers.isKnown(peer.id()))) {
            Candidate heard = new Candidate(peer.id(), KadKey.of(peer.id()), hop);
            heard.named(peer.addresses());
            hear(heard);
        }
    }

    private void end(boolean complete) {
        if (done) {
            return;
        }
        done = true;
        if (deadline != null) {
            deadline.cancel();
        }
        int hops = 0;
        List<PeerId> closest = new ArrayList<>();
        for (Candidate candidate : candidates.values()) {
            if (candidate.state == State.ANSWERED && closest.size() < peers.config().bucketSize()) {
                closest.add(candidate.id);
                hops = Math.max(hops, candidate.hop);
            }
        }
        // Its timer may keep the lookup for a while.
        candidates.clear();
        seen.clear();
        Duration took = Duration.ofNanos(peers.loop().nanoTime() - startNanos);
        then.accept(new LookupResult(closest, hops, requests, failures, took, complete));
    }
}

package io.beemesh.machine.scheduler;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.scheduling.Award;
import io.beemesh.protocol.scheduling.Bid;
import io.beemesh.protocol.scheduling.SchedulingTask;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The home's side of one task in one lane: takes bids until enough is offered, awards, and goes to the
 * next bid where a machine says no. On the loop.
 */
final class Auction {
    /** Bids are awaited no longer than this; mostly much shorter, see {@link #isEnough}. */
    static final Duration WINDOW = Duration.ofMillis(500);
    /** So many machines make a choice, if more than twice the wanted is offered. */
    private static final int CHOICE = 8;
    /** Replicas that one more machine is waited for, so that they spread. */
    private static final int REPLICAS_PER_CHOICE = 4;
    /** What each like pod in a domain takes from a bid's score where spreading is only wished. */
    private static final long CROWD_WORTH = Bid.SCORE_MAX / 10;

    /** What came of it. */
    record Result(List<String> unplaced, int machines, List<String> reasons) {}

    private static final class Offer {
        private final PeerId machine;
        private final Bid bid;
        private int left;
        private int given;
        /** What the machine said when it took fewer than it was awarded. */
        private List<String> refusal = List.of();

        private Offer(PeerId machine, Bid bid) {
            this.machine = machine;
            this.bid = bid;
            this.left = bid.count();
        }

        private long worth(TopologyRules rules) {
            return bid.score() - (long) given * bid.step() - CROWD_WORTH * rules.crowd(bid);
        }
    }

    private final SchedulingTask task;
    private final int laneSize;
    private final LaneMessages messages;
    private final TopologyRules rules;
    private final BiConsumer<String, PeerId> onPlaced;
    private final Consumer<Result> onEnd;
    private final Deque<String> waiting;
    private final Map<PeerId, Offer> offers = new LinkedHashMap<>();
    private final Set<PeerId> refused = new HashSet<>();
    private final List<String> reasons = new ArrayList<>();
    private final Loop.Timer window;
    private int offered;
    private int asked;
    private boolean awarding;
    private boolean closed;
    private boolean ended;

    /**
     * @param laneSize how many machines may answer
     * @param onPlaced called for each pod for which a machine keeps room now
     */
    Auction(Loop loop, SchedulingTask task, PodView pod, List<String> uids, int laneSize,
            LaneMessages messages, BiConsumer<String, PeerId> onPlaced, Consumer<Result> onEnd) {
        this.task = task;
        this.laneSize = laneSize;
        this.messages = messages;
        this.rules = new TopologyRules(pod);
        this.onPlaced = onPlaced;
        this.onEnd = onEnd;
        this.waiting = new ArrayDeque<>(uids);
        this.window = loop.schedule(WINDOW, this::close);
    }

    /** A machine's word; later ones of the same machine do not count. */
    void onBid(PeerId machine, Bid bid) {
        if (ended || offers.containsKey(machine) || refused.contains(machine)
                || offers.size() + refused.size() >= laneSize || !rules.heard(bid)) {
            return;
        }
        if (bid.count() == 0) {
            refused.add(machine);
            reasons.addAll(bid.reasons());
        } else {
            offers.put(machine, new Offer(machine, bid));
            offered += Math.min(bid.count(), task.replicas());
        }
        if (awarding) {
            award();
        } else if (isEnough()) {
            begin();
        }
    }

    private boolean isEnough() {
        boolean all = offers.size() + refused.size() >= laneSize;
        return all || (rules.isEmpty() && offered >= 2 * waiting.size()
                && offers.size() >= Math.min(laneSize,
                        CHOICE + waiting.size() / REPLICAS_PER_CHOICE));
    }

    private void close() {
        closed = true;
        if (!ended) {
            begin();
        }
    }

    private void begin() {
        awarding = true;
        award();
    }

    private void award() {
        Map<Offer, List<String>> awards = new LinkedHashMap<>();
        while (!waiting.isEmpty()) {
            Optional<Offer> best = best();
            if (best.isEmpty()) {
                break;
            }
            Offer offer = best.get();
            offer.left--;
            offer.given++;
            rules.place(offer.bid, 1);
            awards.computeIfAbsent(offer, o -> new ArrayList<>()).add(waiting.remove());
        }
        awards.forEach(this::send);
        boolean noMore = closed || offers.size() + refused.size() >= laneSize;
        if (asked == 0 && !ended && (waiting.isEmpty() || noMore)) {
            end();
        }
    }

    private Optional<Offer> best() {
        Offer best = null;
        for (Offer offer : offers.values()) {
            if (offer.left > 0 && rules.refusal(offer.bid).isEmpty()
                    && (best == null || offer.worth(rules) > best.worth(rules))) {
                best = offer;
            }
        }
        return Optional.ofNullable(best);
    }

    private void send(Offer offer, List<String> uids) {
        asked++;
        messages.award(offer.machine, new Award(task.pod(), uids))
                .whenComplete((answer, failure) -> {
                    asked--;
                    int accepted = failure == null ? Math.min(answer.accepted(), uids.size()) : 0;
                    for (String uid : uids.subList(0, accepted)) {
                        onPlaced.accept(uid, offer.machine);
                    }
                    if (accepted < uids.size()) {
                        offer.left = 0;
                        rules.place(offer.bid, accepted - uids.size());
                        offer.refusal = failure == null
                                ? answer.reasons()
                                : Scheduler.UNANSWERED;
                        offer.given -= uids.size() - accepted;
                        uids.subList(accepted, uids.size()).forEach(waiting::add);
                    }
                    award();
                });
    }

    private void end() {
        ended = true;
        window.cancel();
        for (Offer offer : waiting.isEmpty() ? List.<Offer>of() : offers.values()) {
            reasons.addAll(offer.refusal);
            if (offer.refusal.isEmpty()) {
                rules.refusal(offer.bid).ifPresent(reasons::add);
            }
        }
        onEnd.accept(new Result(List.copyOf(waiting), offers.size() + refused.size(), reasons));
    }
}

package io.beemesh.machine.scheduler;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.scheduling.Bid;
import io.beemesh.protocol.scheduling.SchedulingTask;
import io.beemesh.protocol.scheduling.TaskId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;

/**
 * Finds machines for pods without a list of machines: one task in one lane, and in up to
 * {@value #TRIES_MAX} lanes if it does not find room in the first. The cost of a task is that of a lane,
 * whatever the size of the mesh. On the loop.
 */
final class LaneScheduler {
    static final int TRIES_MAX = 4;
    /** Tasks that run at once; so many others wait, and what is more is not tried. */
    static final int RUNNING_MAX = 64;
    static final int WAITING_MAX = 1_024;

    /**
     * What could not be placed, and why.
     *
     * @param machines how many answered
     * @param reasons one for each no
     */
    record Outcome(List<String> unplaced, int machines, List<String> reasons) {}

    private final class Search {
        private final byte[] template;
        private final PodView pod;
        private final BiConsumer<String, PeerId> onPlaced;
        private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        private final Deque<Lanes.Choice> untried;
        private final List<String> reasons = new ArrayList<>();
        private List<String> uids;
        private int machines;

        private Search(PodView pod, byte[] template, List<String> uids,
                BiConsumer<String, PeerId> onPlaced) {
            this.pod = pod;
            this.template = template;
            this.uids = uids;
            this.onPlaced = onPlaced;
            this.untried = new ArrayDeque<>(lanes.promising(pod, TRIES_MAX));
        }

        private void next() {
            Lanes.Choice lane = untried.poll();
            if (uids.isEmpty() || lane == null) {
                running--;
                outcome.complete(new Outcome(uids, machines, reasons));
                startNext();
                return;
            }
            SchedulingTask task = new SchedulingTask(TaskId.random(random), template,
                    uids.size());
            auctions.put(task.id(), new Auction(loop, task, pod, uids, lane.machines(), messages,
                    onPlaced, result -> {
                        auctions.remove(task.id());
                        lanes.tried(lane.lane(), pod, result.unplaced().isEmpty());
                        uids = result.unplaced();
                        machines += result.machines();
                        reasons.addAll(result.reasons());
                        next();
                    }));
            messages.publish(lane.lane(), task);
        }
    }

    private final Loop loop;
    private final RandomGenerator random;
    private final Lanes lanes;
    private final LaneMessages messages;
    private final Map<TaskId, Auction> auctions = new HashMap<>();
    private final Deque<Search> waiting = new ArrayDeque<>();
    private int running;

    LaneScheduler(Loop loop, RandomGenerator random, Lanes lanes, LaneMessages messages) {
        this.loop = loop;
        this.random = random;
        this.lanes = lanes;
        this.messages = messages;
    }

    /**
     * Finds room for like pods.
     *
     * @param template see {@link TaskPod}
     * @param uids of the pods, at most {@link SchedulingTask#REPLICAS_MAX}
     * @param onPlaced called for each pod that has found a machine, which keeps its room for
     *     {@link Reservations#LEASE}
     */
    CompletableFuture<Outcome> place(PodView pod, byte[] template, List<String> uids,
            BiConsumer<String, PeerId> onPlaced) {
        if (waiting.size() >= WAITING_MAX) {
            return CompletableFuture.completedFuture(
                    new Outcome(uids, 0, List.of("too many pods wait for a machine here")));
        }
        Search search = new Search(pod, template, uids, onPlaced);
        waiting.add(search);
        startNext();
        return search.outcome;
    }

    private void startNext() {
        while (running < RUNNING_MAX && !waiting.isEmpty()) {
            running++;
            waiting.remove().next();
        }
    }

    /** A machine's word on one of the tasks of this node; others are forgotten. */
    void onBid(PeerId machine, Bid bid) {
        Auction auction = auctions.get(bid.task());
        if (auction != null) {
            auction.onBid(machine, bid);
        }
    }
}

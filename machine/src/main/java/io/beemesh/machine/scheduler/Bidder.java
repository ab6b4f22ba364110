package io.beemesh.machine.scheduler;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.scheduler.Filter.Verdict;
import io.beemesh.protocol.scheduling.Bid;
import io.beemesh.protocol.scheduling.SchedulingTask;
import java.util.List;

/** Says what this machine would take of a task; a bid binds it to nothing. On the loop. */
final class Bidder {
    private final MachineRoom room;
    private final LaneMessages messages;

    Bidder(MachineRoom room, LaneMessages messages) {
        this.room = room;
        this.messages = messages;
    }

    /** Answers its home with one bid, a no with its reasons included. */
    void onTask(PeerId home, SchedulingTask task) throws FormatException {
        PodView pod = TaskPod.fromBytes(task.pod(), "");
        Surroundings around = room.now();
        NodeView node = around.nodes().getFirst();
        List<Verdict> no = Filter.checkOwn(pod, node, around);
        List<Bid.Domain> domains = TopologyRules.domains(pod, node, around);
        if (!no.isEmpty()) {
            messages.bid(home,
                    new Bid(task.id(), 0, 0, 0, domains, MachineRoom.reasons(no)));
            return;
        }
        int score = Score.own(pod, node);
        int step = Math.max(0, score - Score.own(pod, node.with(pod)));
        int count = Math.min(task.replicas(), MachineRoom.count(pod, node));
        messages.bid(home, new Bid(task.id(), count, score, step, domains, List.of()));
    }
}

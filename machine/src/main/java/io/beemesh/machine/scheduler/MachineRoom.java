package io.beemesh.machine.scheduler;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.machine.scheduler.Filter.Verdict;
import io.beemesh.protocol.scheduling.Award;
import io.beemesh.protocol.scheduling.Bid;
import io.beemesh.protocol.scheduling.SchedulingTask;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The only judge of a machine's room: what is bound to it, and what it keeps for pods that were awarded to
 * it and are not bound yet. On the loop.
 */
final class MachineRoom {
    private final Supplier<Surroundings> machine;
    private final Reservations reservations;

    /** @param machine this machine alone, with the pods that are bound to it */
    MachineRoom(Supplier<Surroundings> machine, Reservations reservations) {
        this.machine = machine;
        this.reservations = reservations;
    }

    /** Keeps room for as many of the pods as there is; asked again for the same, it says the same. */
    Award.Answer onAward(Award award) throws FormatException {
        PodView pod = TaskPod.fromBytes(award.pod(), "");
        Surroundings around = now();
        Set<String> here = new HashSet<>();
        around.nodes().getFirst().pods().forEach(other -> here.add(other.uid()));
        int accepted = 0;
        while (accepted < award.uids().size()) {
            NodeView node = around.nodes().getFirst();
            List<Verdict> no = Filter.checkOwn(pod, node, around);
            List<PodView> taken = new ArrayList<>();
            int count = no.isEmpty() ? count(pod, node) : 0;
            while (accepted < award.uids().size()) {
                String uid = award.uids().get(accepted);
                if (!here.contains(uid)) {
                    PodView one = pod.withUid(uid);
                    if (taken.size() == count || !reservations.hold(one)) {
                        break;
                    }
                    here.add(uid);
                    taken.add(one);
                }
                accepted++;
            }
            if (taken.isEmpty() && accepted < award.uids().size()) {
                return new Award.Answer(accepted,
                        no.isEmpty() ? List.of("Too many pods") : reasons(no));
            }
            around = around.with(node.withAll(taken));
        }
        return new Award.Answer(accepted, List.of());
    }

    /** How many such pods there is room for, if there is for one; those that may shun each other come one by one. */
    static int count(PodView pod, NodeView node) {
        if (!pod.hostPorts().isEmpty() || pod.spec().has("affinity")) {
            return 1;
        }
        long room = node.free("pods") - node.pods().size();
        for (Map.Entry<String, Long> request : pod.requests().entrySet()) {
            if (request.getValue() > 0) {
                room = Math.min(room, node.free(request.getKey()) / request.getValue());
            }
        }
        return Math.clamp(room, 1, SchedulingTask.REPLICAS_MAX);
    }

    /** The machine as it will be once all that was promised is there. */
    Surroundings now() {
        Surroundings around = machine.get();
        NodeView node = around.nodes().getFirst();
        for (PodView bound : node.pods()) {
            reservations.release(bound.uid());
        }
        return around.with(node.withAll(reservations.pods()));
    }

    static List<String> reasons(List<Verdict> no) {
        return no.stream().limit(Bid.REASONS_MAX).map(Verdict::reason).toList();
    }
}

package io.beemesh.machine.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.event.EventSink;
import io.beemesh.machine.network.StatefulGroups.OwnerSet;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import io.beemesh.machine.service.GroupRecords;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * Begins the group of a StatefulSet anew from the survivor whose log goes furthest, once most of its voters are lost
 * for good. Nothing calls it but an operator: whether a machine that is silent is lost, only he knows. On the
 * node's loop only.
 */
public final class GroupRecovery {
    private static final String COMPONENT = "beemesh-recover";

    private final Loop loop;
    private final Registry registry;
    private final EventSink events;

    /** What becomes of a request. */
    public sealed interface Outcome {}

    /** Nothing is done, for a reason that is a sentence. */
    public record Refusal(String reason) implements Outcome {}

    /**
     * Who begins, and what is lost.
     *
     * @param founder the pod that goes on with its log
     * @param generation that begins
     * @param term of its log's last entry
     * @param survivors pods with a log of the generation that ends
     * @param lost voters, each with the reason
     */
    public record Plan(String founder, long generation, long term, long entries,
            List<String> survivors, List<String> lost) implements Outcome {
        /** For an Event. */
        String text() {
            return "group begins anew from " + founder + " with " + entries
                    + " entries; what only these had may be lost: " + String.join(", ", lost);
        }
    }

    /**
     * What the operator knows.
     *
     * @param isEmpty no log is left: the group is to begin with nothing
     * @param lost ordinals that are not waited for, though their pods may have a log yet
     */
    public record Given(boolean isEmpty, Set<Integer> lost) {
        public Given {
            lost = Set.copyOf(lost);
        }
    }

    /** A pod of the set. */
    private record Member(ApiObject pod, int ordinal, boolean isReachable, String role,
            Optional<GroupLog> log) {
        /** A log of a former generation lacks all that the group has done since, however long it is. */
        boolean hasSaid(long generation) {
            return log.filter(end -> end.generation() == generation).isPresent();
        }

        boolean isSurvivor(long generation) {
            return isReachable && hasSaid(generation) && log.filter(GroupLog::isVoter).isPresent();
        }
    }

    public GroupRecovery(Loop loop, Registry registry, EventSink events) {
        this.loop = loop;
        this.registry = registry;
        this.events = events;
    }

    /** What {@link #begin} would do now. */
    public Outcome plan(String namespace, String name, Given given) {
        Optional<StoredObject> set = set(namespace, name);
        Optional<StoredObject> record = set.flatMap(
                found -> registry.get(GroupRecords.key(namespace, found.uid())));
        if (set.isEmpty() || record.isEmpty()) {
            return new Refusal(set.isEmpty()
                    ? "there is no StatefulSet " + namespace + "/" + name
                    : name + " has no group: its pods have no stateful sidecars, or none has started");
        }
        return plan(set.get(), GroupRecords.generationOf(record.get()), given);
    }

    private Outcome plan(StoredObject set, long generation, Given given) {
        List<Member> members = members(set);
        Optional<Refusal> led = members.stream()
                .filter(member -> member.isReachable && !member.role.isEmpty())
                .max(Comparator.comparing(member -> member.role.equals("leader")))
                .map(member -> new Refusal(member.pod.name() + (member.role.equals("leader")
                        ? " leads the group: there is nothing to recover"
                        : " has just heard of a leader: there is nothing to recover, or wait")));
        Optional<Refusal> unsaid = members.stream()
                .filter(member -> member.isReachable && !member.hasSaid(generation))
                .filter(member -> !given.lost.contains(member.ordinal))
                .findFirst()
                .map(member -> new Refusal(member.pod.name() + " on node "
                        + Pods.nodeName(member.pod) + " has not said yet what it has"
                        + orSayItIsLost(member.ordinal)));
        List<Member> survivors = members.stream()
                .filter(member -> member.isSurvivor(generation)).toList();
        Optional<Refusal> there = survivors.stream()
                .filter(member -> given.lost.contains(member.ordinal)).findFirst()
                .map(member -> new Refusal(member.pod.name()
                        + " is there with a log of the group: it is not lost"));
        Optional<Refusal> refusal = led.or(() -> unsaid).or(() -> there);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        if (survivors.isEmpty() || given.isEmpty) {
            return withNothing(set.object(), members, survivors, generation, given);
        }
        Member best = survivors.stream().max(Comparator.comparing(
                member -> member.log.orElseThrow(), GroupLog.BY_PROGRESS)).orElseThrow();
        GroupLog log = best.log.orElseThrow();
        String alive = names(survivors);
        if (2 * survivors.size() > log.voters().size()) {
            return new Refusal(survivors.size() + " of " + log.voters().size()
                    + " voters are alive, " + alive + ": they elect a leader by themselves");
        }
        List<Integer> others = log.voters().stream()
                .filter(voter -> survivors.stream().noneMatch(each -> each.ordinal == voter))
                .toList();
        Optional<Refusal> homeless = homeless(set.object(), others, members, given);
        if (homeless.isPresent()) {
            return homeless.get();
        }
        List<String> lost = others.stream()
                .map(voter -> lost(set.object().name(), voter, members, generation)).toList();
        return new Plan(best.pod.name(), generation + 1, log.term(), log.entries(),
                survivors.stream().map(each -> each.pod.name()).toList(), lost);
    }

    private static String orSayItIsLost(int ordinal) {
        return ": wait, or say --lost " + ordinal + " if what it had is gone";
    }

    /** A voter that the set wants has no node yet: its log may lie on one that waits for it. */
    private static Optional<Refusal> homeless(ApiObject set, List<Integer> voters,
            List<Member> members, Given given) {
        JsonNode spec = set.tree().path("spec");
        long end = spec.path("ordinals").path("start").asLong(0) + spec.path("replicas").asLong(1);
        return voters.stream().filter(voter -> voter < end)
                .filter(voter -> !given.lost.contains(voter)
                        && members.stream().noneMatch(each -> each.ordinal == voter))
                .findFirst().map(voter -> new Refusal(set.name() + "-" + voter
                        + " has no node yet, and may have a log" + orSayItIsLost(voter)));
    }

    private static Outcome withNothing(ApiObject set, List<Member> members,
            List<Member> survivors, long generation, Given given) {
        if (!survivors.isEmpty()) {
            return new Refusal(names(survivors) + " has a log: not with nothing");
        }
        // A founder goes on with what it has, and one said to be lost may have a log of long ago.
        Optional<Member> first = members.stream().filter(member -> member.isReachable
                && !given.lost.contains(member.ordinal))
                .min(Comparator.comparingInt(Member::ordinal));
        if (first.isEmpty()) {
            return new Refusal("no pod of " + set.name() + " is there to begin");
        }
        List<Integer> voters = List
                .of(set.annotations().getOrDefault(PodMarks.VOTERS, "").split(",")).stream()
                // Whoever may edit the set may have put anything there.
                .filter(voter -> voter.matches("[0-9]{1,9}")).map(Integer::valueOf).toList();
        Optional<Refusal> homeless = homeless(set, voters, members, given);
        if (homeless.isPresent()) {
            return homeless.get();
        }
        if (!given.isEmpty) {
            return new Refusal("no pod of " + set.name()
                    + " that is there has a log of the group: only --empty begins one, with nothing");
        }
        return new Plan(first.get().pod.name(), generation + 1, 0, 0, List.of(),
                voters.stream().map(voter -> lost(set.name(), voter, members, generation))
                        .toList());
    }

    private static String names(List<Member> members) {
        return members.stream().map(member -> member.pod.name())
                .collect(Collectors.joining(", "));
    }

    private static String lost(String set, int ordinal, List<Member> members, long generation) {
        String why = members.stream().filter(member -> member.ordinal == ordinal).findFirst()
                .map(member -> {
                    if (!member.isReachable) {
                        return "node " + Pods.nodeName(member.pod) + " is not Ready";
                    }
                    if (member.log.isEmpty()) {
                        return "it has said nothing";
                    }
                    return member.hasSaid(generation)
                            ? "it has no log of the group"
                            : "its log is of before the last recovery";
                }).orElse("it has no node");
        return set + "-" + ordinal + " (" + why + ")";
    }

    private Optional<StoredObject> set(String namespace, String name) {
        return registry.get(new ObjectKey(GroupResource.STATEFUL_SETS, namespace, name));
    }

    /** Those that a node was chosen for; pods without a sidecar have no part in it. */
    private List<Member> members(StoredObject set) {
        List<Member> members = new ArrayList<>();
        for (StoredObject stored : registry.ownedBy(GroupResource.PODS, set.key().namespace(),
                set.uid())) {
            ApiObject pod = stored.object();
            boolean covered = !pod.annotations().getOrDefault(PodNetwork.ANNOTATION, "")
                    .equals("disabled");
            Optional<OwnerSet> owner = OwnerSet.of(pod);
            if (owner.isPresent() && covered && !Pods.nodeName(pod).isEmpty()) {
                members.add(new Member(pod, owner.get().ordinal(), isReachable(pod),
                        pod.labels().getOrDefault(PodMarks.ROLE, ""), GroupLog
                                .parse(pod.annotations().getOrDefault(PodMarks.GROUP_LOG, ""))));
            }
        }
        return members;
    }

    private boolean isReachable(ApiObject pod) {
        return registry.get(new ObjectKey(GroupResource.NODES, "", Pods.nodeName(pod)))
                .flatMap(node -> Pods.condition(node.object(), "Ready"))
                .filter(ready -> ready.path("status").asText("").equals("True")).isPresent();
    }

    /** Does it, if a majority of the mesh takes the record; ends on the loop with what was done. */
    public CompletableFuture<Outcome> begin(String namespace, String name, Given given) {
        Outcome outcome = plan(namespace, name, given);
        if (!(outcome instanceof Plan plan)) {
            return CompletableFuture.completedFuture(outcome);
        }
        StoredObject set = set(namespace, name).orElseThrow();
        StoredObject record = registry.get(GroupRecords.key(namespace, set.uid())).orElseThrow();
        String peer = registry.get(new ObjectKey(GroupResource.PODS, namespace, plan.founder()))
                .map(pod -> pod.object().annotations().getOrDefault(PodMarks.PEER, ""))
                .orElse("");
        return registry.write(List.of(GroupRecords.recover(record, peer, plan.generation())))
                .thenApplyAsync(result -> switch (result) {
                    case WriteResult.Committed done -> {
                        events.event(set.object(), EventSink.Severity.WARNING, "GroupRecovered",
                                plan.text(), COMPONENT);
                        yield plan;
                    }
                    case WriteResult.NeedsMajority no -> new Refusal(no.reason());
                    case WriteResult.Unavailable no -> new Refusal(no.reason());
                    default -> new Refusal("the group has changed: try again");
                }, loop);
    }
}

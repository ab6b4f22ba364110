package io.beemesh.machine.scheduler;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.scheduling.LaneSummary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * What this node knows of the room in lanes: of its own by what each member tells, of the others by their
 * summaries. Entries end when they are not told again for {@link #LIFE}. At most
 * {@link LaneSummary#MACHINES_MAX} members and {@value #LANES_MAX} lanes. On the loop.
 */
final class LaneTable implements Lanes {
    /** Each member tells its lane, and one of them the other lanes, this often. */
    static final Duration EVERY = Duration.ofSeconds(15);
    static final Duration LIFE = EVERY.multipliedBy(3);
    static final int LANES_MAX = 4_096;

    private record Heard(LaneSummary summary, long endNanos) {}

    private final Loop loop;
    private final RandomGenerator random;
    private final String own;
    private final Map<PeerId, Heard> members = new LinkedHashMap<>();
    private final Map<String, Heard> lanes = new TreeMap<>();

    /** @param own the prefix of this node's lane */
    LaneTable(Loop loop, RandomGenerator random, String own) {
        this.loop = loop;
        this.random = random;
        this.own = own;
    }

    /** What a machine tells of itself. */
    static LaneSummary of(String lane, NodeView node) {
        Map<String, Long> free = new HashMap<>();
        node.allocatable().keySet().stream().limit(LaneSummary.RESOURCES_MAX)
                .forEach(resource -> free.put(resource, resource.equals("pods")
                        ? Math.max(0, node.free(resource) - node.pods().size())
                        : Math.max(0, node.unschedulable() ? 0 : node.free(resource))));
        List<String> labels = node.labels().entrySet().stream()
                .map(label -> label.getKey() + "=" + label.getValue())
                .limit(LaneSummary.LABELS_MAX).toList();
        List<String> taints = new ArrayList<>();
        node.taints().forEach(taint -> taints.add(taint.path("key").asText("") + "="
                + taint.path("value").asText("") + ":" + taint.path("effect").asText("")));
        return new LaneSummary(lane, 1, free, free, labels,
                taints.subList(0, Math.min(taints.size(), LaneSummary.TAINTS_MAX)));
    }

    /** A member of this lane, this node included, tells what it has left. */
    void onMember(PeerId member, LaneSummary summary) {
        boolean isRoom = members.containsKey(member)
                || members.size() < LaneSummary.MACHINES_MAX;
        if (summary.lane().equals(own) && summary.machines() == 1 && isRoom) {
            members.put(member, heard(summary));
        }
    }

    /** A lane tells the others what it has left. */
    void onLane(LaneSummary summary) {
        if (lanes.containsKey(summary.lane()) || lanes.size() < LANES_MAX) {
            lanes.put(summary.lane(), heard(summary));
        }
    }

    private Heard heard(LaneSummary summary) {
        return new Heard(summary, loop.nanoTime() + LIFE.toNanos());
    }

    /** The lane in one summary; its members are counted, the rest is what any or all of them have. */
    LaneSummary summary() {
        expire();
        Map<String, Long> largest = new HashMap<>();
        Map<String, Long> total = new HashMap<>();
        Set<String> labels = new TreeSet<>();
        List<String> taints = new ArrayList<>();
        boolean first = true;
        for (Heard member : members.values()) {
            member.summary().largestFree().forEach((what, much) -> {
                largest.merge(what, much, Math::max);
                total.merge(what, much, Long::sum);
            });
            labels.addAll(member.summary().labels());
            if (first) {
                taints.addAll(member.summary().taints());
            } else {
                taints.retainAll(member.summary().taints());
            }
            first = false;
        }
        return new LaneSummary(own, Math.max(1, members.size()), largest, total,
                labels.stream().filter(label -> !label.startsWith("kubernetes.io/hostname="))
                        .limit(LaneSummary.LABELS_MAX).toList(),
                taints);
    }

    private void expire() {
        members.values().removeIf(heard -> heard.endNanos() - loop.nanoTime() <= 0);
        lanes.values().removeIf(heard -> heard.endNanos() - loop.nanoTime() <= 0);
    }

    @Override
    public List<Choice> promising(PodView pod, int count) {
        onLane(summary());
        List<LaneSummary> fit = new ArrayList<>();
        List<LaneSummary> others = new ArrayList<>();
        for (Heard heard : lanes.values()) {
            (mayFit(pod, heard.summary()) ? fit : others).add(heard.summary());
        }
        Collections.shuffle(fit, random);
        // Of a few taken at random the roomiest: no herd runs to the one best lane.
        List<LaneSummary> some = new ArrayList<>(fit.subList(0, Math.min(fit.size(), 2 * count)));
        some.sort(Comparator.<LaneSummary>comparingDouble(s -> share(pod, s)).reversed());
        if (some.size() < count) {
            Collections.shuffle(others, random);
            some.addAll(others.subList(0, Math.min(others.size(), count - some.size())));
        }
        return some.stream().limit(count).map(s -> new Choice(s.lane(), s.machines())).toList();
    }

    private static boolean mayFit(PodView pod, LaneSummary lane) {
        boolean room = pod.requests().entrySet().stream().allMatch(request -> request
                .getValue() <= lane.largestFree().getOrDefault(request.getKey(), 0L));
        boolean pods = lane.largestFree().getOrDefault("pods", 1L) > 0;
        boolean labels = lane.labels().size() >= LaneSummary.LABELS_MAX
                || pod.spec().path("nodeSelector").properties().stream()
                        .filter(label -> !label.getKey().equals("kubernetes.io/hostname"))
                        .allMatch(label -> lane.labels().contains(
                                label.getKey() + "=" + label.getValue().asText("")));
        return room && pods && labels;
    }

    /** For how many such pods there is room, about. */
    private static double share(PodView pod, LaneSummary lane) {
        double least = lane.totalFree().getOrDefault("pods", 0L);
        for (Map.Entry<String, Long> request : pod.requests().entrySet()) {
            if (request.getValue() > 0) {
                least = Math.min(least, (double) lane.totalFree()
                        .getOrDefault(request.getKey(), 0L) / request.getValue());
            }
        }
        return least;
    }

    @Override
    public void tried(String lane, PodView pod, boolean placed) {
        Heard heard = lanes.get(lane);
        if (!placed && heard != null) {
            LaneSummary old = heard.summary();
            Map<String, Long> less = new HashMap<>(old.largestFree());
            pod.requests().forEach((what, much) -> less.computeIfPresent(what,
                    (resource, free) -> Math.min(free, Math.max(0, much - 1))));
            lanes.put(lane, new Heard(new LaneSummary(lane, old.machines(), less, old.totalFree(),
                    old.labels(), old.taints()), heard.endNanos()));
        }
    }
}

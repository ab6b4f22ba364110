package io.beemesh.machine.usage;

import io.beemesh.protocol.usage.UsageReport;
import io.beemesh.protocol.usage.UsageReport.Amounts;
import io.beemesh.protocol.usage.UsageReport.PodUse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What each node and each of its pods used last. The loop writes, any thread reads. What is older than
 * {@link #LIFE} does not count; at most {@link #NODES_MAX} nodes and {@link #PODS_MAX} pods are kept.
 */
public final class UsageTable {
    /** Four reports: one or two may be lost. */
    public static final Duration LIFE = Duration.ofSeconds(60);
    static final int NODES_MAX = 1024;
    static final int PODS_MAX = 20_000;
    /** A node that reports more often is not heard. */
    static final Duration INTERVAL_MIN = Duration.ofSeconds(3);

    private final Map<String, NodeUse> nodes = new ConcurrentHashMap<>();

    /**
     * What a node uses.
     *
     * @param heard by this node's clock
     * @param pods by uid
     */
    public record NodeUse(Instant heard, Duration window, Amounts machine,
            Map<String, Measured> pods) {
        public NodeUse {
            pods = Map.copyOf(pods);
        }
    }

    /** What a pod used at some time. */
    public record Measured(Instant heard, Duration window, PodUse use) {}

    /**
     * Takes the report of {@code node}; on the loop.
     *
     * @return false if it comes too soon after the last one, or there is no room
     */
    public boolean take(String node, UsageReport report, Instant now) {
        NodeUse before = nodes.get(node);
        if (before != null && now.isBefore(before.heard.plus(INTERVAL_MIN))) {
            return false;
        }
        forget(now);
        int others = 0;
        for (Map.Entry<String, NodeUse> entry : nodes.entrySet()) {
            others += entry.getKey().equals(node) ? 0 : entry.getValue().pods.size();
        }
        Map<String, Measured> pods = new HashMap<>();
        if (before != null) {
            before.pods.forEach((uid, measured) -> {
                if (isCurrent(measured.heard, now)) {
                    pods.put(uid, measured);
                }
            });
        }
        report.pods().forEach(
                pod -> pods.put(pod.uid(), new Measured(now, report.window(), pod)));
        boolean room = others + pods.size() <= PODS_MAX
                && (before != null || nodes.size() < NODES_MAX);
        if (room) {
            nodes.put(node, new NodeUse(now, report.window(), report.machine(), pods));
        }
        return room;
    }

    private void forget(Instant now) {
        nodes.values().removeIf(use -> !isCurrent(use.heard, now));
    }

    private static boolean isCurrent(Instant heard, Instant now) {
        return now.isBefore(heard.plus(LIFE));
    }

    /** What {@code node} uses, if that is known at {@code now}. */
    public Optional<NodeUse> node(String node, Instant now) {
        return Optional.ofNullable(nodes.get(node)).filter(use -> isCurrent(use.heard, now));
    }

    /** What a pod of {@code node} uses, if that is known at {@code now}. */
    public Optional<Measured> pod(String node, String uid, Instant now) {
        return Optional.ofNullable(nodes.get(node)).map(use -> use.pods.get(uid))
                .filter(measured -> isCurrent(measured.heard, now));
    }

    /** The nodes that are heard of at {@code now}, in no order. */
    public List<String> nodes(Instant now) {
        List<String> names = new ArrayList<>();
        nodes.forEach((name, use) -> {
            if (isCurrent(use.heard, now)) {
                names.add(name);
            }
        });
        return names;
    }
}

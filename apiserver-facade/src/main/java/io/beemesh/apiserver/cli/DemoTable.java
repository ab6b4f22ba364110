package io.beemesh.apiserver.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the demo shows of its mesh: which pods are on which node, and whether workloads have all that they want.
 *
 * @param nodes items of a NodeList
 * @param pods items of a PodList
 * @param workloads items with {@code spec.replicas} and {@code spec.selector.matchLabels}
 */
record DemoTable(List<JsonNode> nodes, List<JsonNode> pods, List<JsonNode> workloads) {
    private static final String NOWHERE = "";

    /**
     * A container and a node that count no more, whatever is known of them yet. Its pod may have another container
     * already, where its machine was faster than its siblings.
     *
     * @param container id of a pod's first one; empty if none
     * @param node empty if none
     */
    record Lost(String container, String node) {
        boolean includes(JsonNode pod) {
            return (!container.isEmpty() && containerOf(pod).equals(container))
                    || (!node.isEmpty() && nodeOf(pod).equals(node));
        }
    }

    /** One line for each node, with its pods; ready ones are marked. */
    List<String> lines(Lost lost) {
        Map<String, List<String>> byNode = new TreeMap<>();
        nodes.forEach(node -> byNode.put(name(node), new ArrayList<>()));
        for (JsonNode pod : pods) {
            boolean counts = isReady(pod) && !lost.includes(pod);
            byNode.computeIfAbsent(nodeOf(pod), _ -> new ArrayList<>())
                    .add((counts ? "* " : "- ") + name(pod));
        }
        List<String> lines = new ArrayList<>();
        byNode.forEach((node, names) -> {
            names.sort(String::compareTo);
            lines.add("  %-8s %-9s %s".formatted(node.equals(NOWHERE) ? "(none)" : node,
                    state(node), String.join("  ", names)).stripTrailing());
        });
        return lines;
    }

    private String state(String name) {
        for (JsonNode node : nodes) {
            if (name(node).equals(name)) {
                return isReady(node) ? "Ready" : "NotReady";
            }
        }
        return "waiting";
    }

    /** Such as {@code web 2 of 3}, of each workload. */
    String progress(Lost lost) {
        List<String> parts = new ArrayList<>();
        for (JsonNode workload : workloads) {
            parts.add(name(workload) + " " + ready(workload, lost) + " of " + wanted(workload));
        }
        return String.join(", ", parts);
    }

    /** True if each workload has exactly the ready pods that it wants. */
    boolean isComplete(Lost lost) {
        return !workloads.isEmpty() && workloads.stream()
                .allMatch(workload -> ready(workload, lost) == wanted(workload));
    }

    private static long wanted(JsonNode workload) {
        return workload.path("spec").path("replicas").asLong();
    }

    private long ready(JsonNode workload, Lost lost) {
        JsonNode labels = workload.path("spec").path("selector").path("matchLabels");
        return pods.stream().filter(pod -> isReady(pod) && !lost.includes(pod)
                && labels.properties().stream().allMatch(label -> label.getValue()
                        .equals(pod.path("metadata").path("labels").path(label.getKey()))))
                .count();
    }

    private static boolean isReady(JsonNode object) {
        if (object.path("metadata").has("deletionTimestamp")) {
            return false;
        }
        for (JsonNode condition : object.path("status").path("conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition.path("status").asText().equals("True");
            }
        }
        return false;
    }

    static String name(JsonNode object) {
        return object.path("metadata").path("name").asText();
    }

    /** The id of its first container; empty if it has none yet. */
    static String containerOf(JsonNode pod) {
        return pod.path("status").path("containerStatuses").path(0).path("containerID").asText("");
    }

    static String nodeOf(JsonNode pod) {
        return pod.path("spec").path("nodeName").asText(NOWHERE);
    }
}

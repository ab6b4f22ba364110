package io.beemesh.conformance.kubectl;

import java.util.ArrayList;
import java.util.List;

/**
 * A pod as the API shows it.
 *
 * @param active whether it is neither on its way out nor lost with its node
 */
public record Replica(String name, String uid, String node, boolean active, boolean ready) {
    private static final String TEMPLATE = "{range .items[*]}{.metadata.name},{.metadata.uid},"
            + "{.spec.nodeName},{.metadata.deletionTimestamp}{.status.reason},"
            + "{.status.conditions[?(@.type==\"Ready\")].status}{\"\\n\"}{end}";

    /**
     * All pods that a label selects; fails if the API does not answer. A part of a mesh without majority warns with
     * each answer.
     */
    public static List<Replica> all(Kubectl kubectl, String selector) {
        List<Replica> all = new ArrayList<>();
        kubectl.command("get", "pods", "--request-timeout=10s", "-l", selector, "-o",
                "jsonpath=" + TEMPLATE).run().ok().lines()
                .filter(line -> line.indexOf(',') > 0 && !line.startsWith("Warning: "))
                .forEach(line -> {
                    String[] of = line.split(",", -1);
                    all.add(new Replica(of[0], of[1], of[2], of[3].isEmpty(),
                            of[4].equals("True")));
                });
        return all;
    }
}

package io.beemesh.machine.scheduler;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Kubernetes' sentence for why no machine will do. Pure. */
final class FitError {
    private FitError() {}

    /**
     * Such as {@code 0/2 nodes are available: 1 Insufficient cpu, 1 Too many pods.}
     *
     * @param reasons one for each no
     */
    static String message(int nodes, List<String> reasons) {
        Map<String, Integer> counts = new TreeMap<>();
        reasons.forEach(reason -> counts.merge(reason, 1, Integer::sum));
        List<String> parts = new ArrayList<>();
        counts.forEach((reason, count) -> parts.add(count + " " + reason));
        parts.sort(null);
        return "0/" + nodes + " nodes are available"
                + (parts.isEmpty() ? "" : ": " + String.join(", ", parts)) + ".";
    }
}

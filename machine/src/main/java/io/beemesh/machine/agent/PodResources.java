package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.PodAmounts;
import io.beemesh.machine.runtime.ContainerSpec.Resources;
import java.util.Locale;
import java.util.Map;

/**
 * What a pod asks for, and what becomes of it in cgroups.
 *
 * @param cpuMillis see {@link PodAmounts#required}
 * @see <a href="https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/">managing
 *     resources</a>
 */
record PodResources(long cpuMillis, long memoryBytes, long storageBytes) {
    private static final long SHARES_PER_CPU = 1024;
    private static final long SHARES_MIN = 2;
    private static final long SHARES_MAX = 262_144;
    private static final long QUOTA_MIN = 1000;
    /** More processors than any machine has; products with it do not overflow. */
    private static final long CPU_MILLIS_MAX = 1_000_000_000;

    static final PodResources NONE = new PodResources(0, 0, 0);

    /** The pod's effective requests. */
    static PodResources requests(ApiObject pod) {
        Map<String, Long> amounts = PodAmounts
                .units(PodAmounts.required(pod.tree().path("spec")));
        return new PodResources(amounts.getOrDefault("cpu", 0L),
                amounts.getOrDefault("memory", 0L),
                amounts.getOrDefault("ephemeral-storage", 0L));
    }

    PodResources plus(PodResources other) {
        return new PodResources(cpuMillis + other.cpuMillis, memoryBytes + other.memoryBytes,
                storageBytes + other.storageBytes);
    }

    /** The cgroup limits of one container. */
    static Resources cgroup(ApiObject pod, JsonNode container, long machineMemory) {
        Map<String, Long> requests = PodAmounts.units(PodAmounts.amounts(container, "requests"));
        Map<String, Long> limits = PodAmounts.units(PodAmounts.amounts(container, "limits"));
        long limitMillis = Math.min(limits.getOrDefault("cpu", 0L), CPU_MILLIS_MAX);
        long requestMillis = Math.min(requests.getOrDefault("cpu", limitMillis), CPU_MILLIS_MAX);
        long shares = Math.clamp(requestMillis * SHARES_PER_CPU / 1000, SHARES_MIN, SHARES_MAX);
        long quota = limitMillis == 0
                ? 0
                : Math.max(QUOTA_MIN, limitMillis * Resources.CPU_PERIOD_MICROS / 1000);
        return new Resources(shares, quota, limits.getOrDefault("memory", 0L),
                oomScore(pod, requests.getOrDefault("memory", 0L), machineMemory));
    }

    private static int oomScore(ApiObject pod, long requestBytes, long machineMemory) {
        String qos = pod.tree().path("status").path("qosClass").asText("BestEffort")
                .toLowerCase(Locale.ROOT);
        if (qos.equals("guaranteed")) {
            return -997;
        }
        if (qos.equals("besteffort") || machineMemory <= 0) {
            return 1000;
        }
        // Whoever uses more than it asked for ends up above everyone who does not.
        return Math.clamp(1000 - 1000 * (requestBytes / 1024) / (machineMemory / 1024 + 1), 3,
                999);
    }
}

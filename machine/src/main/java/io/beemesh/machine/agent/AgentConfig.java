package io.beemesh.machine.agent;

import java.util.List;
import java.util.Map;

/**
 * What the node agent is told about its machine.
 *
 * @param nodeName the Node's name
 * @param nodeIp the Node's InternalIP and the {@code hostIP} of its pods
 * @param labels beside {@code kubernetes.io/hostname}, {@code os} and {@code arch}
 */
public record AgentConfig(String nodeName, String nodeIp, Map<String, String> labels,
        MachineFacts facts, Dns dns) {
    public AgentConfig {
        labels = Map.copyOf(labels);
        if (nodeName.isEmpty() || nodeIp.isEmpty()) {
            throw new IllegalArgumentException("the node has no name or no address");
        }
    }

    /**
     * Read once at start, from the operating system and from configuration.
     *
     * @param pods how many pods may run here at once, as {@code kubelet --max-pods}
     * @param allocatable what pods may use, at most the capacity
     */
    public record MachineFacts(Amounts capacity, Amounts allocatable, int pods, String machineId,
            String bootId, String kernelVersion, String osImage, String architecture,
            String version) {}

    /** Thousandths of a processor, and bytes. */
    public record Amounts(long cpuMillis, long memoryBytes, long storageBytes) {}

    /**
     * How pods resolve names.
     *
     * @param servers of {@code dnsPolicy: ClusterFirst}; if empty it is the same as {@code Default}
     * @param hostResolvConf the machine's own {@code resolv.conf}, for {@code dnsPolicy: Default}
     */
    public record Dns(List<String> servers, String clusterDomain, String hostResolvConf) {
        public Dns {
            servers = List.copyOf(servers);
        }
    }
}

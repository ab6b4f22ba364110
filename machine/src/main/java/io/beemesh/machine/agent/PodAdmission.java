package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.network.PodNetwork;
import io.beemesh.machine.object.ApiObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Whether a pod that was bound to this node has room and place here; the machine is the only judge.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/scheduling-eviction/">scheduling</a>
 */
final class PodAdmission {
    /**
     * Kernel parameters that a pod has for itself and that cannot harm its neighbours.
     *
     * @see <a href="https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/#safe-and-unsafe-sysctls">
     *     safe sysctls</a>
     */
    private static final Set<String> SAFE_SYSCTLS = Set.of("kernel.shm_rmid_forced",
            "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
            "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range",
            "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
            "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
            "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem");

    private final AgentConfig config;
    private final PodNetwork network;

    PodAdmission(AgentConfig config, PodNetwork network) {
        this.config = config;
        this.network = network;
    }

    /**
     * Why the pod cannot run here.
     *
     * @param present the pods that use something here already
     */
    Optional<PodStatus.Failure> refusal(ApiObject pod, List<ApiObject> present) {
        JsonNode selector = pod.tree().path("spec").path("nodeSelector");
        Map<String, String> labels = NodeObject.labels(config);
        for (Map.Entry<String, JsonNode> wanted : selector.properties()) {
            if (!wanted.getValue().asText().equals(labels.get(wanted.getKey()))
                    && isOwnLabel(wanted.getKey())) {
                return Optional.of(new PodStatus.Failure("NodeAffinity",
                        "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"));
            }
        }
        for (JsonNode sysctl : pod.tree().path("spec").path("securityContext").path("sysctls")) {
            String name = sysctl.path("name").asText("");
            if (!SAFE_SYSCTLS.contains(name.replace('/', '.'))) {
                return Optional.of(new PodStatus.Failure("SysctlForbidden",
                        "forbidden sysctl: \"" + name + "\" not allowlisted"));
            }
        }
        if (network.covers(pod)) {
            Optional<PodStatus.Failure> beside = besideSidecar(pod);
            if (beside.isPresent()) {
                return beside;
            }
        }
        AgentConfig.MachineFacts facts = config.facts();
        if (present.size() >= facts.pods()) {
            return outOf("pods", 1, present.size(), facts.pods());
        }
        PodResources used = PodResources.NONE;
        for (ApiObject other : present) {
            used = used.plus(PodResources.requests(other));
        }
        PodResources wanted = PodResources.requests(pod);
        AgentConfig.Amounts room = facts.allocatable();
        if (wanted.cpuMillis() > 0 && used.cpuMillis() + wanted.cpuMillis() > room.cpuMillis()) {
            return outOf("cpu", wanted.cpuMillis(), used.cpuMillis(), room.cpuMillis());
        }
        if (wanted.memoryBytes() > 0
                && used.memoryBytes() + wanted.memoryBytes() > room.memoryBytes()) {
            return outOf("memory", wanted.memoryBytes(), used.memoryBytes(), room.memoryBytes());
        }
        if (wanted.storageBytes() > 0
                && used.storageBytes() + wanted.storageBytes() > room.storageBytes()) {
            return outOf("ephemeral-storage", wanted.storageBytes(), used.storageBytes(),
                    room.storageBytes());
        }
        return Optional.empty();
    }

    private static Optional<PodStatus.Failure> besideSidecar(ApiObject pod) {
        Optional<String> right = PodNetwork.networkRight(pod);
        if (right.isPresent()) {
            return notBesideSidecar("NetworkRights", right.get());
        }
        for (JsonNode container : pod.tree().path("spec").path("containers")) {
            for (JsonNode port : container.path("ports")) {
                String protocol = port.path("protocol").asText("TCP");
                if (port.path("hostPort").asInt(0) > 0 && protocol.equals("SCTP")) {
                    return notBesideSidecar("HostPort",
                            "container \"" + container.path("name").asText()
                                    + "\" asks for hostPort " + port.path("hostPort").asInt() + "/"
                                    + protocol);
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<PodStatus.Failure> notBesideSidecar(String reason, String what) {
        return Optional.of(new PodStatus.Failure(reason, what
                + ", which a pod with a sidecar cannot have: the sidecar is its only way in and"
                + " out. Remove it, or give the pod the annotation " + PodNetwork.ANNOTATION
                + ": disabled"));
    }

    /** Labels that only the node itself sets; others may have been given to the Node since. */
    private static boolean isOwnLabel(String key) {
        return key.equals(NodeObject.HOSTNAME) || key.equals(NodeObject.OS)
                || key.equals(NodeObject.ARCH);
    }

    private static Optional<PodStatus.Failure> outOf(String resource, long requested, long used,
            long capacity) {
        return Optional.of(new PodStatus.Failure("OutOf" + resource,
                "Node didn't have enough resource: " + resource + ", requested: " + requested
                        + ", used: " + used + ", capacity: " + capacity));
    }
}

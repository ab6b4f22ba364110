package io.beemesh.machine.runtime;

import java.util.List;
import java.util.Map;

/**
 * A sandbox to make.
 *
 * @param hostname of the pod's UTS namespace
 * @param attempt counts the sandboxes of the pod from 0
 * @param sysctls namespaced kernel parameters
 */
public record SandboxSpec(PodName pod, String hostname, int attempt, Namespaces namespaces,
        Map<String, String> sysctls, List<PortMapping> ports) {
    public SandboxSpec {
        sysctls = Map.copyOf(sysctls);
        ports = List.copyOf(ports);
    }

    /** Which pod it is. */
    public record PodName(String namespace, String name, String uid) {}

    /**
     * Which namespaces are the machine's own, and whether containers see each other's processes.
     *
     * @param address the pod's address on a network of its own that leads nowhere but to its sidecar;
     *     empty: the runtime's network, which chooses one
     */
    public record Namespaces(boolean hostNetwork, boolean hostPid, boolean hostIpc,
            boolean sharedPid, String address) {}

    /**
     * A port of the machine that leads into the pod.
     *
     * @param protocol in lower case
     * @param hostIp empty for all addresses
     */
    public record PortMapping(int hostPort, int containerPort, String protocol, String hostIp) {}
}

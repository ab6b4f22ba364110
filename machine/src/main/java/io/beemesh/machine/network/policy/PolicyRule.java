package io.beemesh.machine.network.policy;

import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * One rule of a policy.
 *
 * @param peers any of them; all if there is none and {@code anyPeer}
 * @param ports any of them; all if there is none
 */
record PolicyRule(boolean anyPeer, List<Peer> peers, List<Ports> ports) {
    /**
     * Ports of the connection's target.
     *
     * @param name of a port of the target's containers; empty if numbers count
     * @param first of the numbers; 0 for all of the protocol
     */
    record Ports(String protocol, String name, int first, int last) {
        boolean include(Party target, String asked, int port) {
            if (!protocol.equals(asked)) {
                return false;
            }
            if (!name.isEmpty()) {
                return target instanceof Party.Pod pod
                        && pod.namedPorts().getOrDefault(protocol + "/" + name, -1) == port;
            }
            return first == 0 || (first <= port && port <= last);
        }
    }

    /** @param other whom the rule is about: the source of what comes in, the target of what goes out */
    boolean allows(Party other, Party target, String protocol, int port,
            Function<String, Map<String, String>> namespaceLabels) {
        return (anyPeer || peers.stream().anyMatch(peer -> peer.matches(other, namespaceLabels)))
                && (ports.isEmpty()
                        || ports.stream().anyMatch(one -> one.include(target, protocol, port)));
    }
}

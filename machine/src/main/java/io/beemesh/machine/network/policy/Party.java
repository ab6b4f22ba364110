package io.beemesh.machine.network.policy;

import java.util.Map;

/** Who is at one end of a connection. */
public sealed interface Party {
    /**
     * A pod.
     *
     * @param address empty while it is not known
     * @param namedPorts numbers of its containers' ports, by protocol and name, such as {@code TCP/http}
     */
    record Pod(String namespace, Map<String, String> labels, String address,
            Map<String, Integer> namedPorts) implements Party {}

    /** An address that is no pod's. */
    record Outside(String address) implements Party {}

    /** A machine of the mesh itself: its probes, and what users do through the API. Never restricted. */
    record Machine() implements Party {}
}

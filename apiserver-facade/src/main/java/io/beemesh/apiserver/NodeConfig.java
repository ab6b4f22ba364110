package io.beemesh.apiserver;

import io.beemesh.libp2p.peer.PrivateKey;
import java.nio.file.Path;

/**
 * What makes a node, parsed and checked at the edge.
 *
 * @param data the node's directory, owned by this process
 * @param identity the machine's key
 * @param name the Node's name, a DNS-1123 label
 * @param address the machine's address for others
 * @param apiPort HTTPS on all addresses; 0 picks a free port
 * @param httpPort HTTP on loopback; 0 means off
 * @param listen libp2p multiaddr
 * @param runtime what runs the pods
 * @param podMemoryBytes what pods may use at most; 0 means all that the machine can spare
 * @param kubeconfigDirectory where {@code pki/} is written
 * @param join token of the mesh to join; empty to found one, or to go on as the member that this is
 */
public record NodeConfig(Path data, PrivateKey identity, String name, String address, int apiPort,
        int httpPort, String listen, PodRuntime runtime, long podMemoryBytes,
        Path kubeconfigDirectory, String join) {
    /** What runs the pods. */
    public sealed interface PodRuntime {
        /** Pods become Ready without containers. */
        record Simulated() implements PodRuntime {}

        /**
         * Podman behind its API socket.
         *
         * @param allowHostAccess true if pods may mount the socket and the data directory
         * @param sidecarImage of the sidecar of every pod; empty: pods have none, and are on Podman's own
         *     network
         * @param statefulSidecarImage the same of pods of StatefulSets
         */
        record Podman(Path socket, boolean allowHostAccess, String sidecarImage,
                String statefulSidecarImage)
                implements
                    PodRuntime {}
    }
}

package io.beemesh.sidecar.proxy;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.protocol.membership.MeshId;
import java.net.InetAddress;
import java.time.Duration;

/**
 * Who a sidecar is, and where its machine is.
 *
 * @param key the pod's identity
 * @param podAddress the pod's own address, which is on its loopback device
 * @param mesh whose word on other pods counts
 * @param machine the machine's peer id
 * @param machineAddress its unix socket
 * @param port TCP and UDP, where the kernel brings what the pod sends to others
 * @param connectionsMax TCP connections and UDP flows of the pod at a time, each
 */
public record SidecarConfig(PrivateKey key, InetAddress podAddress, MeshId mesh,
        PeerId machine, Multiaddr machineAddress, int port, int connectionsMax) {
    /** The port that the machine's rules name. */
    public static final int PORT = 15001;

    /** A thousand of each. */
    public static final int CONNECTIONS_MAX = 1000;

    /** Until a connection is there or refused; the machine tries several endpoints within it. */
    static final Duration CONNECT = Duration.ofSeconds(15);
}

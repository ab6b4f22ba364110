package io.beemesh.machine.network;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.sidecar.ConnectStatus;

/** Where a connection may go. */
public sealed interface Route {
    /** To a pod of this machine, through its sidecar. */
    record Pod(PeerId peer, String address, int port) implements Route {}

    /** To a pod of another machine, by the name of its node. */
    record Remote(String node, String address, int port) implements Route {}

    /** Out of the mesh, from this machine. */
    record Outside(String address, int port) implements Route {}

    /** To the mesh's name server, which this machine is. */
    record NameServer() implements Route {}

    /** Nowhere. */
    record Nowhere(ConnectStatus why) implements Route {}
}

package io.beemesh.apiserver.mesh;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.machine.membership.JoinTokens;
import io.beemesh.machine.membership.MemberStatus;
import io.beemesh.machine.membership.Membership;
import io.beemesh.machine.network.GroupRecovery;
import io.beemesh.machine.registry.SlotStatus;
import io.beemesh.protocol.membership.MeshId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/** What can be done to the mesh from this node. On the loop only. */
public interface MeshControl {
    MeshId mesh();

    Membership membership();

    /** The open tokens, if this node issues. */
    Optional<JoinTokens> tokens();

    /** Names of the nodes that issue, for messages. */
    List<String> issuers();

    /** Where this node can be reached, the address for others first. */
    List<Multiaddr> addresses();

    /** Peers that the gate turned away. */
    long refusedPeers();

    /** The slots of the registry that this node has a replica of. */
    List<SlotStatus> slots();

    /** The slot of an object; empty if there is no such resource, or the namespace is missing. */
    OptionalInt slotOf(String resource, String namespace, String name);

    /** For groups of StatefulSets that lost most of their voters. */
    GroupRecovery recovery();

    /** Ends another machine's membership; exceptionally if no issuer is in reach. */
    CompletableFuture<Void> remove(MemberStatus member);

    /** This node leaves; its process ends soon after. */
    CompletableFuture<Void> leave();
}

package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.identify.IdentifyMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the swarm keeps of a connected peer. */
final class Peer {
    /** One connection and when it came up. */
    record Link(Connection connection, long sinceNanos) {}

    private final List<Link> links = new ArrayList<>(1);
    private Set<ProtocolId> protocols = Set.of();
    private @Nullable IdentifyMessage identity;

    List<Link> links() {
        return links;
    }

    Set<ProtocolId> protocols() {
        return protocols;
    }

    void protocols(Set<ProtocolId> now) {
        protocols = now;
    }

    Optional<IdentifyMessage> identity() {
        return Optional.ofNullable(identity);
    }

    void identity(IdentifyMessage message) {
        identity = message;
    }

    /** The oldest connection that takes new streams. */
    Optional<Connection> usable() {
        return links.stream().map(Link::connection).filter(Connection::acceptsStreams).findFirst();
    }
}

package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.identify.IdentifyMessage;
import io.beemesh.libp2p.multiformats.AddressPart;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the swarm keeps of a connected peer. */
final class Peer {
    /**
     * One connection, from where, and when it came up.
     *
     * @param from its {@link AddressGroup}
     */
    record Link(Connection connection, AddressPart from, long sinceNanos) {
        Link(Connection connection, long sinceNanos) {
            this(connection, AddressGroup.of(connection.remoteAddress()), sinceNanos);
        }

        boolean isRelayed() {
            return ObservedAddresses.isRelayed(connection.remoteAddress());
        }
    }

    private final List<Link> links = new ArrayList<>(1);
    private Set<ProtocolId> protocols = Set.of();
    private byte[] signedRecord = new byte[0];
    private @Nullable IdentifyMessage identity;

    List<Link> links() {
        return links;
    }

    /** Verified; empty if there is none. */
    byte[] signedRecord() {
        return signedRecord;
    }

    void signedRecord(byte[] envelope) {
        signedRecord = envelope;
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

    /** True if one of the connections is not limited. */
    boolean isConnected() {
        return links.stream().anyMatch(link -> !link.connection().isLimited());
    }

    /** True if one of the connections goes through no relay. */
    boolean hasDirect() {
        return links.stream().anyMatch(link -> !link.isRelayed());
    }

    List<Connection> relayed() {
        return links.stream().filter(Link::isRelayed).map(Link::connection).toList();
    }

    /** The oldest direct connection that takes new streams, else the oldest relayed one. */
    Optional<Connection> usable(boolean limitedToo) {
        return links.stream()
                .filter(link -> link.connection().acceptsStreams()
                        && (limitedToo || !link.connection().isLimited()))
                .min(Comparator.comparing(Link::isRelayed)
                        .thenComparing(link -> link.connection().isLimited()))
                .map(Link::connection);
    }
}

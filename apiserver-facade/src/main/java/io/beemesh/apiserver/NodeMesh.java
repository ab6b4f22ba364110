package io.beemesh.apiserver;

import io.beemesh.apiserver.mesh.MeshControl;
import io.beemesh.apiserver.resource.ResourceCatalog;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.machine.membership.Issuer;
import io.beemesh.machine.membership.JoinTokens;
import io.beemesh.machine.membership.MemberState;
import io.beemesh.machine.membership.MemberStatus;
import io.beemesh.machine.membership.Membership;
import io.beemesh.machine.network.GroupRecovery;
import io.beemesh.machine.registry.NodeRegistry;
import io.beemesh.machine.registry.SlotStatus;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.exchange.Exchange;
import io.beemesh.protocol.membership.JoinToken;
import io.beemesh.protocol.membership.MembershipCertificate.Role;
import io.beemesh.protocol.membership.MeshId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The mesh as this node's operator may act on it. On the loop only. */
final class NodeMesh implements MeshControl {
    private static final Duration REMOVE_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration FAREWELL = Duration.ofMillis(500);
    private static final Duration HANDED_OVER_MAX = Duration.ofSeconds(20);
    private static final Logger LOG = LoggerFactory.getLogger(NodeMesh.class);
    private static final int FRAME_BYTES_MAX = 1024;

    private final NodeConfig config;
    private final MeshParts parts;
    private final NodeRegistry registry;
    private final ResourceCatalog catalog;
    private final GroupRecovery recovery;
    private final Runnable left;

    /** @param left the node has left: its process is to end */
    NodeMesh(NodeConfig config, MeshParts parts, NodeRegistry registry, ResourceCatalog catalog,
            GroupRecovery recovery, Runnable left) {
        this.recovery = recovery;
        this.catalog = catalog;
        this.registry = registry;
        this.config = config;
        this.parts = parts;
        this.left = left;
    }

    @Override
    public MeshId mesh() {
        return parts.credentials().mesh();
    }

    @Override
    public Membership membership() {
        return parts.membership();
    }

    @Override
    public Optional<JoinTokens> tokens() {
        return Optional.ofNullable(parts.issuer()).map(Issuer::tokens);
    }

    @Override
    public List<String> issuers() {
        return otherIssuers().stream().map(MemberStatus::nodeName).toList();
    }

    private List<MemberStatus> otherIssuers() {
        return parts.membership().snapshot().stream()
                .filter(member -> member.certificate().role() == Role.ISSUER
                        && member.state() == MemberState.ALIVE
                        && !member.peer().equals(parts.gate().peerId()))
                .toList();
    }

    /** The node's own address first, loopback last: only machines on this one can use that. */
    @Override
    public List<Multiaddr> addresses() {
        List<Multiaddr> all = new ArrayList<>(parts.gate().listenAddresses());
        all.sort(Comparator.comparingInt(this::rank));
        return all.subList(0, Math.min(all.size(), JoinToken.ADDRESSES_MAX));
    }

    private int rank(Multiaddr address) {
        AddressPart host = address.parts().getFirst();
        if (host.text().equals(config.address())) {
            return 0;
        }
        return host.text().startsWith("127.") || host.text().equals("::1") ? 2 : 1;
    }

    @Override
    public long refusedPeers() {
        return parts.gate().refused();
    }

    @Override
    public List<SlotStatus> slots() {
        return registry.slots();
    }

    @Override
    public OptionalInt slotOf(String resource, String namespace, String name) {
        String asked = resource.toLowerCase(Locale.ROOT);
        Optional<ResourceDescriptor> found = catalog.all().stream()
                .filter(ResourceDescriptor::stored)
                .filter(each -> each.type().resource().equals(asked)
                        || each.singular().equals(asked) || each.shortNames().contains(asked))
                .findFirst();
        return found.isEmpty() || (found.get().namespaced() && namespace.isEmpty())
                ? OptionalInt.empty()
                : OptionalInt.of(SlotStatus.slotOf(found.get().type(),
                        found.get().namespaced() ? namespace : "", name));
    }

    @Override
    public GroupRecovery recovery() {
        return recovery;
    }

    @Override
    public CompletableFuture<Void> remove(MemberStatus member) {
        if (member.peer().equals(parts.gate().peerId())) {
            throw new IllegalArgumentException("a node does not remove itself: ./beemesh leave");
        }
        Issuer own = parts.issuer();
        if (own != null) {
            own.remove(member.peer());
            return CompletableFuture.completedFuture(null);
        }
        List<MemberStatus> issuers = otherIssuers();
        if (issuers.isEmpty()) {
            throw new IllegalStateException("no issuer of the mesh is in reach");
        }
        return new Exchange(parts.gate(), Protocols.REMOVE, FRAME_BYTES_MAX, REMOVE_TIMEOUT)
                .ask(issuers.getFirst().peer(), member.peer().toBytes())
                .thenApply(answer -> null);
    }

    @Override
    public CompletableFuture<Void> leave() {
        boolean alone = parts.membership().snapshot().stream()
                .allMatch(member -> member.peer().equals(parts.gate().peerId()));
        if (parts.issuer() != null && otherIssuers().isEmpty() && !alone) {
            throw new IllegalStateException("this is the only issuer of the mesh in reach: without"
                    + " one, certificates end and nobody can join. Join another machine with a"
                    + " token of ./beemesh token create --issuer first");
        }
        parts.membership().leave();
        long deadline = parts.open().loop().nanoTime() + HANDED_OVER_MAX.toNanos();
        parts.open().loop().schedule(FAREWELL, () -> end(deadline));
        return CompletableFuture.completedFuture(null);
    }

    /** The others are to hold all that this node holds before it ends. */
    private void end(long deadline) {
        boolean late = parts.open().loop().nanoTime() - deadline > 0;
        if (!registry.isHome() || late) {
            if (late) {
                LOG.warn("Node leaves though others count on what it holds");
            }
            left.run();
        } else {
            parts.open().loop().schedule(FAREWELL, () -> end(deadline));
        }
    }
}

package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Who is known: asks peers, and keeps the routing table by what comes of it. Nobody enters the table who
 * has not answered a request; peers that show up by themselves are asked first.
 */
final class Peers {
    private static final int PROBES_MAX = 32;
    private static final Duration HEARD_LIFE = Duration.ofMinutes(10);
    private static final Duration ANSWERED_LIFE = Duration.ofMinutes(60);

    private final Host host;
    private final KadConfig config;
    private final Requests requests;
    private final RoutingTable table;
    private final KadKey selfKey;
    private final Set<PeerId> probes = new HashSet<>();

    Peers(Host host, KadConfig config) {
        this.host = host;
        this.config = config;
        this.requests = new Requests(host, config);
        this.selfKey = KadKey.of(host.peerId());
        this.table = new RoutingTable(selfKey, config.bucketSize(), config.groupMax());
    }

    PeerId self() {
        return host.peerId();
    }

    KadKey selfKey() {
        return selfKey;
    }

    Loop loop() {
        return host.loop();
    }

    KadConfig config() {
        return config;
    }

    RoutingTable table() {
        return table;
    }

    Requests requests() {
        return requests;
    }

    /** Remembers for a while where a peer is said to be, the most likely first. */
    void learn(PeerId peer, List<Multiaddr> addresses) {
        if (!addresses.isEmpty()) {
            host.addressBook().hear(peer, addresses, HEARD_LIFE);
        }
    }

    /** Where the peer may be: what was only heard of it too. */
    List<Multiaddr> addresses(PeerId peer) {
        return host.addressBook().addresses(peer);
    }

    /** Where the peer was reached, or says itself that it is: only that is passed on to others. */
    List<Multiaddr> addressesAdded(PeerId peer) {
        return host.addressBook().added(peer);
    }

    boolean isKnown(PeerId peer) {
        return table.contact(peer) != null || !addresses(peer).isEmpty();
    }

    /** Asks, and lets the table learn from it. */
    void ask(PeerId peer, KadKey key, KadMessage request, Consumer<Reply> then) {
        requests.ask(peer, request, reply -> {
            switch (reply) {
                case Reply.Answer answer -> answered(peer, key, answer.from());
                case Reply.Failure failure -> table.failed(peer, failure.gone());
                case Reply.NotAsked later -> {
                    // Nothing new is known of it.
                }
            }
            then.accept(reply);
        });
    }

    /** Takes the peer into the table, if there is room, as one that has just answered. */
    void answered(PeerId peer, KadKey key, Multiaddr from) {
        List<Multiaddr> addresses = addressesAdded(peer);
        if (table.answered(peer, key, IpGroup.of(from), loop().nanoTime())
                && !addresses.isEmpty()) {
            host.addressBook().add(peer, addresses, ANSWERED_LIFE);
        }
    }

    /** A peer showed up that serves the protocol: if there is room for it, see whether it answers. */
    void consider(PeerId peer) {
        if (table.contact(peer) != null || probes.size() >= PROBES_MAX) {
            return;
        }
        KadKey key = KadKey.of(peer);
        if (table.hasRoom(key) && probes.add(peer)) {
            check(peer, key, () -> probes.remove(peer));
        }
    }

    /** Asks a contact that was not heard of for long whether it is still there. */
    void check(PeerId peer, KadKey key, Runnable then) {
        KadMessage request = KadMessage.of(KadMessage.Type.FIND_NODE, self().toBytes());
        ask(peer, key, request, reply -> then.run());
    }

    void onPeerEvent(PeerEvent event) {
        switch (event) {
            case PeerEvent.Identified identified -> {
                if (identified.protocols().contains(config.protocol())) {
                    consider(identified.peer());
                } else {
                    table.remove(identified.peer());
                }
            }
            case PeerEvent.Connected connected -> {
                // Its protocols are not known yet.
            }
            case PeerEvent.Relayed relayed -> {
                // Peers that answer only through a relay do not enter the table.
            }
            case PeerEvent.Disconnected disconnected -> {
                // Connections come and go; the next request shows whether the peer is there.
            }
        }
    }

    /** True if the peer said that it serves the protocol. */
    boolean isServer(PeerId peer) {
        return host.protocolsOf(peer).contains(config.protocol());
    }

    /** From where a peer at this address asks; one at an address of this machine asks from here. */
    IpScope scopeOf(Multiaddr address) {
        AddressPart ip = address.parts().getFirst();
        boolean isHere = host.listenAddresses().stream()
                .anyMatch(own -> own.parts().getFirst().equals(ip));
        return isHere ? IpScope.MACHINE : IpScope.of(address);
    }

    /** The peers to name to {@code asker}: the closest with addresses that it may see, without both of us. */
    List<KadPeer> closestFor(PeerId asker, IpScope scope, KadKey target) {
        List<KadPeer> peers = new ArrayList<>(config.bucketSize());
        table.walk(target, contact -> {
            if (!contact.isSuspect() && !contact.id.equals(asker)) {
                List<Multiaddr> addresses = scope.visible(addressesAdded(contact.id));
                if (!addresses.isEmpty()) {
                    peers.add(new KadPeer(contact.id, addresses));
                }
            }
            return peers.size() < config.bucketSize();
        });
        return peers;
    }
}

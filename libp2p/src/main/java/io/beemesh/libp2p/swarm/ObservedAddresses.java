package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.SequencedSet;

/**
 * How others see this host: its address outside a NAT, if there is one. Told by peers, so each is only a
 * guess until it was dialed. Of connections that this host dialed the port means something only if it
 * dials from the port that listens, which only TCP does.
 */
final class ObservedAddresses {
    private static final int ADDRESSES_MAX = 16;
    private static final int OBSERVERS_MAX = 8;

    private final boolean portReuse;
    private final SequencedMap<Multiaddr, SequencedSet<PeerId>> observers = new LinkedHashMap<>();

    ObservedAddresses(boolean portReuse) {
        this.portReuse = portReuse;
    }

    void add(Multiaddr address, PeerId observer, Connection connection) {
        boolean meansListener = connection.isInbound()
                || (portReuse && connection.remoteAddress().part(AddressProtocol.TCP).isPresent());
        if (!meansListener || isRelayed(address) || isRelayed(connection.remoteAddress())) {
            return;
        }
        SequencedSet<PeerId> known = observers.remove(address);
        SequencedSet<PeerId> seenBy = known == null ? new LinkedHashSet<>() : known;
        if (seenBy.size() < OBSERVERS_MAX) {
            seenBy.add(observer);
        }
        observers.put(address, seenBy);
        if (observers.size() > ADDRESSES_MAX) {
            observers.pollFirstEntry();
        }
    }

    /** All, those that most peers see first. */
    List<Multiaddr> addresses() {
        List<Multiaddr> all = new ArrayList<>(observers.keySet());
        all.sort(Comparator.comparingInt((Multiaddr address) -> {
            SequencedSet<PeerId> seenBy = observers.get(address);
            return seenBy == null ? 0 : -seenBy.size();
        }));
        return all;
    }

    static boolean isRelayed(Multiaddr address) {
        return address.part(AddressProtocol.P2P_CIRCUIT).isPresent();
    }
}

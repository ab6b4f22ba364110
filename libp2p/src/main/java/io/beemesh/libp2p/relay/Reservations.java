package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.util.LinkedHashMap;
import java.util.Map;

/** Who has a reservation, within the bounds of {@link RelayConfig}. */
final class Reservations {
    private record Entry(AddressPart ip, long untilNanos) {}

    private final RelayConfig config;
    private final Loop loop;
    private final Map<PeerId, Entry> entries = new LinkedHashMap<>();

    Reservations(RelayConfig config, Loop loop) {
        this.config = config;
        this.loop = loop;
    }

    /** Gives or renews one, from now on; false if there are too many. */
    boolean add(PeerId peer, Multiaddr from) {
        dropExpired();
        AddressPart ip = from.parts().getFirst();
        Entry before = entries.remove(peer);
        long ofThisIp = entries.values().stream().filter(entry -> entry.ip.equals(ip)).count();
        if (entries.size() >= config.reservationsMax()
                || ofThisIp >= config.reservationsPerIpMax()) {
            if (before != null) {
                entries.put(peer, before);
            }
            return false;
        }
        entries.put(peer,
                new Entry(ip, loop.nanoTime() + config.reservationTime().toNanos()));
        return true;
    }

    boolean has(PeerId peer) {
        dropExpired();
        return entries.containsKey(peer);
    }

    boolean remove(PeerId peer) {
        return entries.remove(peer) != null;
    }

    int size() {
        return entries.size();
    }

    private void dropExpired() {
        long now = loop.nanoTime();
        entries.values().removeIf(entry -> entry.untilNanos - now <= 0);
    }
}

package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.Consumer;

/** Who has a reservation, within the bounds of {@link RelayConfig}. */
final class Reservations {
    private record Entry(AddressPart ip, long untilNanos) {}

    private final RelayConfig config;
    private final Loop loop;
    private final Consumer<PeerId> expired;
    /** The first to expire first. */
    private final SequencedMap<PeerId, Entry> entries = new LinkedHashMap<>();
    private boolean expiryPlanned;

    /** @param expired called for each reservation that was not renewed in time */
    Reservations(RelayConfig config, Loop loop, Consumer<PeerId> expired) {
        this.config = config;
        this.loop = loop;
        this.expired = expired;
    }

    /** Gives or renews one, from now on; false if there are too many. */
    boolean add(PeerId peer, Multiaddr from) {
        dropExpired();
        AddressPart ip = from.parts().getFirst();
        int others = entries.size() - (entries.containsKey(peer) ? 1 : 0);
        long ofThisIp = entries.entrySet().stream()
                .filter(it -> !it.getKey().equals(peer) && it.getValue().ip.equals(ip)).count();
        if (others >= config.reservationsMax() || ofThisIp >= config.reservationsPerIpMax()) {
            return false;
        }
        entries.remove(peer);
        entries.put(peer,
                new Entry(ip, loop.nanoTime() + config.reservationTime().toNanos()));
        planExpiry();
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

    private void planExpiry() {
        if (!expiryPlanned && !entries.isEmpty()) {
            expiryPlanned = true;
            long nanos = entries.firstEntry().getValue().untilNanos - loop.nanoTime();
            loop.schedule(Duration.ofNanos(nanos), () -> {
                expiryPlanned = false;
                dropExpired();
                planExpiry();
            });
        }
    }

    private void dropExpired() {
        long now = loop.nanoTime();
        while (!entries.isEmpty() && entries.firstEntry().getValue().untilNanos - now <= 0) {
            expired.accept(entries.pollFirstEntry().getKey());
        }
    }
}

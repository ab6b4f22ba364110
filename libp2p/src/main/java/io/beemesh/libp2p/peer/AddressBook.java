package io.beemesh.libp2p.peer;

import io.beemesh.libp2p.multiformats.Multiaddr;
import java.time.Duration;
import java.util.List;

/** Addresses of other peers, bounded per peer and in all, each with an expiry. */
public interface AddressBook {
    /** Remembers addresses for {@code timeToLive}; the oldest leave when the bound is reached. */
    void add(PeerId peer, List<Multiaddr> addresses, Duration timeToLive);

    /** What is known and not expired, in the order of arrival. */
    List<Multiaddr> addresses(PeerId peer);
}

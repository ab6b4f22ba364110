package io.beemesh.libp2p.peer;

import io.beemesh.libp2p.multiformats.Multiaddr;
import java.time.Duration;
import java.util.List;

/**
 * Addresses of other peers, bounded per peer and in all, each with an expiry. Those that were added are
 * kept apart from what was only heard: anybody can say anything of anybody.
 */
public interface AddressBook {
    /**
     * Remembers addresses for {@code timeToLive}: those that were dialed, that the peer itself said, or that
     * a user named. The oldest leave when the bound is reached.
     */
    void add(PeerId peer, List<Multiaddr> addresses, Duration timeToLive);

    /**
     * Adds the addresses of a record that its peer signed; false, and nothing is added, if a later one of
     * that peer is known: somebody plays an old one again.
     */
    boolean addSigned(PeerRecord signed, Duration timeToLive);

    /** Remembers what others say of a peer; the oldest of such leave when the bound is reached, none that was added. */
    void hear(PeerId peer, List<Multiaddr> addresses, Duration timeToLive);

    /** What is known and not expired: what was added, in the order of arrival, then what was heard, the latest first. */
    List<Multiaddr> addresses(PeerId peer);

    /** What was added and is not expired. */
    List<Multiaddr> added(PeerId peer);
}

package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.multiformats.Multiaddr;
import java.time.Instant;
import java.util.List;

/**
 * A relay's promise to carry connections to its holder.
 *
 * @param expires when it ends unless it is renewed, by the relay's clock
 * @param addresses of the relay, each with its {@code /p2p}
 * @param voucher the signed promise, see {@link Voucher#open}; empty if the relay gave none
 */
public record Reservation(Instant expires, List<Multiaddr> addresses, byte[] voucher) {
    public Reservation {
        addresses = List.copyOf(addresses);
    }
}

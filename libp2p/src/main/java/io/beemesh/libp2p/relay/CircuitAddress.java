package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.util.List;

/**
 * An address through a relay, {@code <address>/p2p/<relay>/p2p-circuit}.
 *
 * @param relay who relays
 * @param addresses where the relay is, at most one; none if it must be known otherwise
 */
record CircuitAddress(PeerId relay, List<Multiaddr> addresses) {
    private static final AddressPart CIRCUIT = new AddressPart(AddressProtocol.P2P_CIRCUIT,
            new byte[0]);

    static boolean isRelayed(Multiaddr address) {
        return address.part(AddressProtocol.P2P_CIRCUIT).isPresent();
    }

    /** Takes an address apart that ends at the circuit; relays behind relays are refused. */
    static CircuitAddress parse(Multiaddr address) throws FormatException {
        List<AddressPart> parts = address.parts();
        int circuit = parts.indexOf(CIRCUIT);
        if (circuit < 1 || circuit != parts.size() - 1
                || parts.get(circuit - 1).protocol() != AddressProtocol.P2P) {
            throw new FormatException(
                    "need /p2p/<relay>/p2p-circuit at the end of the address: " + address);
        }
        PeerId relay = PeerId.fromBytes(parts.get(circuit - 1).value());
        return new CircuitAddress(relay,
                circuit == 1 ? List.of() : List.of(Multiaddr.of(parts.subList(0, circuit - 1))));
    }

    /** The address through {@code relay}, which may name the relay's peer at its end already. */
    static Multiaddr through(PeerId relay, Multiaddr address) throws FormatException {
        List<AddressPart> parts = address.parts();
        boolean named = parts.getLast().equals(relay.toAddressPart());
        return (named ? address : address.with(relay.toAddressPart())).with(CIRCUIT);
    }
}

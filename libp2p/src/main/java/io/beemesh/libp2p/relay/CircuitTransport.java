package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.swarm.Transport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Dials {@code /p2p-circuit} addresses: asks the relay, then upgrades what it joined. */
final class CircuitTransport implements Transport {
    private static final Duration RELAY_KNOWN = Duration.ofMinutes(10);

    /** Longer than a relay waits for the other peer. */
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final Host host;
    private final CircuitUpgrade upgrade;

    CircuitTransport(Host host, CircuitUpgrade upgrade) {
        this.host = host;
        this.upgrade = upgrade;
    }

    @Override
    public boolean canDial(Multiaddr address) {
        return address.parts().getLast().protocol() == AddressProtocol.P2P_CIRCUIT;
    }

    @Override
    public CompletableFuture<Connection> dial(Multiaddr address, PeerId peer) {
        CircuitAddress circuit;
        try {
            circuit = CircuitAddress.parse(address);
        } catch (FormatException e) {
            return CompletableFuture.failedFuture(
                    new Libp2pException("cannot dial " + address + ": " + e.getMessage()));
        }
        if (circuit.relay().equals(peer) || circuit.relay().equals(host.peerId())) {
            return CompletableFuture
                    .failedFuture(new Libp2pException("relay is an end itself: " + address));
        }
        host.addressBook().hear(circuit.relay(), circuit.addresses(), RELAY_KNOWN);
        return host.newStream(circuit.relay(), List.of(RelayCodec.HOP))
                .thenCompose(stream -> HopExchange.ask(host.loop(), stream,
                        new HopMessage.Connect(peer), TIMEOUT))
                .thenCompose(answer -> switch (answer.message()) {
                    case HopMessage.Status status -> upgrade.dialer(answer.stream(),
                            answer.reader(), address, peer, status.limit());
                    case HopMessage.Reserved ignored -> unexpected(answer);
                    case HopMessage.Reserve ignored -> unexpected(answer);
                    case HopMessage.Connect ignored -> unexpected(answer);
                });
    }

    private static CompletableFuture<Connection> unexpected(HopExchange.Answer answer) {
        answer.stream().reset();
        return CompletableFuture.failedFuture(new RelayException(RelayStatus.UNEXPECTED_MESSAGE,
                "relay answered with " + answer.message()));
    }
}

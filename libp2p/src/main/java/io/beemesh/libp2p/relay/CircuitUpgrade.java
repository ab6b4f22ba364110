package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.upgrade.ConnectionUpgrade;
import io.beemesh.libp2p.upgrade.UpgradeContext;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Makes connections of streams through relays, with buffers of their own once there is one. */
final class CircuitUpgrade {
    private static final int WINDOW_BYTES = 128 * 1024;

    private final UpgradeContext direct;
    private @Nullable UpgradeContext relayed;

    CircuitUpgrade(UpgradeContext direct) {
        this.direct = direct;
    }

    private UpgradeContext context() {
        UpgradeContext known = relayed;
        if (known == null) {
            known = direct.nested();
            relayed = known;
        }
        return known;
    }

    /** The side that asked for the circuit. */
    CompletableFuture<Connection> dialer(Stream stream, FrameReader reader, Multiaddr address,
            PeerId peer, RelayLimit limit) {
        StreamLink link = new StreamLink(direct.loop(), stream);
        return begin(link, ConnectionUpgrade.dialer(context(), link, address, peer), stream, reader,
                limit);
    }

    /** The side that was asked; whoever is there must be {@code source}, as the relay says. */
    CompletableFuture<Connection> listener(Stream stream, FrameReader reader, Multiaddr address,
            PeerId source, RelayLimit limit) {
        StreamLink link = new StreamLink(direct.loop(), stream);
        return begin(link, ConnectionUpgrade.listener(context(), link, address), stream, reader,
                limit).thenCompose(connection -> {
                    if (PeerId.of(connection.remoteKey()).equals(source)) {
                        return CompletableFuture.completedFuture(connection);
                    }
                    connection.close();
                    return CompletableFuture.failedFuture(new Libp2pException(
                            "relay announced " + source + ", another peer came"));
                });
    }

    private static CompletableFuture<Connection> begin(StreamLink link, ConnectionUpgrade upgrade,
            Stream stream, FrameReader reader, RelayLimit limit) {
        link.upgrade(upgrade);
        CompletableFuture<Connection> connection = upgrade.upgraded()
                .thenApply(inner -> new CircuitConnection(inner, limit));
        stream.request(WINDOW_BYTES - RelayCodec.BYTES_MAX);
        reader.handOver(link);
        return connection;
    }
}

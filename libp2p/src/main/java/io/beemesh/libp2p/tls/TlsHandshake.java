package io.beemesh.libp2p.tls;

import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PublicKey;
import io.beemesh.libp2p.upgrade.ConnectionUpgrade;
import io.beemesh.libp2p.upgrade.SecurityHandshake;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One side of a TLS handshake: its bytes are fed record by record, so none of what follows is taken. */
final class TlsHandshake implements SecurityHandshake {
    private final TlsChannel channel;
    private final TlsCredentials credentials;
    private final Optional<PeerId> expected;
    private @Nullable Secured result;

    TlsHandshake(TlsChannel channel, TlsCredentials credentials, Optional<PeerId> expected) {
        this.channel = channel;
        this.credentials = credentials;
        this.expected = expected;
        channel.begin();
    }

    @Override
    public void feed(ByteBuffer in) throws Libp2pException {
        while (result == null && in.hasRemaining()) {
            channel.handshake(in);
            if (channel.isEstablished()) {
                result = secured();
            }
        }
    }

    private Secured secured() throws TlsException {
        PublicKey remote = credentials.identityIn(channel.peerCertificates());
        PeerId peer = PeerId.of(remote);
        if (expected.isPresent() && !expected.get().equals(peer)) {
            throw new TlsException("peer is " + peer + ", expected " + expected.get());
        }
        String protocol = channel.applicationProtocol();
        if (protocol.isEmpty()) {
            throw new TlsException("no application protocol was agreed");
        }
        return new Secured(remote, protocol.equals(ConnectionUpgrade.YAMUX.name()), channel);
    }

    @Override
    public Optional<Secured> result() {
        return Optional.ofNullable(result);
    }

    @Override
    public void close() {
        channel.close();
    }
}

package io.beemesh.libp2p.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.peer.PublicKey;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class ObservedAddressesTest {
    private static final PublicKey KEY = PrivateKey.fromSeed(new byte[PrivateKey.SEED_BYTES])
            .publicKey();

    private record Link(Multiaddr remoteAddress, boolean isInbound) implements Connection {
        @Override
        public PublicKey remoteKey() {
            return KEY;
        }

        @Override
        public CompletableFuture<ByteStream> openStream() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int streamCount() {
            return 0;
        }

        @Override
        public void onStream(Consumer<ByteStream> listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void onClosed(Runnable listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean acceptsStreams() {
            return true;
        }
    }

    private static List<Multiaddr> seen(boolean portReuse, String at, String remote,
            boolean inbound) throws FormatException {
        ObservedAddresses observed = new ObservedAddresses(portReuse);
        observed.add(Multiaddr.parse(at), PeerId.of(KEY),
                new Link(Multiaddr.parse(remote), inbound));
        return observed.addresses();
    }

    @Test
    void add_dialedOverQuic_isNoAddressThatListens() throws FormatException {
        String quic = "/ip4/192.0.2.1/udp/5000/quic-v1";
        String tcp = "/ip4/192.0.2.1/tcp/5000";
        assertThat(seen(true, quic, "/ip4/192.0.2.7/udp/4001/quic-v1", false)).isEmpty();
        assertThat(seen(true, quic, "/ip4/192.0.2.7/udp/4001/quic-v1", true)).hasSize(1);
        assertThat(seen(true, tcp, "/ip4/192.0.2.7/tcp/4001", false)).hasSize(1);
        assertThat(seen(false, tcp, "/ip4/192.0.2.7/tcp/4001", false)).isEmpty();
    }
}

package io.beemesh.machine.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.Revocation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Who comes through the gate, and that nobody else gets anything. */
class CertificateGateTest {
    private static final ProtocolId SECRET = new ProtocolId("/beemesh/secret/1.0.0");
    private static final Duration YEAR = Duration.ofDays(365);

    private final TestMesh mesh = new TestMesh(11);
    private final PrivateKey serverKey = mesh.newKey();
    private final SimulatedHost server = mesh.network.newHost(serverKey.peerId());
    private final Credentials credentials = new Credentials(
            mesh.certificate(mesh.root, serverKey.peerId(), YEAR), mesh.simulation::wallTime);
    private final CertificateGate gate = new CertificateGate(server, credentials);
    private final List<PeerId> served = new ArrayList<>();
    private final List<PeerEvent> events = new ArrayList<>();

    CertificateGateTest() {
        server.loop().run(() -> {
            gate.handle(SECRET, stream -> {
                served.add(stream.remotePeer());
                stream.reader(new Silent());
                stream.write(ByteBuffer.wrap(new byte[]{1}));
            });
            gate.onPeerEvent(events::add);
            gate.start();
        });
    }

    private static final class Silent implements StreamReader {
        private boolean got;
        private boolean reset;

        @Override
        public void onData(ByteBuffer bytes) {
            got = true;
        }

        @Override
        public void onEnd() {
            // Nothing to do.
        }

        @Override
        public void onReset(StreamResetException cause) {
            reset = true;
        }
    }

    /** A peer that goes straight for the protocol, and shows {@code certificate} if asked. */
    private Silent visit(PrivateKey key, MembershipCertificate certificate, boolean gated) {
        SimulatedHost host = mesh.network.newHost(key.peerId());
        CertificateGate own = new CertificateGate(host,
                new Credentials(certificate, mesh.simulation::wallTime));
        Silent reader = new Silent();
        host.loop().run(() -> {
            if (gated) {
                own.start();
            }
            host.addressBook().add(server.peerId(), server.listenAddresses(), YEAR);
            // Past its own gate: a hostile peer has none.
            CompletableFuture<Stream> stream = host.newStream(server.peerId(), List.of(SECRET));
            stream.thenAccept(open -> {
                open.reader(reader);
                open.request(Long.MAX_VALUE);
                open.write(ByteBuffer.wrap(new byte[]{2}));
            });
        });
        mesh.run(Duration.ofSeconds(10));
        return reader;
    }

    private void assertNothingFor(PrivateKey key, Silent reader) {
        assertThat(served).isEmpty();
        assertThat(reader.got).isFalse();
        assertThat(events).isEmpty();
        assertThat(gate.connectedPeers()).isEmpty();
        assertThat(server.connectedPeers()).doesNotContain(key.peerId());
        assertThat(gate.refused()).isPositive();
    }

    @Test
    void member_isServed() {
        PrivateKey key = mesh.newKey();
        Silent reader = visit(key, mesh.certificate(mesh.root, key.peerId(), YEAR), true);

        assertThat(served).containsExactly(key.peerId());
        assertThat(reader.got).isTrue();
        assertThat(events.getFirst()).isEqualTo(new PeerEvent.Connected(key.peerId(), true));
        assertThat(gate.connectedPeers()).containsExactly(key.peerId());
    }

    @Test
    void noCertificate_getsNothing() {
        PrivateKey key = mesh.newKey();
        Silent reader = visit(key, mesh.certificate(mesh.root, key.peerId(), YEAR), false);

        assertNothingFor(key, reader);
        assertThat(reader.reset).isTrue();
    }

    @Test
    void expired_getsNothing() {
        PrivateKey key = mesh.newKey();
        MembershipCertificate certificate = mesh.certificate(mesh.root, key.peerId(),
                Duration.ofSeconds(5));
        mesh.run(Duration.ofSeconds(6));

        assertNothingFor(key, visit(key, certificate, true));
    }

    @Test
    void otherMesh_getsNothing() {
        PrivateKey key = mesh.newKey();

        assertNothingFor(key,
                visit(key, mesh.certificate(mesh.newKey(), key.peerId(), YEAR), true));
    }

    @Test
    void certificateOfAnotherPeer_getsNothing() {
        PrivateKey key = mesh.newKey();
        PrivateKey victim = mesh.newKey();

        assertNothingFor(key,
                visit(key, mesh.certificate(mesh.root, victim.peerId(), YEAR), true));
    }

    @Test
    void revoked_getsNothing() {
        PrivateKey key = mesh.newKey();
        MembershipCertificate certificate = mesh.certificate(mesh.root, key.peerId(), YEAR);
        credentials.revoke(Revocation.issue(mesh.root, key.peerId(), mesh.simulation.wallTime(),
                mesh.simulation.wallTime().plus(YEAR)));

        assertNothingFor(key, visit(key, certificate, true));
    }

    @Test
    void revokedWhileConnected_isTurnedOut() {
        PrivateKey key = mesh.newKey();
        Silent reader = visit(key, mesh.certificate(mesh.root, key.peerId(), YEAR), true);
        assertThat(reader.got).isTrue();

        server.loop().run(() -> {
            credentials.revoke(Revocation.issue(mesh.root, key.peerId(),
                    mesh.simulation.wallTime(), mesh.simulation.wallTime().plus(YEAR)));
            gate.sweep();
        });
        mesh.run(Duration.ofSeconds(1));

        assertThat(reader.reset).isTrue();
        assertThat(gate.connectedPeers()).isEmpty();
        assertThat(events.getLast()).isEqualTo(new PeerEvent.Disconnected(key.peerId()));
    }

    @Test
    void endedWhileConnected_isTurnedOut() {
        PrivateKey key = mesh.newKey();
        Silent reader = visit(key,
                mesh.certificate(mesh.root, key.peerId(), Duration.ofSeconds(60)), true);
        assertThat(reader.got).isTrue();

        mesh.run(Duration.ofSeconds(90));

        assertThat(reader.reset).isTrue();
        assertThat(((Host) gate).connectedPeers()).isEmpty();
    }
}

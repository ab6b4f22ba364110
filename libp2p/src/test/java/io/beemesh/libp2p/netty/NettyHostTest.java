package io.beemesh.libp2p.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.NettyHostConfig.Security;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.swarm.ConnectionGater;
import io.beemesh.libp2p.swarm.SwarmConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host does whatever the wire; what depends on it is in {@link WireTest}. */
class NettyHostTest {
    private static final ProtocolId LATE = new ProtocolId("/beemesh/late/1.0.0");

    @Test
    void handle_whileConnected_isPushed() {
        try (TestHost a = TestHost.start();
                TestHost b = TestHost.start()) {
            a.know(b.address());
            Void ignored = a.get(() -> a.host().connect(b.id()));
            assertThat(a.identified(b.id())).doesNotContain(LATE);
            assertThat(b.identified(a.id())).isNotEmpty();
            boolean done = b.onLoop(() -> {
                b.host().handle(LATE, stream -> stream.reset());
                return true;
            });
            a.until(() -> a.host().protocolsOf(b.id()).contains(LATE));
            assertThat(done).isTrue();
        }
    }

    @Test
    void exchange_unixSocket_comesBack(@TempDir Path folder) {
        try (TestHost a = TestHost.start();
                TestHost b = TestHost.start(config -> config, "/unix" + folder.resolve("b.sock"))) {
            a.know(b.id(), "/unix" + folder.resolve("b.sock"));
            Void ignored = a.get(() -> Echo.exchange(a.host(), b.id(), 1_000_000, true));
            assertThat(a.identified(b.id())).contains(Echo.PROTOCOL);
        }
    }

    private static NettyHostConfig local(NettyHostConfig config) {
        return config.withSecurities(Security.NOISE_LOCAL, Security.NOISE);
    }

    private static void exchange(TestHost from, TestHost to, String address) {
        from.know(to.id(), address);
        Void ignored = from.get(() -> Echo.exchange(from.host(), to.id(), 1_000_000, true));
    }

    /** What a listener says to the handshake after which nothing is sealed. */
    private static String proposeLocal(SocketAddress listener, int answerBytes)
            throws IOException {
        String header = "\u0013/multistream/1.0.0\n";
        try (SocketChannel socket = SocketChannel.open(listener)) {
            socket.write(StandardCharsets.US_ASCII
                    .encode(header + "\u0013/noise-local/1.0.0\n"));
            ByteBuffer answer = ByteBuffer.allocate(header.length() + answerBytes);
            int read = 0;
            while (answer.hasRemaining() && read >= 0) {
                read = socket.read(answer);
            }
            return new String(answer.array(), header.length(), answerBytes,
                    StandardCharsets.US_ASCII);
        }
    }

    @Test
    void noiseLocal_onUnixSocketsAlone(@TempDir Path folder) throws IOException {
        String unix = "/unix" + folder.resolve("b.sock");
        try (TestHost a = TestHost.start(NettyHostTest::local, "/ip4/127.0.0.1/tcp/0");
                TestHost b = TestHost.start(NettyHostTest::local, unix);
                TestHost older = TestHost.start()) {
            exchange(b, a, a.address());
            exchange(a, b, unix);
            exchange(older, b, unix);
            assertThat(proposeLocal(UnixDomainSocketAddress.of(folder.resolve("b.sock")), 20))
                    .isEqualTo("\u0013/noise-local/1.0.0\n");
            int port = Integer.parseInt(a.address().split("/", -1)[4]);
            assertThat(
                    proposeLocal(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 4))
                    .isEqualTo("\u0003na\n");
        }
    }

    @Test
    void newStream_unknownProtocolOrPeer_failsAndStaysAlive() {
        try (TestHost a = TestHost.start();
                TestHost b = TestHost.start()) {
            assertThatThrownBy(() -> a.get(() -> a.host().connect(b.id())))
                    .hasMessageContaining("no address");
            String wrongPort = b.address();
            a.know(a.id(), wrongPort);
            assertThatThrownBy(() -> a.get(() -> a.host().newStream(b.id(), List.of(LATE))))
                    .hasMessageContaining("a moment ago");
            try (TestHost c = TestHost.start()) {
                c.know(b.address());
                assertThatThrownBy(() -> c.get(() -> c.host().newStream(b.id(), List.of(LATE))))
                        .hasMessageContaining("speaks none");
                Void ignored = c.get(() -> Echo.exchange(c.host(), b.id(), 10, true));
                assertThatThrownBy(() -> c.get(() -> c.host().connect(c.id())))
                        .hasMessageContaining("itself");
            }
        }
    }

    /** Lets nobody in but one peer, or keeps all from that address. */
    private record OnlyOne(Set<PeerId> allowed, boolean accepts) implements ConnectionGater {
        @Override
        public boolean allowDial(PeerId peer, Multiaddr address) {
            return allowed.contains(peer);
        }

        @Override
        public boolean allowAccept(Multiaddr remoteAddress) {
            return accepts;
        }

        @Override
        public boolean allowPeer(PeerId peer, boolean inbound, Multiaddr remoteAddress) {
            return allowed.contains(peer);
        }
    }

    private static TestHost gated(boolean accepts, TestHost... allowed) {
        Set<PeerId> ids = Stream.of(allowed).map(TestHost::id).collect(Collectors.toSet());
        return TestHost.start(config -> config.withGater(new OnlyOne(ids, accepts)),
                "/ip4/127.0.0.1/tcp/0");
    }

    @Test
    void gater_saysNo_nobodyIsDialedOrLetIn() {
        try (TestHost friend = TestHost.start();
                TestHost stranger = TestHost.start();
                TestHost host = gated(true, friend);
                TestHost deaf = gated(false, friend)) {
            host.know(stranger.address());
            assertThatThrownBy(() -> host.get(() -> host.host().connect(stranger.id())))
                    .hasMessageContaining("no address");
            stranger.know(host.address());
            Void ignored = stranger.get(() -> stranger.host().connect(host.id()));
            stranger.until(() -> stranger.host().connectedPeers().isEmpty());
            friend.know(host.address());
            ignored = friend.get(() -> Echo.exchange(friend.host(), host.id(), 1_000, true));
            assertThat(host.onLoop(() -> host.host().connectedPeers()))
                    .containsExactly(friend.id());
            friend.know(deaf.address());
            assertThatThrownBy(() -> friend.get(() -> friend.host().connect(deaf.id())))
                    .hasMessageContaining("cannot reach");
        }
    }

    @Test
    void connections_aboveTheMark_areTrimmedButForProtectedPeers() {
        try (TestHost host = TestHost.start(
                config -> config.withSwarm(SwarmConfig.defaults().withConnections(2, 4, 10)
                        .withTimes(Duration.ofSeconds(10), Duration.ZERO)),
                "/ip4/127.0.0.1/tcp/0")) {
            List<TestHost> peers = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                TestHost peer = TestHost.start();
                peers.add(peer);
                host.onLoop(() -> {
                    host.host().swarm().protect(peers.getFirst().id(), true);
                    return true;
                });
                peer.know(host.address());
                Void ignored = peer.get(() -> peer.host().connect(host.id()));
                peer.identified(host.id());
            }
            host.until(() -> host.host().swarm().connectionCount() <= 4);
            assertThat(host.onLoop(() -> host.host().connectedPeers()))
                    .contains(peers.getFirst().id()).hasSizeBetween(2, 4);
            peers.forEach(TestHost::close);
        }
    }

    @Test
    void connections_ofOnePeer_areBounded() {
        int bound = SwarmConfig.defaults().connectionsPerPeerMax();
        try (TestHost host = TestHost.start(); TestHost greedy = TestHost.start()) {
            Multiaddr at = host.onLoop(() -> host.host().listenAddresses().getFirst());
            for (int i = 0; i < bound + 3; i++) {
                Object ignored = greedy.get(() -> greedy.host().swarm()
                        .dialDirect(host.id(), List.of(at), false, true)
                        .handle((done, failure) -> failure == null));
            }
            assertThat(host.onLoop(() -> host.host().swarm().connectionCount())).isEqualTo(bound);
        }
    }
}

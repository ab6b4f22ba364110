package io.beemesh.libp2p.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.quic.QuicConfig;
import io.beemesh.libp2p.swarm.SwarmConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a host does when the other side of a real socket means ill. */
class HostilePeerTest {
    private static Socket connect(TestHost host) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port(host));
        socket.setSoTimeout(30_000);
        return socket;
    }

    private static int port(TestHost host) {
        return host.onLoop(() -> host.host().listenAddresses().getFirst().parts().get(1).port());
    }

    /** Reads until the host closes; the read's own deadline bounds it. */
    private static void awaitClosed(Socket socket) throws IOException {
        byte[] rest = new byte[1024];
        try (socket) {
            int count = 0;
            while (count >= 0) {
                count = socket.getInputStream().read(rest);
            }
        } catch (SocketException e) {
            assertThat(e).hasMessageContaining("eset");
        }
    }

    private static void assertServes(TestHost host) {
        assertServes(host, Wire.NOISE);
    }

    private static void assertServes(TestHost host, Wire wire) {
        try (TestHost honest = wire.start()) {
            honest.know(host.address());
            Void ignored = honest.get(() -> Echo.exchange(honest.host(), host.id(), 100_000, true));
            assertThat(host.failures()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"NOISE", "TLS"})
    void accept_manySilentPeersThatStay_servesOthers(Wire wire) throws IOException {
        try (TestHost host = TestHost.start(
                config -> wire.only(config).withHandshakeTimeout(Duration.ofMinutes(5)),
                "/ip4/127.0.0.1/tcp/0")) {
            List<Socket> silent = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                silent.add(connect(host));
            }
            assertServes(host, wire);
            // The youngest is still waited for.
            assertThat(silent.getLast().getInputStream().available()).isZero();
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void accept_manySilentPeers_dropsThemAndServesOthers() throws IOException {
        try (TestHost host = TestHost.start(
                config -> config.withHandshakeTimeout(Duration.ofMillis(500)),
                "/ip4/127.0.0.1/tcp/0")) {
            List<Socket> silent = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                silent.add(connect(host));
            }
            for (Socket socket : silent) {
                awaitClosed(socket);
            }
            assertServes(host);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"NOISE", "TLS"})
    void accept_randomBytes_dropsThemAndServesOthers(Wire wire) throws IOException {
        SplittableRandom random = new SplittableRandom(6);
        String security = wire == Wire.NOISE ? "\u0007/noise\n" : "\u000b/tls/1.0.0\n";
        try (TestHost host = TestHost.start(
                config -> wire.only(config).withHandshakeTimeout(Duration.ofSeconds(1)),
                "/ip4/127.0.0.1/tcp/0")) {
            for (int i = 0; i < 60; i++) {
                byte[] junk = new byte[1 + random.nextInt(3000)];
                random.nextBytes(junk);
                if (i % 2 == 0) {
                    byte[] header = ("\u0013/multistream/1.0.0\n" + security)
                            .getBytes(StandardCharsets.US_ASCII);
                    System.arraycopy(header, 0, junk, 0, Math.min(header.length, junk.length));
                }
                Socket socket = connect(host);
                try {
                    OutputStream out = socket.getOutputStream();
                    out.write(junk);
                    out.flush();
                    socket.shutdownOutput();
                } catch (IOException e) {
                    assertThat(socket.isConnected()).isTrue(); // the host was faster
                }
                awaitClosed(socket);
            }
            assertServes(host, wire);
        }
    }

    /** Every other one begins as the first packet of a QUIC connection. */
    @Test
    void accept_randomDatagrams_servesOthers() throws IOException {
        SplittableRandom random = new SplittableRandom(7);
        byte[] initial = {(byte) 0xc3, 0, 0, 0, 1, 8};
        try (TestHost host = Wire.QUIC.start(); DatagramSocket socket = new DatagramSocket()) {
            for (int i = 0; i < 2_000; i++) {
                byte[] junk = new byte[1 + random.nextInt(1_400)];
                random.nextBytes(junk);
                if (i % 2 == 0) {
                    System.arraycopy(initial, 0, junk, 0, Math.min(initial.length, junk.length));
                }
                socket.send(new DatagramPacket(junk, junk.length,
                        InetAddress.getLoopbackAddress(), port(host)));
            }
            assertServes(host, Wire.QUIC);
        }
    }

    @Test
    void accept_quicStreamsThatAreNeverRead_servesOthers() {
        try (TestHost host = Wire.QUIC.start(); TestHost flooder = Wire.QUIC.start()) {
            AtomicInteger opened = new AtomicInteger();
            boolean held = host.onLoop(() -> {
                host.host().handle(Echo.PROTOCOL, stream -> opened.addAndGet(1));
                return true;
            });
            assertThat(held).isTrue();
            flooder.know(host.address());
            for (int i = 0; i < 1000; i++) {
                boolean asked = flooder.onLoop(() -> {
                    flooder.host().newStream(host.id(), List.of(Echo.PROTOCOL))
                            .thenCompose(HostilePeerTest::flood);
                    return true;
                });
                assertThat(asked).isTrue();
            }
            // Their first bytes fill the window of the connection, and what comes later waits.
            host.until(() -> opened.get() > 0);
            boolean restored = host.onLoop(() -> {
                Echo.serve(host.host());
                return true;
            });
            assertThat(restored).isTrue();
            assertServes(host, Wire.QUIC);
            assertThat(opened.get()).isLessThanOrEqualTo(QuicConfig.defaults().inboundStreamsMax());
        }
    }

    @Test
    void accept_streamFloodThatIsNeverRead_isBounded() {
        try (TestHost host = TestHost.start(config -> config.withReceiveBytesMax(512 << 10),
                "/ip4/127.0.0.1/tcp/0");
                TestHost flooder = TestHost.start()) {
            AtomicInteger opened = new AtomicInteger();
            boolean known = host.onLoop(() -> {
                host.host().handle(Echo.PROTOCOL, stream -> {
                    int now = opened.incrementAndGet();
                    assertThat(now).isPositive();
                });
                return true;
            });
            assertThat(known).isTrue();
            flooder.know(host.address());
            Void ignored = flooder.get(() -> flooder.host().connect(host.id()));
            AtomicInteger failed = new AtomicInteger();
            for (int i = 0; i < 40; i++) {
                boolean asked = flooder.onLoop(() -> {
                    flooder.host().newStream(host.id(), List.of(Echo.PROTOCOL))
                            .thenCompose(HostilePeerTest::flood)
                            .whenComplete(
                                    (done, failure) -> failed.addAndGet(failure == null ? 0 : 1));
                    return true;
                });
                assertThat(asked).isTrue();
            }
            flooder.until(() -> failed.get() >= 38);
            host.until(() -> opened.get() > 0);
            assertThat(opened.get()).isLessThanOrEqualTo(40);
            boolean restored = host.onLoop(() -> {
                Echo.serve(host.host());
                return true;
            });
            assertThat(restored).isTrue();
            assertServes(host);
        }
    }

    private static CompletableFuture<Void> flood(Stream stream) {
        return stream.write(ByteBuffer.allocate(300_000));
    }

    @Test
    void accept_moreConnectionsThanAllowed_refusesTheRest() {
        try (TestHost host = TestHost.start(
                config -> config.withSwarm(SwarmConfig.defaults().withConnections(1, 2, 3)
                        .withTimes(Duration.ofSeconds(10), Duration.ofHours(1))),
                "/ip4/127.0.0.1/tcp/0")) {
            List<TestHost> peers = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                TestHost peer = TestHost.start();
                peers.add(peer);
                peer.know(host.address());
                Void ignored = peer.get(() -> peer.host().connect(host.id()));
            }
            host.until(() -> host.host().swarm().connectionCount() == 3);
            peers.get(4).until(() -> peers.get(4).host().connectedPeers().isEmpty());
            assertThat(host.onLoop(() -> host.host().connectedPeers())).hasSize(3);
            peers.forEach(TestHost::close);
        }
    }
}

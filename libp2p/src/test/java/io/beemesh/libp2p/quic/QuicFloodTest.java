package io.beemesh.libp2p.quic;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.Waiting;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.Echo;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.netty.NettySockets;
import io.beemesh.libp2p.netty.TestHost;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.swarm.ConnectionGater;
import io.beemesh.libp2p.tls.TlsCredentials;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Handshakes that one address begins and does not end keep out no other. */
class QuicFloodTest {
    private static final int HANDSHAKES = 160;
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private static TestHost start() {
        return TestHost.start(config -> config.withQuic(QuicConfig.defaults()),
                "/ip4/127.0.0.1/udp/0/quic-v1");
    }

    /** Half of the places are taken before it is asked where it is; it does not hear that. */
    @Test
    void accept_handshakesOfWhoDoesNotHear_servesOthers() {
        try (TestHost host = start();
                TestHost honest = start();
                HalfPath path = new HalfPath(host, false);
                NettyLoop loop = new NettyLoop("flooder")) {
            flood(loop, path);
            assertServes(host, honest);
            Waiting.until(LIMIT, () -> path.retries.get() > 0, path.retries::toString);
        }
    }

    /** It proves where it is, so it takes all the places, and loses its oldest. */
    @Test
    void accept_handshakesOfWhoSaysWhereItIs_servesOthers() {
        try (TestHost host = start();
                TestHost honest = start();
                HalfPath path = new HalfPath(host, true);
                NettyLoop loop = new NettyLoop("flooder")) {
            flood(loop, path);
            Waiting.until(LIMIT, () -> path.tokens.get() >= 80, path.tokens::toString);
            assertServes(host, honest);
        }
    }

    private static void assertServes(TestHost host, TestHost honest) {
        honest.know(host.address());
        Void ignored = honest.get(() -> Echo.exchange(honest.host(), host.id(), 1000, true));
        assertThat(host.failures() + honest.failures()).isZero();
    }

    private static void flood(NettyLoop loop, HalfPath path) {
        SecureRandom random = new SecureRandom();
        PrivateKey key = PrivateKey.generate(random);
        QuicTransport transport = new QuicTransport(loop,
                new UdpSockets(loop.eventLoop(), NettySockets.nio().udp()),
                new TlsCredentials(loop, key, random), QuicConfig.defaults(),
                ConnectionGater.open(), connection -> {
                });
        Multiaddr target = TestHost.parse(
                "/ip4/127.0.0.1/udp/" + path.near.getLocalPort() + "/quic-v1");
        PeerId nobody = PeerId.of(key.publicKey());
        for (int i = 0; i < HANDSHAKES; i++) {
            loop.execute(() -> transport.dial(target, nobody));
        }
        Waiting.until(LIMIT, () -> path.sent.get() >= HANDSHAKES, path.sent::toString);
    }

    /** The way of one address, to which nothing comes back but, if so wished, what asks for a proof of it. */
    private static final class HalfPath implements AutoCloseable {
        private static final int RETRY = 0xf0;
        private static final int INITIAL = 0xc0;

        private final DatagramSocket near;
        private final DatagramSocket far;
        private final InetSocketAddress target;
        private final boolean hears;
        private final AtomicInteger sent = new AtomicInteger();
        private final AtomicInteger retries = new AtomicInteger();
        private final AtomicInteger tokens = new AtomicInteger();
        private volatile InetSocketAddress dialer = new InetSocketAddress(0);

        HalfPath(TestHost host, boolean hears) {
            this.hears = hears;
            InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
            target = new InetSocketAddress(loopback,
                    TestHost.parse(host.address()).parts().get(1).port());
            try {
                near = new DatagramSocket(0, loopback);
                far = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.2"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Thread.ofPlatform().daemon().name("half-there").start(this::there);
            Thread.ofPlatform().daemon().name("half-back").start(this::back);
        }

        private void there() {
            byte[] bytes = new byte[2048];
            try {
                while (true) {
                    DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
                    near.receive(packet);
                    dialer = (InetSocketAddress) packet.getSocketAddress();
                    // After version and both ids comes the length of the token.
                    int source = 6 + bytes[5];
                    if ((bytes[0] & 0xf0) == INITIAL && bytes[source + 1 + bytes[source]] != 0) {
                        tokens.incrementAndGet();
                    }
                    packet.setSocketAddress(target);
                    far.send(packet);
                    sent.incrementAndGet();
                }
            } catch (IOException e) {
                // Closed.
            }
        }

        private void back() {
            byte[] bytes = new byte[2048];
            try {
                while (true) {
                    DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
                    far.receive(packet);
                    if ((bytes[0] & 0xf0) == RETRY) {
                        retries.incrementAndGet();
                        if (hears) {
                            packet.setSocketAddress(dialer);
                            near.send(packet);
                        }
                    }
                }
            } catch (IOException e) {
                // Closed.
            }
        }

        @Override
        public void close() {
            near.close();
            far.close();
        }
    }
}

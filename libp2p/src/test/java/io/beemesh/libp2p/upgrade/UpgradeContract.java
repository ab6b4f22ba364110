package io.beemesh.libp2p.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.noise.ChaChaPoly;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.libp2p.yamux.ReceiveBudget;
import io.beemesh.libp2p.yamux.YamuxConfig;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What holds for an upgrade with any security protocol. */
public abstract class UpgradeContract {
    protected final Simulation simulation = new Simulation(1);
    protected final SecureRandom random = new SecureRandom();

    /** The protocol of a side; {@code early} offers Yamux within the handshake. */
    protected abstract SecurityProtocol security(Loop loop, PrivateKey key, boolean early);

    /** The engine of a side. */
    protected ChaChaPoly engine() {
        return new ChaChaPoly();
    }

    /** How often a test with random input is repeated. */
    protected abstract int rounds();

    /** A link whose bytes the test carries. */
    private static final class Pipe implements RawLink {
        private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
        private boolean closed;

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public void write(ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            sent.writeBytes(copy);
        }

        @Override
        public void flush() {
            // The test takes the bytes.
        }

        @Override
        public void close() {
            closed = true;
        }

        private byte[] take() {
            byte[] bytes = sent.toByteArray();
            sent.reset();
            return bytes;
        }
    }

    /** One end of a connection that is upgraded. */
    protected final class Side {
        private final SimulatedLoop loop = simulation.newLoop();
        private final Pipe pipe = new Pipe();
        private final PrivateKey key = PrivateKey.generate(random);
        private final UpgradeContext context;

        public Side(boolean early) {
            this.context = new UpgradeContext(loop, List.of(security(loop, key, early)),
                    new UpgradeBuffers(engine()), YamuxConfig.defaults(), ReceiveBudget.defaults(),
                    Duration.ofSeconds(10));
        }

        private ConnectionUpgrade dial(PeerId peer) throws FormatException {
            return ConnectionUpgrade.dialer(context, pipe, Multiaddr.parse("/ip4/1.2.3.4/tcp/1"),
                    peer);
        }

        public ConnectionUpgrade listen() throws FormatException {
            return ConnectionUpgrade.listener(context, pipe, Multiaddr.parse("/ip4/1.2.3.4/tcp/2"));
        }

        public boolean isClosed() {
            return pipe.closed;
        }
    }

    private void carry(Side a, ConnectionUpgrade ofA, Side b, ConnectionUpgrade ofB, int cut) {
        for (int idle = 0; idle < 3; idle++) {
            byte[] toB = a.pipe.take();
            byte[] toA = b.pipe.take();
            feed(ofB, toB, cut);
            feed(ofA, toA, cut);
            simulation.run(Duration.ofMillis(1));
            idle = toA.length + toB.length > 0 ? -1 : idle;
        }
    }

    private static void feed(ConnectionUpgrade upgrade, byte[] bytes, int cut) {
        for (int at = 0; at < bytes.length; at += cut) {
            upgrade.onBytes(ByteBuffer.wrap(bytes, at, Math.min(cut, bytes.length - at)));
        }
    }

    @Test
    void upgrade_anyCutAndMuxerChoice_provesBothKeys() throws FormatException {
        for (int cut : new int[]{1, 7, 100_000}) {
            for (int choice = 0; choice < 3; choice++) {
                Side a = new Side(choice == 0);
                Side b = new Side(choice < 2);
                ConnectionUpgrade ofA = a.dial(b.key.peerId());
                ConnectionUpgrade ofB = b.listen();
                carry(a, ofA, b, ofB, cut);
                assertThat(ofA.upgraded()).isCompleted();
                assertThat(ofA.upgraded().join().remoteKey()).isEqualTo(b.key.publicKey());
                assertThat(ofB.upgraded().join().remoteKey()).isEqualTo(a.key.publicKey());
                ofA.end("over");
                ofB.end("over");
            }
        }
    }

    @Test
    void upgrade_anotherPeer_isRefused() throws FormatException {
        Side a = new Side(true);
        Side b = new Side(true);
        ConnectionUpgrade ofA = a.dial(a.key.peerId());
        carry(a, ofA, b, b.listen(), 1000);
        assertThat(ofA.upgraded()).isCompletedExceptionally();
        assertThat(a.pipe.closed).isTrue();
    }

    @Test
    void upgrade_anyByteOfTheHandshakeChanged_neverCompletesBoth() throws FormatException {
        SplittableRandom seeded = new SplittableRandom(4);
        for (int round = 0; round < rounds(); round++) {
            Side a = new Side(true);
            Side b = new Side(true);
            ConnectionUpgrade ofA = a.dial(b.key.peerId());
            ConnectionUpgrade ofB = b.listen();
            int spoiled = seeded.nextInt(3);
            for (int turn = 0; turn < 8; turn++) {
                byte[] toB = a.pipe.take();
                feed(ofB, turn == spoiled ? spoil(toB, seeded) : toB, 1000);
                byte[] toA = b.pipe.take();
                feed(ofA, turn == spoiled ? spoil(toA, seeded) : toA, 1000);
                simulation.run(Duration.ofMillis(1));
            }
            // A changed length is noticed when pings stay unanswered.
            simulation.run(YamuxConfig.defaults().pingInterval().multipliedBy(3));
            boolean bothAlive = !a.pipe.closed && !b.pipe.closed;
            assertThat(bothAlive && seen(ofA) && seen(ofB)).isFalse();
            ofA.end("over");
            ofB.end("over");
        }
    }

    private static boolean seen(ConnectionUpgrade upgrade) {
        return upgrade.upgraded().isDone() && !upgrade.upgraded().isCompletedExceptionally();
    }

    private static byte[] spoil(byte[] bytes, SplittableRandom seeded) {
        byte[] spoiled = bytes.clone();
        if (bytes.length > 0) {
            spoiled[seeded.nextInt(bytes.length)] ^= (byte) (1 + seeded.nextInt(255));
        }
        return spoiled;
    }

    @Test
    void onBytes_randomAfterUpgrade_endsTheConnection() throws FormatException {
        SplittableRandom seeded = new SplittableRandom(5);
        for (int round = 0; round < rounds() / 4; round++) {
            Side a = new Side(true);
            Side b = new Side(true);
            ConnectionUpgrade ofA = a.dial(b.key.peerId());
            ConnectionUpgrade ofB = b.listen();
            carry(a, ofA, b, ofB, 1000);
            Connection connection = ofB.upgraded().join();
            boolean[] closed = new boolean[1];
            connection.onClosed(() -> closed[0] = true);
            byte[] junk = new byte[70_000];
            seeded.nextBytes(junk);
            ofB.onBytes(ByteBuffer.wrap(Arrays.copyOf(junk, junk.length)));
            assertThat(closed[0]).isTrue();
            assertThat(b.pipe.closed).isTrue();
            ofA.end("over");
        }
    }
}

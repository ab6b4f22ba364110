package io.beemesh.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.Waiting;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.netty.NettySockets;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.beemesh.protocol.sidecar.RefusedException;
import io.beemesh.sidecar.cli.FarPod;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A sidecar on real sockets beside a stand-in for its machine. Without the rules of a pod's network
 * nothing is brought to its port, so the tests connect to the port itself.
 */
final class SidecarTest {
    private static final int BIG = 3 << 20;
    private static final int LIMIT_SECONDS = 20;
    private static final InetAddress POD = InetAddress.ofLiteral("127.0.0.2");
    private static final InetAddress OTHER = InetAddress.ofLiteral("127.0.0.1");

    @TempDir
    Path directory;
    private final PrivateKey machineKey = PrivateKey.generate(new SecureRandom());
    private final PrivateKey podKey = PrivateKey.generate(new SecureRandom());
    private TestMachine machine;
    private NettyLoop loop;
    private Sidecar sidecar;

    @BeforeEach
    void start() throws Exception {
        // Transparent sockets are root's.
        Assumptions.assumeTrue("true".equals(System.getenv("CI"))
                || System.getProperty("user.name").equals("root"), "not root");
        machine = new TestMachine(machineKey, address());
        loop = new NettyLoop("sidecar", NettySockets.epoll());
        sidecar = new Sidecar(loop,
                new SidecarConfig(podKey, POD, machine.far.mesh(), machineKey.peerId(), address(),
                        0, 10));
        sidecar.start().get(LIMIT_SECONDS, TimeUnit.SECONDS);
        assertThat(machine.connected.poll(LIMIT_SECONDS, TimeUnit.SECONDS))
                .isEqualTo(podKey.peerId());
    }

    private Multiaddr address() throws Exception {
        return Multiaddr.parse("/unix" + directory.resolve("m.sock"));
    }

    @AfterEach
    void stop() {
        if (machine != null) {
            sidecar.close();
            machine.close();
            loop.execute(loop::close);
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(OTHER, sidecar.port());
        socket.setSoTimeout(LIMIT_SECONDS * 1000);
        return socket;
    }

    @Test
    void outbound_carriesMoreThanAllWindows_andEnds() throws Exception {
        assertCarriesMuch();
    }

    private void assertCarriesMuch() throws Exception {
        byte[] sent = new byte[BIG];
        new Random(1).nextBytes(sent);
        try (Socket socket = connect()) {
            Thread writer = Thread.ofPlatform().start(() -> {
                try {
                    OutputStream out = socket.getOutputStream();
                    out.write(sent);
                    socket.shutdownOutput();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(socket.getInputStream().readAllBytes()).isEqualTo(sent);
            assertThat(writer.join(Duration.ofSeconds(LIMIT_SECONDS))).isTrue();
        }
    }

    @Test
    void outbound_endRightBehindTheBytes_losesNothing() throws Exception {
        assertLosesNothing();
    }

    private void assertLosesNothing() throws Exception {
        for (int i = 0; i < 50; i++) {
            try (Socket socket = connect()) {
                socket.getOutputStream().write(new byte[100 * i + 1]);
                socket.shutdownOutput();
                assertThat(socket.getInputStream().readAllBytes()).hasSize(100 * i + 1);
            }
        }
    }

    @Test
    void inbound_reachesThePodsPort() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, POD)) {
            server.setSoTimeout(LIMIT_SECONDS * 1000);
            var dialed = machine.dial(podKey.peerId(), server.getLocalPort());
            try (Socket accepted = server.accept()) {
                accepted.setSoTimeout(LIMIT_SECONDS * 1000);
                dialed.get(LIMIT_SECONDS, TimeUnit.SECONDS);
                accepted.getOutputStream().write(new byte[5000]);
                accepted.shutdownOutput();
                assertThat(accepted.getInputStream().readAllBytes()).hasSize(5000);
            }
        }
    }

    @Test
    void inbound_whereNobodyListens_isRefused() throws Exception {
        int free;
        try (ServerSocket server = new ServerSocket(0, 1, POD)) {
            free = server.getLocalPort();
        }
        assertThatThrownBy(() -> machine.dial(podKey.peerId(), free)
                .get(LIMIT_SECONDS, TimeUnit.SECONDS))
                .cause().isInstanceOfSatisfying(RefusedException.class,
                        e -> assertThat(e.status()).isEqualTo(ConnectStatus.REFUSED));
    }

    @Test
    void outbound_toAPodOfAnotherMachine_isSealed_andCarriesMoreThanAllWindows() throws Exception {
        machine.sealedFor = Optional.of(podKey.peerId());
        assertCarriesMuch();
        assertLosesNothing();
    }

    @Test
    void outbound_whereTheOtherPodExpectsAnotherKey_isReset() throws Exception {
        machine.sealedFor = Optional.of(machineKey.peerId());
        try (Socket socket = connect()) {
            assertThatThrownBy(() -> socket.getInputStream().read())
                    .isInstanceOf(IOException.class).isNotInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void inbound_fromAPodOfAnotherMachine_isSealed() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, POD)) {
            server.setSoTimeout(LIMIT_SECONDS * 1000);
            var dialed = machine.dialFar(podKey.peerId(), server.getLocalPort(),
                    machine.far.credential());
            try (Socket accepted = server.accept()) {
                accepted.setSoTimeout(LIMIT_SECONDS * 1000);
                assertThat(dialed.get(LIMIT_SECONDS, TimeUnit.SECONDS).stream().remotePeer())
                        .isEqualTo(podKey.peerId());
                accepted.getOutputStream().write(new byte[500_000]);
                accepted.shutdownOutput();
                assertThat(accepted.getInputStream().readAllBytes()).hasSize(500_000);
            }
        }
    }

    @Test
    void outbound_toAFencedPod_waitsForItsAnswer_andCarriesAll() throws Exception {
        machine.sealedFor = Optional.of(podKey.peerId());
        machine.isFenced = true;
        try (Socket socket = connect()) {
            socket.getOutputStream().write(7);
            assertStandsStill(socket);
            machine.challenged.set(Optional.of(true));
            assertThat(socket.getInputStream().read()).isEqualTo(7);
        }
        assertCarriesMuch();
        assertLosesNothing();
    }

    @Test
    void outbound_toAFencedPodThatWasReplaced_isReset() throws Exception {
        machine.sealedFor = Optional.of(podKey.peerId());
        machine.isFenced = true;
        machine.challenged.set(Optional.of(false));
        try (Socket socket = connect()) {
            socket.getOutputStream().write(7);
            assertThatThrownBy(() -> socket.getInputStream().read())
                    .isInstanceOf(IOException.class).isNotInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void inbound_fromAFencedPod_waitsForItsAnswer() throws Exception {
        machine.sealedFor = Optional.of(podKey.peerId());
        try (ServerSocket server = new ServerSocket(0, 1, POD)) {
            server.setSoTimeout(LIMIT_SECONDS * 1000);
            var dialed = machine.dialFar(podKey.peerId(), server.getLocalPort(),
                    machine.far.fencedCredential());
            try (Socket accepted = server.accept()) {
                dialed.get(LIMIT_SECONDS, TimeUnit.SECONDS);
                accepted.getOutputStream().write(7);
                assertStandsStill(accepted);
                machine.challenged.set(Optional.of(true));
                accepted.setSoTimeout(LIMIT_SECONDS * 1000);
                assertThat(accepted.getInputStream().read()).isEqualTo(7);
            }
        }
    }

    private static void assertStandsStill(Socket socket) throws Exception {
        socket.setSoTimeout(300);
        assertThatThrownBy(() -> socket.getInputStream().read())
                .isInstanceOf(SocketTimeoutException.class);
        socket.setSoTimeout(LIMIT_SECONDS * 1000);
    }

    @Test
    void inbound_datagramsOfAPodOfAnotherMachine_areAnswered() throws Exception {
        try (DatagramSocket server = new DatagramSocket(0, POD)) {
            server.setSoTimeout(LIMIT_SECONDS * 1000);
            byte[] question = new byte[30_000];
            new Random(2).nextBytes(question);
            var answer = machine.datagramFar(podKey.peerId(), server.getLocalPort(), question);
            DatagramPacket packet = new DatagramPacket(new byte[40_000], 40_000);
            server.receive(packet);
            server.send(packet);
            assertThat(answer.get(LIMIT_SECONDS, TimeUnit.SECONDS)).isEqualTo(question);
        }
    }

    @Test
    void inbound_withACredentialOfAnotherMesh_isDenied() throws Exception {
        FarPod stranger = FarPod.create(loop, new SecureRandom());
        try (ServerSocket server = new ServerSocket(0, 1, POD)) {
            assertThatThrownBy(() -> machine
                    .dialFar(podKey.peerId(), server.getLocalPort(), stranger.credential())
                    .get(LIMIT_SECONDS, TimeUnit.SECONDS))
                    .cause().isInstanceOfSatisfying(RefusedException.class,
                            e -> assertThat(e.status()).isEqualTo(ConnectStatus.DENIED));
        }
    }

    @Test
    void connectionsBeyondTheBound_areReset() throws Exception {
        Socket[] open = new Socket[10];
        for (int i = 0; i < open.length; i++) {
            open[i] = connect();
            open[i].getOutputStream().write(1);
            assertThat(open[i].getInputStream().read()).isEqualTo(1);
        }
        try (Socket more = connect()) {
            assertThatThrownBy(() -> {
                if (more.getInputStream().read() < 0) {
                    throw new IOException("closed");
                }
            }).isInstanceOf(IOException.class).isNotInstanceOf(SocketTimeoutException.class);
        }
        for (Socket one : open) {
            one.close();
        }
    }

    @Test
    void machineRestarted_isFoundAgain() throws Exception {
        machine.close();
        // It removes the socket's file when it has closed the socket, and not that of the next one.
        Waiting.until(Duration.ofSeconds(LIMIT_SECONDS),
                () -> !Files.exists(directory.resolve("m.sock")), () -> "the socket is there");
        machine = new TestMachine(machineKey, address());
        PeerId back = machine.connected.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
        assertThat(back).isEqualTo(podKey.peerId());
        try (Socket socket = connect()) {
            socket.getOutputStream().write(7);
            assertThat(socket.getInputStream().read()).isEqualTo(7);
        }
    }

    @Test
    void podsOwnAddress_isNoTarget() {
        InetSocketAddress own = new InetSocketAddress(POD, sidecar.port());
        assertThatThrownBy(() -> {
            try (Socket socket = new Socket()) {
                socket.connect(own, 2000);
                socket.setSoTimeout(5000);
                if (socket.getInputStream().read() < 0) {
                    throw new IOException("closed");
                }
            }
        }).isInstanceOf(IOException.class).isNotInstanceOf(SocketTimeoutException.class);
    }
}

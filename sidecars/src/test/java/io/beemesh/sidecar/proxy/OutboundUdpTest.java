package io.beemesh.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.netty.NettySockets;
import io.beemesh.libp2p.peer.PrivateKey;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pod that sends datagrams, to an address of this machine, as those to loopback are not taken. */
final class OutboundUdpTest {
    private static final int LIMIT_SECONDS = 20;
    private static final int FLOWS_MAX = 10;

    @TempDir
    Path directory;
    private InetAddress target;
    private int port;
    private TestMachine machine;
    private NettyLoop loop;
    private Sidecar sidecar;
    private OutboundUdp udp;

    @BeforeEach
    void start() throws Exception {
        Optional<InetAddress> own = ownAddress();
        Assumptions.assumeTrue(own.isPresent() && ("true".equals(System.getenv("CI"))
                || System.getProperty("user.name").equals("root")), "not root, or no network");
        target = own.get();
        PrivateKey machineKey = PrivateKey.generate(new SecureRandom());
        PrivateKey podKey = PrivateKey.generate(new SecureRandom());
        Multiaddr address = Multiaddr.parse("/unix" + directory.resolve("m.sock"));
        machine = new TestMachine(machineKey, address);
        loop = new NettyLoop("sidecar", NettySockets.epoll());
        try (DatagramSocket free = new DatagramSocket(0)) {
            port = free.getLocalPort();
        }
        SidecarConfig config = new SidecarConfig(podKey, InetAddress.ofLiteral("127.0.0.2"),
                machine.far.mesh(), machineKey.peerId(), address, port, FLOWS_MAX);
        sidecar = new Sidecar(loop, new SidecarConfig(podKey, config.podAddress(), config.mesh(),
                config.machine(), address, 0, FLOWS_MAX));
        sidecar.start().get(LIMIT_SECONDS, TimeUnit.SECONDS);
        assertThat(machine.connected.poll(LIMIT_SECONDS, TimeUnit.SECONDS)).isNotNull();
        udp = new OutboundUdp(loop, config, new MeshEnd(sidecar.host(), config), port);
        udp.bind().get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    private static Optional<InetAddress> ownAddress() throws SocketException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(one -> one instanceof Inet4Address && !one.isLoopbackAddress())
                .findFirst();
    }

    @AfterEach
    void stop() {
        if (machine != null) {
            udp.close();
            sidecar.close();
            machine.close();
            loop.execute(loop::close);
        }
    }

    private DatagramSocket ask(int question) throws Exception {
        DatagramSocket socket = new DatagramSocket();
        socket.setSoTimeout(5000);
        socket.connect(target, port);
        socket.send(new DatagramPacket(ByteBuffer.allocate(4).putInt(question).array(), 4));
        return socket;
    }

    private static int answer(DatagramSocket socket) throws Exception {
        DatagramPacket packet = new DatagramPacket(new byte[4], 4);
        socket.receive(packet);
        return ByteBuffer.wrap(packet.getData()).getInt();
    }

    @Test
    void manyQuestions_eachFromAPortOfItsOwn_areAllAnswered() throws Exception {
        for (int i = 0; i < 3000; i++) {
            try (DatagramSocket socket = ask(i)) {
                assertThat(answer(socket)).isEqualTo(i);
            }
        }
    }

    @Test
    void flowsInUse_areNotGivenUpForOthers() throws Exception {
        machine.isSilent = true;
        List<DatagramSocket> waiting = new ArrayList<>();
        for (int i = 0; i < FLOWS_MAX; i++) {
            waiting.add(ask(i));
        }
        machine.awaitHeld(FLOWS_MAX);
        ask(FLOWS_MAX).close();
        machine.speak();
        for (int i = 0; i < FLOWS_MAX; i++) {
            assertThat(answer(waiting.get(i))).isEqualTo(i);
            waiting.get(i).close();
        }
    }
}

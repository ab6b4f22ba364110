package io.beemesh.machine.network.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.network.ServiceMap;
import io.beemesh.machine.network.ServiceNames;
import io.beemesh.machine.registry.SimulatedRegistry;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Questions of pods, and a name server outside that answers only if the test does. */
final class NameServerTest {
    private static final PeerId GREEDY = SimulatedRegistry.peer(1);
    private static final PeerId OTHER = SimulatedRegistry.peer(2);

    private final NettyLoop loop = new NettyLoop("pods");
    private DatagramSocket outside;
    private NameServer server;

    @BeforeEach
    void start() throws Exception {
        outside = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        outside.setReceiveBufferSize(1 << 20);
        outside.setSoTimeout(20_000);
        ServiceMap services = new ServiceMap(
                SimulatedRegistry.on(new Simulation(1)).registry());
        server = new NameServer(loop, new ServiceNames(services),
                List.of((InetSocketAddress) outside.getLocalSocketAddress()));
    }

    @AfterEach
    void stop() {
        outside.close();
        loop.execute(loop::close);
    }

    /** For the address of {@code a.test}. */
    private static byte[] question(int id) {
        return ByteBuffer.allocate(12 + 8 + 4).putShort((short) id).putShort((short) 0x0100)
                .putShort((short) 1).putShort((short) 0).putInt(0).put((byte) 1).put((byte) 'a')
                .put((byte) 4).put("test".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .put((byte) 0).putShort((short) 1).putShort((short) 1).array();
    }

    private CompletableFuture<Optional<byte[]>> ask(PeerId pod, int id) {
        CompletableFuture<Optional<byte[]>> answer = new CompletableFuture<>();
        loop.execute(() -> server.answer(pod, question(id), true, answer::complete));
        return answer;
    }

    private DatagramPacket received() throws Exception {
        DatagramPacket packet = new DatagramPacket(new byte[512], 512);
        outside.receive(packet);
        return packet;
    }

    @Test
    void podThatAsksForMuchOfASilentServer_leavesRoomForOthers() throws Exception {
        for (int id = 0; id < 300; id++) {
            ask(GREEDY, id);
        }
        CompletableFuture<Optional<byte[]>> answer = ask(OTHER, 1000);
        DatagramPacket asked = received();
        while (ByteBuffer.wrap(asked.getData()).getShort() != 1000) {
            asked = received();
        }
        byte[] answered = asked.getData().clone();
        answered[2] |= (byte) 0x80;
        outside.send(new DatagramPacket(answered, asked.getLength(), asked.getSocketAddress()));
        assertThat(answer.get(20, TimeUnit.SECONDS).orElseThrow()[3] & 15).isZero();
    }
}

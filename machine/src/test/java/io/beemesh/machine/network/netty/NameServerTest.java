package io.beemesh.machine.network.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.NettyHost;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.network.ServiceMap;
import io.beemesh.machine.network.ServiceNames;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.beemesh.protocol.sidecar.Connecting;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
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
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final PeerId OTHER = SimulatedRegistry.peer(2);

    private final NettyLoop loop = new NettyLoop("pods");
    private DatagramSocket outside;
    private ServerSocket outsideTcp;
    private NameServer server;

    @BeforeEach
    void start() throws Exception {
        outsideTcp = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        Optional<DatagramSocket> besides = beside(outsideTcp);
        while (besides.isEmpty()) {
            outsideTcp.close();
            outsideTcp = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
            besides = beside(outsideTcp);
        }
        outsideTcp.setSoTimeout(20_000);
        outside = besides.get();
        outside.setReceiveBufferSize(1 << 20);
        outside.setSoTimeout(20_000);
        ServiceMap services = new ServiceMap(
                SimulatedRegistry.on(new Simulation(1)).registry());
        server = new NameServer(loop, new ServiceNames(services),
                List.of((InetSocketAddress) outside.getLocalSocketAddress()));
    }

    /** The port of that number for datagrams; empty if another program has it. */
    private static Optional<DatagramSocket> beside(ServerSocket tcp) {
        try {
            return Optional.of(new DatagramSocket(tcp.getLocalPort(),
                    InetAddress.getLoopbackAddress()));
        } catch (SocketException e) {
            return Optional.empty();
        }
    }

    @AfterEach
    void stop() throws IOException {
        outside.close();
        outsideTcp.close();
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

    /** Takes the question that comes by TCP, and answers with so many bytes. */
    private static void answer(Socket asked, int bytes) throws IOException {
        DataInputStream in = new DataInputStream(asked.getInputStream());
        byte[] answer = Arrays.copyOf(in.readNBytes(in.readUnsignedShort()), bytes);
        answer[2] |= (byte) 0x80;
        DataOutputStream out = new DataOutputStream(asked.getOutputStream());
        out.writeShort(bytes);
        out.write(answer);
    }

    @Test
    void questionByTcp_isAskedByTcp_soThatLongAnswersComeWhole() throws Exception {
        CompletableFuture<Optional<byte[]>> answer = new CompletableFuture<>();
        loop.execute(() -> server.answer(OTHER, question(5), false, answer::complete));
        try (Socket asked = outsideTcp.accept()) {
            answer(asked, 20_000);
            assertThat(answer.get(20, TimeUnit.SECONDS).orElseThrow()).hasSize(20_000)
                    .startsWith(0, 5);
        }
    }

    @Test
    void serverThatSpeaksNoTcp_isAskedByUdp() throws Exception {
        outsideTcp.close();
        CompletableFuture<Optional<byte[]>> answer = new CompletableFuture<>();
        loop.execute(() -> server.answer(OTHER, question(5), false, answer::complete));
        DatagramPacket asked = received();
        outside.send(new DatagramPacket(asked.getData(), asked.getLength(),
                asked.getSocketAddress()));
        assertThat(answer.get(20, TimeUnit.SECONDS).orElseThrow()).startsWith(0, 5);
    }

    @Test
    void clientThatEndsBehindItsQuestion_getsTheAnswer() throws Exception {
        NettyHost machine = new NettyHost(loop,
                NettyHostConfig.defaults(PrivateKey.generate(new SecureRandom())));
        NettyLoop podLoop = new NettyLoop("pod");
        NettyHost pod = new NettyHost(podLoop,
                NettyHostConfig.defaults(PrivateKey.generate(new SecureRandom())));
        loop.execute(() -> new Connecting(machine, Protocols.POD_CONNECT, LIMIT)
                .serve((carrier, request) -> server.serve(carrier, request.transport())));
        var addresses = machine.listen(List.of(Multiaddr.parse("/ip4/127.0.0.1/tcp/0")))
                .thenApply(bound -> machine.listenAddresses()).get(20, TimeUnit.SECONDS);
        podLoop.execute(() -> pod.addressBook().add(machine.peerId(), addresses, LIMIT));
        CompletableFuture<byte[]> got = new CompletableFuture<>();
        connect(podLoop, pod, machine).thenAccept(carrier -> {
            carrier.stream().request(100);
            carrier.bytes(new Collected(got));
            carrier.stream().write(ByteBuffer.allocate(2 + 24).putShort((short) 24)
                    .put(question(5)).flip());
            carrier.stream().closeWrite();
        });
        try (Socket asked = outsideTcp.accept()) {
            // The end of the first stream came before the second one.
            connect(podLoop, pod, machine).get(20, TimeUnit.SECONDS);
            answer(asked, 24);
            assertThat(got.get(20, TimeUnit.SECONDS)).hasSize(26);
        }
        pod.close();
        machine.close();
        podLoop.execute(podLoop::close);
    }

    private static CompletableFuture<Carrier> connect(NettyLoop podLoop, NettyHost pod,
            NettyHost machine) {
        CompletableFuture<Carrier> result = new CompletableFuture<>();
        podLoop.execute(() -> new Connecting(pod, Protocols.POD_CONNECT, LIMIT)
                .open(machine.peerId(),
                        new ConnectRequest(Transport.TCP, new byte[]{10, 96, 0, 10}, 53))
                .thenAccept(result::complete));
        return result;
    }

    /** All bytes until the end. */
    private record Collected(CompletableFuture<byte[]> whole,
            ByteArrayOutputStream bytes) implements StreamReader {
        Collected(CompletableFuture<byte[]> whole) {
            this(whole, new ByteArrayOutputStream());
        }

        @Override
        public void onData(ByteBuffer data) {
            while (data.hasRemaining()) {
                bytes.write(data.get());
            }
        }

        @Override
        public void onEnd() {
            whole.complete(bytes.toByteArray());
        }

        @Override
        public void onReset(StreamResetException cause) {
            whole.completeExceptionally(cause);
        }
    }
}

package io.beemesh.machine.network.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.libp2p.simulation.SimulatedNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.metrics.Counter;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.machine.network.NetworkMeters;
import io.beemesh.machine.network.PublishedPorts.HostPort;
import io.beemesh.machine.network.ServiceMap.Endpoint;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.beemesh.protocol.sidecar.Connecting;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Datagrams to a port of this machine, and a pod behind it, in virtual time. */
final class PortFlowsTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int FLOWS_MAX = 16;
    private static final InetSocketAddress PORT = new InetSocketAddress("192.0.2.1", 30053);

    private final Simulation simulation = new Simulation(1);
    private final SimulatedNetwork network = new SimulatedNetwork(simulation,
            NetworkConditions.lan());
    private final SimulatedHost machine = network.newHost();
    private final SimulatedHost pod = network.newHost();
    private final List<String> dialed = new ArrayList<>();
    private final List<String> ended = new ArrayList<>();
    private final Counter dropped = NetworkMeters.of(new Meters()).dropped();
    private final PortFlows flows = new PortFlows(machine.loop(), this::dial, FLOWS_MAX,
            dropped);
    private final EmbeddedChannel socket = new EmbeddedChannel(flows.port(
            new HostPort(Transport.UDP, "", 30053), new Endpoint("10.96.0.20", 53),
            SourceRanges.of(List.of("192.0.2.0/24"))));
    private ConnectStatus podsWord = ConnectStatus.OK;

    @BeforeEach
    void start() {
        machine.loop().execute(() -> machine.addressBook().add(pod.peerId(),
                pod.listenAddresses(), Duration.ofDays(1)));
        pod.loop().execute(() -> new Connecting(pod, Protocols.POD_ACCEPT, LIMIT)
                .serve((carrier, request) -> serve(carrier)));
        simulation.run(Duration.ofSeconds(1));
    }

    private CompletableFuture<Carrier> dial(Transport transport, Endpoint to, String source) {
        dialed.add(transport + " " + source);
        return new Connecting(machine, Protocols.POD_ACCEPT, LIMIT).open(pod.peerId(),
                new ConnectRequest(transport, new byte[]{10, 96, 0, 20}, to.port()));
    }

    /** Answers all but {@code ?} with the same and a mark. */
    private void serve(Carrier carrier) {
        carrier.answer(podsWord);
        List<String> asked = new ArrayList<>();
        carrier.datagrams(datagram -> {
            String text = UTF_8.decode(datagram).toString();
            asked.add(text);
            if (!text.equals("?")) {
                carrier.stream().write(FrameReader.frame((text + "!").getBytes(UTF_8)));
            }
        }, () -> ended.addAll(asked));
    }

    private void send(String source, int port, String text) {
        machine.loop().execute(() -> socket.writeInbound(
                new DatagramPacket(Unpooled.wrappedBuffer(ByteBuffer.wrap(text.getBytes(UTF_8))),
                        PORT, new InetSocketAddress(source, port))));
        simulation.run(Duration.ofMillis(100));
    }

    /** What clients have got since, as {@code port text}. */
    private List<String> answers() {
        List<String> all = new ArrayList<>();
        for (DatagramPacket sent = socket.readOutbound(); sent != null; sent = socket
                .readOutbound()) {
            all.add(sent.recipient().getPort() + " " + sent.content().toString(UTF_8));
            sent.release();
        }
        return all;
    }

    @Test
    void eachClient_hasAFlow_andGetsItsAnswers() {
        send("192.0.2.9", 1001, "a");
        send("192.0.2.9", 1002, "b");
        send("192.0.2.9", 1001, "c");
        assertThat(answers()).containsExactly("1001 a!", "1002 b!", "1001 c!");
        assertThat(dialed).containsExactly("UDP 192.0.2.9", "UDP 192.0.2.9");
    }

    @Test
    void flowThatIsSilent_ends_earlierIfItWasNeverAnswered() {
        send("192.0.2.9", 1001, "a");
        send("192.0.2.9", 1002, "?");
        simulation.run(PortFlows.UNANSWERED);
        assertThat(ended).containsExactly("?");
        send("192.0.2.9", 1001, "b");
        simulation.run(PortFlows.IDLE.minusSeconds(1));
        assertThat(ended).containsExactly("?");
        simulation.run(Duration.ofSeconds(2));
        assertThat(ended).containsExactly("?", "a", "b");
        send("192.0.2.9", 1001, "c");
        assertThat(answers()).containsExactly("1001 a!", "1001 b!", "1001 c!");
    }

    @Test
    void clientWithManyPorts_leavesPlacesToOthers_andItsOldestGiveWay() {
        for (int i = 0; i < 3 * FLOWS_MAX; i++) {
            send("192.0.2.9", 1000 + i, "a");
        }
        assertThat(answers()).hasSize(FLOWS_MAX / 2);
        send("192.0.2.8", 1, "b");
        simulation.run(Duration.ofSeconds(5));
        send("192.0.2.9", 2000, "c");
        assertThat(answers()).containsExactly("1 b!", "2000 c!");
        assertThat(ended).containsExactly("a");
    }

    @Test
    void answeredFlow_outlivesWhatAnotherClientSends_thoughItStandsStill() {
        send("192.0.2.8", 1, "b");
        simulation.run(Duration.ofSeconds(6));
        for (int i = 0; i < 3 * FLOWS_MAX; i++) {
            send("192.0.2.9", 1000 + i, "a");
        }
        simulation.run(Duration.ofSeconds(6));
        for (int i = 0; i < 3 * FLOWS_MAX; i++) {
            send("192.0.2.9", 2000 + i, "a");
        }
        assertThat(ended).isNotEmpty().doesNotContain("b");
        dialed.clear();
        send("192.0.2.8", 1, "b");
        assertThat(dialed).isEmpty();
        assertThat(answers()).endsWith("1 b!");
    }

    @Test
    void flowsWithoutAnswer_giveWay_beforeAnsweredOnesOfOthers() {
        send("192.0.2.8", 1, "b");
        for (int i = 0; i < 2 * FLOWS_MAX; i++) {
            send("192.0.2." + (10 + i), 1, "?");
        }
        simulation.run(Duration.ofSeconds(5));
        answers();
        send("192.0.2.7", 1, "c");
        send("192.0.2.6", 1, "d");
        assertThat(answers()).containsExactly("1 c!", "1 d!");
        assertThat(ended).containsExactly("?", "?");
    }

    @Test
    void clientWithMoreThanItsShare_swapsItsOwn_andTakesNoneOfOthers() {
        for (int i = 0; i < FLOWS_MAX; i++) {
            send("192.0.2.9", 1000 + i, "a");
        }
        for (int i = 0; i < 3; i++) {
            send("192.0.2.8", 1 + i, "b");
        }
        simulation.run(Duration.ofSeconds(6));
        answers();
        for (int i = 0; i < 20; i++) {
            send("192.0.2.9", 2000 + i, "a");
        }
        assertThat(answers()).hasSize(FLOWS_MAX / 2);
        assertThat(ended).hasSize(FLOWS_MAX / 2).containsOnly("a");
    }

    /** Each look at how long a flow has stood still asks for the time. */
    @Test
    void datagramThatThereIsNoRoomFor_costsTheSame_howeverManyFlowsThereAre() {
        int many = 1024;
        AtomicInteger asked = new AtomicInteger();
        Loop counted = (Loop) Proxy.newProxyInstance(Loop.class.getClassLoader(),
                new Class<?>[]{Loop.class}, (proxy, method, arguments) -> {
                    asked.addAndGet(method.getName().equals("nanoTime") ? 1 : 0);
                    return method.invoke(machine.loop(), arguments);
                });
        EmbeddedChannel busy = new EmbeddedChannel(
                new PortFlows(counted, this::dial, many, dropped).port(
                        new HostPort(Transport.UDP, "", 30053), new Endpoint("10.96.0.20", 53),
                        SourceRanges.of(List.of())));
        List<Integer> costs = new ArrayList<>();
        machine.loop().execute(() -> {
            for (int i = 0; i < 2 * many; i++) {
                int before = asked.get();
                busy.writeInbound(new DatagramPacket(Unpooled.copiedBuffer("a", UTF_8), PORT,
                        new InetSocketAddress("192.0." + (i >> 7) + "." + (i & 127), 1)));
                costs.add(asked.get() - before);
            }
        });
        simulation.run(Duration.ofMillis(1));
        assertThat(costs).hasSize(2 * many).allMatch(cost -> cost <= 8);
    }

    @Test
    void clientThatGetsNoPod_isNotAskedForAgainAtOnce() {
        podsWord = ConnectStatus.DENIED;
        for (int i = 0; i < 5; i++) {
            send("192.0.2.9", 1001, "a");
        }
        assertThat(dialed).hasSize(1);
        simulation.run(Duration.ofSeconds(1));
        podsWord = ConnectStatus.OK;
        send("192.0.2.9", 1001, "b");
        assertThat(answers()).containsExactly("1001 b!");
    }

    @Test
    void clientOutsideOfTheRanges_isNotLetIn_whichIsCounted() {
        send("198.51.100.1", 1001, "a");
        assertThat(dialed).isEmpty();
        assertThat(dropped.value()).isEqualTo(1);
    }

    @Test
    void portThatIsClosed_endsItsFlows() {
        send("192.0.2.9", 1001, "a");
        machine.loop().execute(socket::close);
        simulation.run(Duration.ofSeconds(1));
        assertThat(ended).containsExactly("a");
    }
}

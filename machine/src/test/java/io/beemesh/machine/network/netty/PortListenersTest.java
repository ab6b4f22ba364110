package io.beemesh.machine.network.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.Waiting;
import io.beemesh.libp2p.netty.BridgeBudget;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.machine.network.NetworkMeters;
import io.beemesh.machine.network.PublishedPorts.HostPort;
import io.beemesh.machine.network.PublishedPorts.Target;
import io.beemesh.machine.network.ServiceMap.Endpoint;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ports on real sockets; what stands behind them never answers. */
final class PortListenersTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int CONNECTIONS_MAX = 16;

    private final NettyLoop loop = new NettyLoop("pods");
    private final Queue<String> asked = new ConcurrentLinkedQueue<>();
    private final PortListeners listeners = new PortListeners(loop,
            (transport, to, source) -> {
                asked.add(source + " " + to.port());
                return new CompletableFuture<>();
            }, new BridgeBudget(1 << 20), CONNECTIONS_MAX, CONNECTIONS_MAX,
            NetworkMeters.of(new Meters()).dropped());
    private final List<Socket> sockets = new ArrayList<>();
    private int port;
    private int other;

    @BeforeEach
    void start() throws Exception {
        port = free();
        other = free();
        listeners.bind(new HostPort(Transport.TCP, "127.0.0.1", port), target(1));
        listeners.bind(new HostPort(Transport.TCP, "127.0.0.1", other), target(2));
        Waiting.until(LIMIT, () -> connects("127.0.0.9", port) && connects("127.0.0.9", other),
                () -> "ports are not open");
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
        asked.clear();
    }

    private static Target target(int endpoint, String... sources) {
        return new Target(new Endpoint("10.96.0.1", endpoint), List.of(sources));
    }

    private static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private boolean connects(String source, int to) {
        try {
            sockets.add(new Socket(InetAddress.getLoopbackAddress(), to,
                    InetAddress.ofLiteral(source), 0));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private long asked(String source, int endpoint) {
        return asked.stream().filter((source + " " + endpoint)::equals).count();
    }

    @AfterEach
    void stop() throws Exception {
        for (Socket socket : sockets) {
            socket.close();
        }
        listeners.close();
        loop.execute(loop::close);
    }

    @Test
    void oneWhoHoldsAllHeCan_leavesPlacesToOthers_onEachPort() {
        for (int i = 0; i < 3 * CONNECTIONS_MAX; i++) {
            assertThat(connects("127.0.0.1", port)).isTrue();
        }
        for (int i = 0; i < CONNECTIONS_MAX; i++) {
            assertThat(connects("127.0.0.2", port)).isTrue();
        }
        assertThat(connects("127.0.0.3", other)).isTrue();
        // Two ports are not taken from in the order in which they were connected to.
        Waiting.until(LIMIT, () -> asked("127.0.0.3", 2) == 1 && asked("127.0.0.2", 1) > 0,
                asked::toString);
        assertThat(asked("127.0.0.1", 1)).isBetween(1L, CONNECTIONS_MAX / 2L);
        assertThat(asked.size()).isLessThan(CONNECTIONS_MAX);
    }

    @Test
    void datagram_comesIn_besideTheTcpPortOfThatNumber() throws Exception {
        listeners.bind(new HostPort(Transport.UDP, "127.0.0.1", port),
                target(3));
        try (DatagramSocket client = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.4"))) {
            Waiting.until(LIMIT, () -> {
                try {
                    client.send(new DatagramPacket(new byte[9], 9,
                            InetAddress.getLoopbackAddress(), port));
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
                return asked("127.0.0.4", 3) == 1;
            }, asked::toString);
        }
        assertThat(connects("127.0.0.4", port)).isTrue();
        Waiting.until(LIMIT, () -> asked("127.0.0.4", 1) == 1, asked::toString);
    }

    @Test
    void clientOutsideOfTheRanges_isNotLetIn() throws Exception {
        int some = free();
        listeners.bind(new HostPort(Transport.TCP, "127.0.0.1", some),
                target(3, "127.0.0.6/31"));
        Waiting.until(LIMIT, () -> connects("127.0.0.5", some), () -> "port is not open");
        assertThat(connects("127.0.0.7", some)).isTrue();
        Waiting.until(LIMIT, () -> asked("127.0.0.7", 3) == 1, asked::toString);
        assertThat(asked("127.0.0.5", 3)).isZero();
    }

    @Test
    void connection_isAskedByTheKernelWhetherItIsStillThere() throws Exception {
        assertThat(connects("127.0.0.1", port)).isTrue();
        Waiting.until(LIMIT, () -> asked("127.0.0.1", 1) == 1, asked::toString);
        String server = "0100007F:%04X".formatted(port);
        String keepAliveTimer = "02:";
        Waiting.until(LIMIT, () -> {
            try {
                return Stream
                        .concat(Files.readAllLines(Path.of("/proc/net/tcp")).stream(),
                                Files.readAllLines(Path.of("/proc/net/tcp6")).stream())
                        .map(line -> line.strip().split(" +", -1))
                        .anyMatch(words -> words[1].endsWith(server) && words[3].equals("01")
                                && words[5].startsWith(keepAliveTimer));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }, () -> "no timer for it");
    }
}

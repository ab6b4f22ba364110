package io.beemesh.machine.network.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.netty.BridgeBudget;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.beemesh.protocol.sidecar.RefusedException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who gets through the proxy; what stands behind it refuses all. */
final class SocksListenerTest {
    private static final int LIMIT_MILLIS = 20_000;
    private static final InetSocketAddress POD = new InetSocketAddress("10.244.0.1", 8080);

    private final NettyLoop loop = new NettyLoop("pods");
    private final Queue<String> asked = new ConcurrentLinkedQueue<>();
    private ConnectStatus answer = ConnectStatus.REFUSED;
    private final SocksListener socks = new SocksListener(loop, to -> {
        asked.add(to.address() + ":" + to.port());
        return CompletableFuture.failedFuture(new RefusedException(answer));
    }, new BridgeBudget(1 << 20), "0123456789");

    @BeforeEach
    void start() throws Exception {
        socks.bind().get(LIMIT_MILLIS, TimeUnit.MILLISECONDS);
    }

    @AfterEach
    void stop() {
        socks.close();
        loop.execute(loop::close);
    }

    private PodProxy proxy() {
        return socks.proxy().orElseThrow();
    }

    private static void connect(PodProxy through) throws IOException {
        try (Socket socket = new ProxiedSocket(through)) {
            socket.connect(POD, LIMIT_MILLIS);
        }
    }

    @Test
    void whoKnowsTheSecret_isToldWhatThePodSays() {
        assertThatThrownBy(() -> connect(proxy())).isInstanceOf(ConnectException.class)
                .hasMessage("Connection refused");
        answer = ConnectStatus.UNREACHABLE;
        assertThatThrownBy(() -> connect(proxy())).isInstanceOf(NoRouteToHostException.class);
        assertThat(asked).containsExactly("10.244.0.1:8080", "10.244.0.1:8080");
    }

    @Test
    void whoDoesNot_isRefused_andNothingIsAskedForHim() {
        for (String wrong : new String[]{"", "0123456780", "01234567890"}) {
            assertThatThrownBy(() -> connect(new PodProxy(proxy().address(), wrong)))
                    .isInstanceOf(SocketException.class)
                    .isNotInstanceOf(ConnectException.class);
        }
        assertThat(asked).isEmpty();
    }

    @Test
    void whoOffersNoSecret_isTurnedAway() throws Exception {
        try (Socket socket = new Socket()) {
            socket.connect(proxy().address(), LIMIT_MILLIS);
            socket.setSoTimeout(LIMIT_MILLIS);
            socket.getOutputStream().write(new byte[]{5, 1, 0, 5, 1, 0, 1, 10, (byte) 244, 0, 1,
                    31, (byte) 144});
            assertThat(socket.getInputStream().readAllBytes()).containsExactly(5, -1);
        }
        assertThat(asked).isEmpty();
    }

    @Test
    void strangersWhoSayNothing_keepNobodyOut() throws Exception {
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 1100; i++) {
                Socket socket = new Socket();
                silent.add(socket);
                socket.connect(proxy().address(), LIMIT_MILLIS);
            }
            assertThatThrownBy(() -> connect(proxy())).isInstanceOf(ConnectException.class)
                    .hasMessage("Connection refused");
            assertThat(asked).hasSize(1);
            silent.getFirst().setSoTimeout(LIMIT_MILLIS);
            assertThat(silent.getFirst().getInputStream().read()).isEqualTo(-1);
            silent.getLast().getOutputStream().write(new byte[]{5, 1, 2});
            silent.getLast().setSoTimeout(LIMIT_MILLIS);
            assertThat(silent.getLast().getInputStream().readNBytes(2)).containsExactly(5, 2);
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void socketThatWasRefused_isClosed() throws IOException {
        for (InetSocketAddress to : List.of(POD,
                new InetSocketAddress(InetAddress.ofLiteral("2001:db8::1"), 8080),
                InetSocketAddress.createUnresolved("pod", 8080))) {
            try (Socket socket = new ProxiedSocket(proxy())) {
                assertThatThrownBy(() -> socket.connect(to, LIMIT_MILLIS))
                        .isInstanceOf(IOException.class);
                assertThat(socket.isClosed()).isTrue();
            }
        }
        assertThat(asked).containsExactly("10.244.0.1:8080");
    }

    @Test
    void messagesInPieces_areTakenTogether() throws Exception {
        try (Socket socket = new Socket()) {
            socket.setTcpNoDelay(true);
            socket.connect(proxy().address(), LIMIT_MILLIS);
            socket.setSoTimeout(LIMIT_MILLIS);
            byte[] all = {5, 2, 0, 2, 1, 1, 'x', 10, '0', '1', '2', '3', '4', '5', '6', '7', '8',
                    '9', 5, 1, 0, 1, 10, (byte) 244, 0, 1, 31, (byte) 144};
            for (byte one : all) {
                socket.getOutputStream().write(one);
            }
            assertThat(socket.getInputStream().readAllBytes()).startsWith(5, 2, 1, 0, 5, 5);
        }
        assertThat(asked).containsExactly("10.244.0.1:8080");
    }
}

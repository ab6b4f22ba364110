package io.beemesh.libp2p.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.StreamReader;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ChannelBridgeTest {
    private static final int SLOW = 200;

    @Test
    void join_socketClosedBefore_resetsTheStream() throws Exception {
        try (NettyLoop loop = new NettyLoop("test-loop")) {
            NioSocketChannel socket = new NioSocketChannel();
            CompletableFuture<Boolean> open = new CompletableFuture<>();
            loop.eventLoop().register(socket).addListener(registered -> socket.close()
                    .addListener(closed -> {
                        SilentStream stream = new SilentStream();
                        new ChannelBridge(socket, new BridgeBudget(1 << 20)).join(stream, 0);
                        open.complete(stream.isOpen());
                    }));

            assertThat(open.get(30, TimeUnit.SECONDS)).isFalse();
        }
    }

    @Test
    void manyWhoseSocketsTakeNothing_holdNoMoreThanTheBudget_andOthersGoOn() throws Exception {
        BridgeBudget budget = new BridgeBudget(4 << 20);
        try (NettyLoop loop = new NettyLoop("test-loop");
                ServerSocket silent = new ServerSocket();
                ServerSocket reading = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            silent.setReceiveBufferSize(4096);
            silent.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SLOW);
            List<EndlessStream> slow = new ArrayList<>();
            for (int i = 0; i < SLOW; i++) {
                slow.add(joined(loop, silent, budget));
            }
            EndlessStream other = joined(loop, reading, budget);
            try (Socket socket = reading.accept()) {
                socket.setSoTimeout(30_000);
                assertThat(socket.getInputStream().readNBytes(1 << 20)).hasSize(1 << 20);
            }
            assertThat(other.held).isLessThanOrEqualTo(4 << 20);
            assertThat(slow).as("given up").allMatch(EndlessStream::isOpen);
        }
    }

    private static EndlessStream joined(NettyLoop loop, ServerSocket server, BridgeBudget budget)
            throws Exception {
        InetSocketAddress address = (InetSocketAddress) server.getLocalSocketAddress();
        return ChannelBridge.dial(loop, address, 10_000, 0, budget).thenApply(bridge -> {
            bridge.channel().config().setOption(ChannelOption.SO_SNDBUF, 4096);
            EndlessStream stream = new EndlessStream(loop, bridge, budget);
            bridge.join(stream, 0);
            return stream;
        }).get(30, TimeUnit.SECONDS);
    }

    /** A stream that brings all that is asked for. */
    private static final class EndlessStream extends SilentStream {
        private final NettyLoop loop;
        private final ChannelBridge bridge;
        private final BridgeBudget budget;
        private volatile long held;

        EndlessStream(NettyLoop loop, ChannelBridge bridge, BridgeBudget budget) {
            this.loop = loop;
            this.bridge = bridge;
            this.budget = budget;
        }

        @Override
        public void request(long bytes) {
            loop.execute(() -> {
                if (isOpen()) {
                    bridge.onData(ByteBuffer.allocate((int) bytes));
                    held = Math.max(held, budget.heldBytes());
                }
            });
        }
    }

    /** A stream whose other side says nothing. */
    private static class SilentStream implements ByteStream {
        private volatile boolean open = true;

        @Override
        public boolean isInbound() {
            return false;
        }

        @Override
        public void reader(StreamReader reader) {
            // Nothing comes.
        }

        @Override
        public void request(long bytes) {
            // Nothing comes.
        }

        @Override
        public CompletableFuture<Void> write(ByteBuffer bytes) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void closeWrite() {
            // The other side does not end.
        }

        @Override
        public void reset() {
            open = false;
        }

        @Override
        public boolean isOpen() {
            return open;
        }
    }
}

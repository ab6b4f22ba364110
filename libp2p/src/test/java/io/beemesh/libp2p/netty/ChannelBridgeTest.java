package io.beemesh.libp2p.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.ByteStream;
import io.beemesh.libp2p.StreamReader;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ChannelBridgeTest {
    @Test
    void join_socketClosedBefore_resetsTheStream() throws Exception {
        try (NettyLoop loop = new NettyLoop("test-loop")) {
            NioSocketChannel socket = new NioSocketChannel();
            CompletableFuture<Boolean> open = new CompletableFuture<>();
            loop.eventLoop().register(socket).addListener(registered -> socket.close()
                    .addListener(closed -> {
                        SilentStream stream = new SilentStream();
                        new ChannelBridge(socket).join(stream, 0);
                        open.complete(stream.isOpen());
                    }));

            assertThat(open.get(30, TimeUnit.SECONDS)).isFalse();
        }
    }

    /** A stream whose other side says nothing. */
    private static final class SilentStream implements ByteStream {
        private boolean open = true;

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

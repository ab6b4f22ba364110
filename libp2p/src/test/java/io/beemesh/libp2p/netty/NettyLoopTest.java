package io.beemesh.libp2p.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NettyLoopTest {
    private static final InetSocketAddress ANY = new InetSocketAddress(
            InetAddress.getLoopbackAddress(), 1);

    @Test
    void opened_socketThatCannotBeMade_failsOnTheLoop() throws Exception {
        try (NettyLoop loop = new NettyLoop("test-loop")) {
            Bootstrap bootstrap = new Bootstrap().group(loop.eventLoop()).channelFactory(() -> {
                throw new IllegalStateException("no file descriptor is left");
            }).handler(new ChannelInboundHandlerAdapter());
            CompletableFuture<Boolean> failedInside = new CompletableFuture<>();

            loop.execute(() -> loop.opened(bootstrap.connect(ANY)).whenComplete(
                    (channel, failure) -> failedInside
                            .complete(failure != null && loop.isInside())));

            assertThat(failedInside.get(30, TimeUnit.SECONDS)).isTrue();
        }
    }
}

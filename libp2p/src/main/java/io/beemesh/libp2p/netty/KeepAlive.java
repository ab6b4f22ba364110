package io.beemesh.libp2p.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import jdk.net.ExtendedSocketOptions;

/**
 * Has the kernel ask whether the other end of a connection is still there, which nobody would notice otherwise where
 * neither side speaks: after a minute of silence, and given up 30 s later.
 */
public final class KeepAlive {
    private static final int IDLE_SECONDS = 60;
    private static final int INTERVAL_SECONDS = 10;
    private static final int PROBES = 3;

    private KeepAlive() {}

    /** From now on, for a TCP socket. */
    public static void start(Channel channel) {
        try {
            channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
            if (channel instanceof NioSocketChannel) {
                channel.config().setOption(
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), IDLE_SECONDS);
                channel.config().setOption(
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL),
                        INTERVAL_SECONDS);
                channel.config().setOption(
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), PROBES);
            }
        } catch (ChannelException e) {
            // It is closed already, as its handler is told.
        }
    }
}

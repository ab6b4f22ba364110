package io.beemesh.libp2p.netty;

import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.function.Function;

/**
 * The kinds of sockets that a loop drives: the JDK's, or native ones that can do more.
 *
 * @param unixAddress the address of a unix socket as these sockets want it
 */
public record NettySockets(IoHandlerFactory handler, Class<? extends Channel> tcp,
        Class<? extends ServerChannel> tcpServer, Class<? extends Channel> unix,
        Class<? extends ServerChannel> unixServer,
        Function<UnixDomainSocketAddress, SocketAddress> unixAddress) {
    /** The JDK's. */
    public static NettySockets nio() {
        return new NettySockets(NioIoHandler.newFactory(), NioSocketChannel.class,
                NioServerSocketChannel.class, NioDomainSocketChannel.class,
                NioServerDomainSocketChannel.class, address -> address);
    }

    SocketAddress address(SocketAddress jdk) {
        return jdk instanceof UnixDomainSocketAddress unix ? unixAddress.apply(unix) : jdk;
    }
}

package io.beemesh.libp2p.netty;

import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
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
        Class<? extends ServerChannel> unixServer, Class<? extends DatagramChannel> udp,
        Function<UnixDomainSocketAddress, SocketAddress> unixAddress) {
    /** The JDK's. */
    public static NettySockets nio() {
        return new NettySockets(NioIoHandler.newFactory(), NioSocketChannel.class,
                NioServerSocketChannel.class, NioDomainSocketChannel.class,
                NioServerDomainSocketChannel.class, NioDatagramChannel.class, address -> address);
    }

    /**
     * Linux' own, which take connections to any address and carry many datagrams of QUIC in one call.
     *
     * @throws UnsatisfiedLinkError if Netty's library for them is missing
     */
    public static NettySockets epoll() {
        return EpollSockets.all();
    }

    /** Linux' own where Netty's classes and its library for them are there, else the JDK's. */
    public static NettySockets fastest() {
        return EpollSockets.areThere() ? epoll() : nio();
    }

    SocketAddress address(SocketAddress jdk) {
        return jdk instanceof UnixDomainSocketAddress unix ? unixAddress.apply(unix) : jdk;
    }
}

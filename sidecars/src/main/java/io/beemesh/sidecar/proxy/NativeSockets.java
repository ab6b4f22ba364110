package io.beemesh.sidecar.proxy;

import io.beemesh.libp2p.netty.NettySockets;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;

/** Linux' own sockets, which can take connections to any address. */
public final class NativeSockets {
    private NativeSockets() {}

    public static NettySockets epoll() {
        return new NettySockets(EpollIoHandler.newFactory(), EpollSocketChannel.class,
                EpollServerSocketChannel.class, EpollDomainSocketChannel.class,
                EpollServerDomainSocketChannel.class,
                unix -> new DomainSocketAddress(unix.getPath().toString()));
    }
}

package io.beemesh.libp2p.netty;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;

/** Linux' own sockets. Of a class of its own, as Netty's for them may be missing. */
final class EpollSockets {
    private EpollSockets() {}

    static boolean areThere() {
        try {
            return Epoll.isAvailable();
        } catch (NoClassDefFoundError e) {
            return false;
        }
    }

    static NettySockets all() {
        Epoll.ensureAvailability();
        return new NettySockets(EpollIoHandler.newFactory(), EpollSocketChannel.class,
                EpollServerSocketChannel.class, EpollDomainSocketChannel.class,
                EpollServerDomainSocketChannel.class, EpollDatagramChannel.class,
                unix -> new DomainSocketAddress(unix.getPath().toString()));
    }
}

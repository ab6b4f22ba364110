package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.multiformats.AddressPart;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.swarm.AddressGroup;
import io.beemesh.libp2p.swarm.ConnectionGater;
import io.beemesh.libp2p.swarm.PendingHandshakes;
import io.beemesh.libp2p.swarm.Swarm;
import io.beemesh.libp2p.swarm.Transport;
import io.beemesh.libp2p.upgrade.ConnectionUpgrade;
import io.beemesh.libp2p.upgrade.UpgradeContext;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.nio.NioChannelOption;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** TCP and unix domain sockets. */
final class NettyTransport implements Transport {
    private static final int CONNECT_TIMEOUT_MILLIS = 5000;

    /** Handshakes of peers that dialed, at a time. */
    private static final int HANDSHAKES_MAX = 128;

    private static final ChannelOption<Boolean> REUSE_PORT = NioChannelOption
            .of(StandardSocketOptions.SO_REUSEPORT);
    private static final int BACKLOG = 1024;
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(128 * 1024,
            512 * 1024);

    private final NettyLoop loop;
    private final UpgradeContext context;
    private final UpgradeContext sealing;
    private final ConnectionGater gater;
    private final Swarm swarm;
    private final boolean portReuse;
    private final List<Channel> servers = new ArrayList<>(1);
    private final PendingHandshakes handshakes = new PendingHandshakes(HANDSHAKES_MAX);

    /** With {@code portReuse} it dials from the port on which it listens. */
    NettyTransport(NettyLoop loop, UpgradeContext context, ConnectionGater gater, Swarm swarm,
            boolean portReuse) {
        this.loop = loop;
        this.context = context;
        this.sealing = context.sealing();
        this.gater = gater;
        this.swarm = swarm;
        this.portReuse = portReuse;
    }

    @Override
    public boolean canDial(Multiaddr address) {
        return SocketAddresses.isTcp(address) || SocketAddresses.isUnix(address);
    }

    @Override
    public CompletableFuture<Connection> dial(Multiaddr address, PeerId peer) {
        Dial dial = new Dial(address, peer, true, new CompletableFuture<>());
        locate(dial, to -> connect(dial, to, localFor(to)));
        return dial.result;
    }

    @Override
    public CompletableFuture<Connection> probe(Multiaddr address, PeerId peer) {
        Dial dial = new Dial(address, peer, true, new CompletableFuture<>());
        locate(dial, to -> connect(dial, to, Optional.empty()));
        return dial.result;
    }

    /** TCP simultaneous open: the kernel repeats the SYN until the peer's own has opened its NAT. */
    @Override
    public CompletableFuture<Connection> punch(Multiaddr address, PeerId peer, boolean asDialer) {
        Dial dial = new Dial(address, peer, asDialer, new CompletableFuture<>());
        locate(dial, to -> {
            Optional<SocketAddress> local = localFor(to);
            if (local.isEmpty()) {
                dial.result.completeExceptionally(new Libp2pException(
                        "holes are punched from a listening port only, and with portReuse"));
            } else {
                connect(dial, to, local);
            }
        });
        return dial.result;
    }

    /** One dial; {@code asDialer} is false where this side answers in the handshake nevertheless. */
    private record Dial(Multiaddr address, PeerId peer, boolean asDialer,
            CompletableFuture<Connection> result) {
        void fail(Throwable cause) {
            result.completeExceptionally(new Libp2pException(String.valueOf(cause.getMessage())));
        }
    }

    private static void locate(Dial dial, Consumer<SocketAddress> then) {
        try {
            then.accept(SocketAddresses.toSocketAddress(dial.address));
        } catch (IllegalArgumentException e) {
            dial.result.completeExceptionally(
                    new Libp2pException("no socket can have the address " + dial.address, e));
        }
    }

    /** The listening socket of the same address family, if dials are to come from there. */
    private Optional<SocketAddress> localFor(SocketAddress to) {
        if (!portReuse || !(to instanceof InetSocketAddress remote)
                || remote.getAddress().isLoopbackAddress()) {
            return Optional.empty();
        }
        return servers.stream().map(Channel::localAddress)
                .filter(local -> local instanceof InetSocketAddress it
                        && !it.getAddress().isLoopbackAddress()
                        && (it.getAddress().isAnyLocalAddress() || it.getAddress().getClass()
                                .equals(remote.getAddress().getClass())))
                .findFirst();
    }

    private void connect(Dial dial, SocketAddress to, Optional<SocketAddress> local) {
        Bootstrap bootstrap = new Bootstrap()
                .group(loop.eventLoop())
                .option(ChannelOption.ALLOCATOR, loop.allocator())
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new NettyLink(channel));
                    }
                });
        if (to instanceof InetSocketAddress) {
            bootstrap.channel(loop.sockets().tcp()).option(ChannelOption.TCP_NODELAY, true);
            if (local.isPresent()) {
                bootstrap.option(ChannelOption.SO_REUSEADDR, true).option(REUSE_PORT, true);
            }
        } else {
            bootstrap.channel(loop.sockets().unix());
        }
        ChannelFuture connecting = local.isPresent()
                ? bootstrap.connect(to, local.get())
                : bootstrap.connect(loop.sockets().address(to));
        loop.opened(connecting).whenComplete((channel, failure) -> {
            if (failure == null) {
                upgrade(dial, channel);
            } else if (local.isPresent() && dial.asDialer && isTaken(failure)) {
                connect(dial, to, Optional.empty()); // the port has a connection there already
            } else {
                dial.fail(failure);
            }
        });
    }

    /** Netty wraps what the JDK says. */
    private static boolean isTaken(Throwable cause) {
        return cause instanceof BindException || cause.getCause() instanceof BindException;
    }

    /** Nothing but a unix socket does without seals. */
    private UpgradeContext context(Multiaddr address) {
        return SocketAddresses.isUnix(address) ? context : sealing;
    }

    private void upgrade(Dial dial, Channel channel) {
        NettyLink link = channel.pipeline().get(NettyLink.class);
        ConnectionUpgrade upgrade = dial.asDialer
                ? ConnectionUpgrade.dialer(context(dial.address), link, dial.address, dial.peer)
                : ConnectionUpgrade.listener(context(dial.address), link, dial.address);
        link.upgrade(upgrade);
        upgrade.upgraded().whenComplete((connection, failure) -> {
            if (failure != null) {
                dial.result.completeExceptionally(failure);
            } else if (!PeerId.of(connection.remoteKey()).equals(dial.peer)) {
                connection.close();
                dial.fail(new Libp2pException("another peer answered at " + dial.address));
            } else {
                dial.result.complete(connection);
            }
        });
        channel.config().setAutoRead(true);
    }

    /** Accepts connections; gives the addresses that others can dial. */
    CompletableFuture<List<Multiaddr>> listen(Multiaddr address) {
        CompletableFuture<List<Multiaddr>> result = new CompletableFuture<>();
        if (!canDial(address)) {
            result.completeExceptionally(new Libp2pException("cannot listen on " + address));
            return result;
        }
        try {
            SocketAddress on = SocketAddresses.toSocketAddress(address);
            loop.opened(server(on, address).bind(loop.sockets().address(on)))
                    .whenComplete((server, failure) -> {
                        if (failure == null) {
                            servers.add(server);
                            complete(result, server, address);
                        } else {
                            result.completeExceptionally(
                                    new Libp2pException("cannot listen on " + address, failure));
                        }
                    });
        } catch (IllegalArgumentException e) {
            result.completeExceptionally(new Libp2pException("cannot listen on " + address, e));
        }
        return result;
    }

    private ServerBootstrap server(SocketAddress on, Multiaddr address) {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loop.eventLoop())
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.ALLOCATOR, loop.allocator())
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel, address);
                    }
                });
        if (on instanceof InetSocketAddress) {
            if (portReuse) {
                bootstrap.option(REUSE_PORT, true);
            }
            return bootstrap.channel(loop.sockets().tcpServer())
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.TCP_NODELAY, true);
        }
        return bootstrap.channel(loop.sockets().unixServer());
    }

    private static void complete(CompletableFuture<List<Multiaddr>> result, Channel server,
            Multiaddr asked) {
        try {
            result.complete(
                    server.localAddress() instanceof InetSocketAddress bound
                            ? SocketAddresses.concrete(bound)
                            : List.of(asked));
        } catch (UncheckedIOException e) {
            result.completeExceptionally(
                    new Libp2pException("cannot tell the addresses of " + asked, e));
        }
    }

    private void accept(Channel channel, Multiaddr local) {
        // A unix socket's client has no address: it is known by where it came in.
        Multiaddr remote = channel.remoteAddress() instanceof InetSocketAddress from
                ? SocketAddresses.toMultiaddr(from.getAddress(), from.getPort())
                : local;
        AddressPart from = AddressGroup.of(remote);
        if (!gater.allowAccept(remote) || !handshakes.makeRoom(from)) {
            channel.close();
            return;
        }
        NettyLink link = new NettyLink(channel);
        ConnectionUpgrade upgrade = ConnectionUpgrade.listener(context(local), link, remote);
        link.upgrade(upgrade);
        Runnable end = () -> upgrade.end("too many handshakes");
        handshakes.add(from, end);
        upgrade.upgraded().whenComplete((connection, failure) -> {
            handshakes.remove(from, end);
            if (failure == null) {
                swarm.onConnection(connection);
            }
        });
        channel.pipeline().addLast(link);
    }

    void close() {
        servers.forEach(Channel::close);
        servers.clear();
    }
}

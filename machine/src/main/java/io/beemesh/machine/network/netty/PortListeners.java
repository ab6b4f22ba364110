package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.netty.BridgeBudget;
import io.beemesh.libp2p.netty.ChannelBridge;
import io.beemesh.libp2p.netty.DatagramBridge;
import io.beemesh.libp2p.netty.KeepAlive;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.machine.metrics.Counter;
import io.beemesh.machine.network.PublishedPorts;
import io.beemesh.machine.network.PublishedPorts.HostPort;
import io.beemesh.machine.network.PublishedPorts.Target;
import io.beemesh.machine.network.ServiceMap.Endpoint;
import io.beemesh.machine.network.Shares;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ports of this machine through which connections, and {@link PortFlows flows} of datagrams, come into the mesh. A port
 * that another program has is tried again. May be called from any thread; all else is on the pods' loop.
 */
final class PortListeners implements PublishedPorts.Binder {
    private static final Logger LOG = LoggerFactory.getLogger(PortListeners.class);
    /** Of all ports; one source of connections has at most half of them, one port three quarters. */
    static final int CONNECTIONS_MAX = 2048;
    private static final Duration RETRY = Duration.ofSeconds(30);

    private final NettyLoop loop;
    private final Dialer dialer;
    private final BridgeBudget bridges;
    private final Map<HostPort, Listener> listeners = new HashMap<>();
    private final Shares<String> sources;
    private final Shares<HostPort> ports;
    private final PortFlows flows;

    /** Opens a connection to a Service's or a pod's address. */
    interface Dialer {
        /** @param source who asks, for Services whose clients keep to one endpoint */
        CompletableFuture<Carrier> dial(Transport transport, Endpoint to, String source);
    }

    PortListeners(NettyLoop loop, Dialer dialer, BridgeBudget bridges, int connectionsMax,
            int flowsMax, Counter dropped) {
        this.loop = loop;
        this.dialer = dialer;
        this.bridges = bridges;
        this.sources = new Shares<>(connectionsMax);
        this.ports = new Shares<>(connectionsMax + connectionsMax / 2);
        this.flows = new PortFlows(loop, dialer, flowsMax, dropped);
    }

    @Override
    public void bind(HostPort port, Target to) {
        loop.execute(() -> {
            Listener listener = new Listener(port, to);
            listeners.put(port, listener);
            listener.bind();
        });
    }

    @Override
    public void unbind(HostPort port) {
        loop.execute(() -> {
            Listener listener = listeners.remove(port);
            if (listener != null) {
                listener.close();
            }
        });
    }

    void close() {
        loop.execute(() -> listeners.values().forEach(Listener::close));
    }

    /** One port. */
    private final class Listener {
        private final HostPort port;
        private final Target to;
        private final SourceRanges sources;
        private @Nullable Channel server;
        private Loop.Timer retry = () -> {
        };
        private boolean told;
        private boolean closed;

        Listener(HostPort port, Target to) {
            this.port = port;
            this.to = to;
            this.sources = SourceRanges.of(to.sources());
        }

        void bind() {
            InetSocketAddress at = port.ip().isEmpty()
                    ? new InetSocketAddress(port.port())
                    : new InetSocketAddress(port.ip(), port.port());
            loop.opened(switch (port.transport()) {
                case TCP -> connections().bind(at);
                case UDP -> datagrams().bind(at);
                case GROUP, FENCE -> throw new IllegalStateException("not a port: " + port);
            }).whenComplete(this::bound);
        }

        private ServerBootstrap connections() {
            return new ServerBootstrap().group(loop.eventLoop())
                    .channel(loop.sockets().tcpServer()).option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.AUTO_READ, false)
                    .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            if (sources.contain(remote(channel))) {
                                accept((DuplexChannel) channel, port, to.to());
                            } else {
                                ChannelBridge.abort(channel);
                            }
                        }
                    });
        }

        private Bootstrap datagrams() {
            return new Bootstrap().group(loop.eventLoop()).channel(loop.sockets().udp())
                    .option(ChannelOption.RECVBUF_ALLOCATOR, DatagramBridge.room())
                    .handler(flows.port(port, to.to(), sources));
        }

        private void bound(@Nullable Channel channel, @Nullable Throwable failure) {
            if (channel != null && closed) {
                channel.close();
            } else if (channel != null) {
                server = channel;
            } else if (!closed) {
                if (!told) {
                    told = true;
                    LOG.warn("Port of this machine not opened port={}/{} reason=\"{}\"",
                            port.port(), port.transport(), failure);
                }
                retry = loop.schedule(RETRY, this::bind);
            }
        }

        void close() {
            closed = true;
            retry.cancel();
            if (server != null) {
                server.close();
            }
        }
    }

    private static InetAddress remote(Channel channel) {
        return ((InetSocketAddress) channel.remoteAddress()).getAddress();
    }

    private void accept(DuplexChannel channel, HostPort port, Endpoint to) {
        String source = remote(channel).getHostAddress();
        if (!sources.take(source)) {
            ChannelBridge.abort(channel);
            return;
        }
        if (!ports.take(port)) {
            sources.give(source);
            ChannelBridge.abort(channel);
            return;
        }
        channel.closeFuture().addListener(closed -> {
            sources.give(source);
            ports.give(port);
        });
        KeepAlive.start(channel);
        ChannelBridge bridge = new ChannelBridge(channel, bridges);
        channel.pipeline().addLast(bridge);
        dialer.dial(Transport.TCP, to, source).whenComplete((carrier, failure) -> {
            if (failure != null) {
                bridge.abort();
            } else {
                carrier.bytes(bridge);
                bridge.join(carrier.stream(), Carrier.CREDIT_BYTES);
            }
        });
    }
}

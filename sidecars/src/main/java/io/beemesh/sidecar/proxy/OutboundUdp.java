package io.beemesh.sidecar.proxy;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.netty.DatagramBridge;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.IntegerUnixChannelOption;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes the datagrams that the pod sends. The first one of a flow comes here with the address that it was
 * sent to; the flow then gets a socket of its own that is bound to that address, so that answers come from
 * it, and the kernel brings the further ones there. On the loop only.
 *
 * <p>Where a process of the pod has that port at all addresses, as that of a gossip protocol has, no other socket can
 * be bound to it. Then the flow's is bound to the port with its highest bit turned, marked, and the machine's rules
 * turn that bit back in what it sends; what the pod sends goes on coming here.
 */
final class OutboundUdp {
    private static final Duration IDLE = Duration.ofSeconds(60);
    /** A question that nobody answers. */
    private static final Duration DNS_IDLE = Duration.ofSeconds(15);
    /** Questions that are answered: resolvers take a port for each, some ask two things from one. */
    private static final Duration DNS_ANSWERED = Duration.ofMillis(500);
    /** A flow that stands still so long gives way where there is no place for another. */
    private static final Duration GIVES_WAY = Duration.ofSeconds(5);
    static final int DNS_PORT = 53;
    /** Both are in the machine's rules, {@code NetworkNamespace} of the module {@code machine}. */
    private static final int PORT_BIT = 0x8000;
    private static final int PORT_MARK = 0x62656570;
    private static final IntegerUnixChannelOption SO_MARK = new IntegerUnixChannelOption(
            "SO_MARK", 1, 36);
    private static final int WAITING_MAX = 8;
    /** Of all flows together. */
    private static final int WAITING_BYTES_MAX = 1 << 20;

    private final NettyLoop loop;
    private final SidecarConfig config;
    private final MeshEnd machine;
    private final int dnsPort;
    private final Map<FlowKey, Flow> flows = new LinkedHashMap<>();
    private @Nullable Channel server;
    private int waitingBytes;

    private record FlowKey(InetSocketAddress from, InetSocketAddress to) {}

    /** @param dnsPort where names are asked for */
    OutboundUdp(NettyLoop loop, SidecarConfig config, MeshEnd machine, int dnsPort) {
        this.loop = loop;
        this.config = config;
        this.machine = machine;
        this.dnsPort = dnsPort;
    }

    private Bootstrap bootstrap() {
        return new Bootstrap().group(loop.eventLoop()).channel(EpollDatagramChannel.class)
                .option(EpollChannelOption.IP_TRANSPARENT, true)
                .option(ChannelOption.RECVBUF_ALLOCATOR, DatagramBridge.room())
                .option(ChannelOption.SO_REUSEADDR, true);
    }

    CompletableFuture<Void> bind() {
        return loop.opened(bootstrap().option(EpollChannelOption.IP_RECVORIGDSTADDR, true)
                .handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context,
                            DatagramPacket packet) {
                        accept(packet);
                    }
                }).bind(config.port())).thenAccept(bound -> server = bound);
    }

    private void accept(DatagramPacket packet) {
        InetSocketAddress to = packet.recipient();
        if (to == null || to.getPort() == 0 || to.getAddress().isLoopbackAddress()
                || to.getAddress().isMulticastAddress()
                || to.getAddress().equals(config.podAddress())) {
            return;
        }
        FlowKey key = new FlowKey(packet.sender(), to);
        Flow flow = flows.get(key);
        if (flow == null) {
            if (flows.size() >= config.connectionsMax() && !makeRoom()) {
                return;
            }
            flow = new Flow(key);
            flows.put(key, flow);
            flow.open();
        }
        flow.send(packet.content());
    }

    /** Ends an answered question, or the flow that has stood still longest; false if all are in use. */
    private boolean makeRoom() {
        Flow longest = null;
        Duration idle = GIVES_WAY;
        for (Flow flow : flows.values()) {
            if (flow.isAnsweredQuestion()) {
                flow.over();
                return true;
            }
            if (flow.idle().compareTo(idle) >= 0) {
                longest = flow;
                idle = flow.idle();
            }
        }
        if (longest != null) {
            longest.over();
        }
        return longest != null;
    }

    void close() {
        if (server != null) {
            server.close();
        }
    }

    /** One socket of the pod talking to one address. */
    private final class Flow {
        private final FlowKey key;
        private final Queue<ByteBuf> waiting = new ArrayDeque<>();
        private @Nullable DatagramBridge bridge;
        private @Nullable Channel channel;
        private Loop.Timer timer = () -> {
        };
        private final long openedNanos = loop.nanoTime();

        Flow(FlowKey key) {
            this.key = key;
        }

        void open() {
            watch(limit());
            loop.opened(connected(bootstrap(), key.to())).whenComplete((socket, failure) -> {
                if (failure == null) {
                    opened(socket);
                } else {
                    openBeside();
                }
            });
        }

        /** By another port, as the pod itself has this one. */
        private void openBeside() {
            int other = key.to().getPort() ^ PORT_BIT;
            if (other == 0) {
                over();
                return;
            }
            loop.opened(connected(bootstrap().option(SO_MARK, PORT_MARK),
                    new InetSocketAddress(key.to().getAddress(), other)))
                    .whenComplete((socket, failure) -> {
                        if (failure == null) {
                            opened(socket);
                        } else {
                            over();
                        }
                    });
        }

        /** What comes before it is joined waits in the socket. */
        private ChannelFuture connected(Bootstrap socket, InetSocketAddress local) {
            return socket.option(ChannelOption.AUTO_READ, false)
                    .handler(new ChannelInboundHandlerAdapter()).localAddress(local)
                    .remoteAddress(key.from()).connect();
        }

        private void opened(Channel socket) {
            channel = socket;
            socket.closeFuture().addListener(closed -> over());
            ask(socket);
        }

        private void ask(Channel socket) {
            machine.open(new ConnectRequest(Transport.UDP, key.to().getAddress().getAddress(),
                    key.to().getPort()))
                    .whenComplete((carrier, failure) -> {
                        if (failure != null || !socket.isActive()) {
                            socket.close();
                            if (carrier != null) {
                                carrier.stream().reset();
                            }
                            return;
                        }
                        DatagramBridge joined = new DatagramBridge(socket, carrier.stream());
                        bridge = joined;
                        socket.pipeline().addLast(joined);
                        carrier.datagrams(datagram -> {
                            joined.toSocket(datagram);
                            if (isAnsweredQuestion()) {
                                watch(DNS_ANSWERED);
                            }
                        }, socket::close);
                        while (!waiting.isEmpty()) {
                            ByteBuf datagram = waiting.remove();
                            waitingBytes -= datagram.readableBytes();
                            joined.toStream(datagram);
                            datagram.release();
                        }
                        socket.config().setAutoRead(true);
                    });
        }

        void send(ByteBuf datagram) {
            if (bridge != null) {
                bridge.toStream(datagram);
            } else if (waiting.size() < WAITING_MAX
                    && waitingBytes + datagram.readableBytes() <= WAITING_BYTES_MAX) {
                waitingBytes += datagram.readableBytes();
                // Without the room that was not used.
                waiting.add(datagram.copy());
            }
        }

        boolean isAnsweredQuestion() {
            DatagramBridge joined = bridge;
            return key.to().getPort() == dnsPort && joined != null && joined.isAnswered();
        }

        Duration idle() {
            DatagramBridge joined = bridge;
            return joined == null
                    ? Duration.ofNanos(loop.nanoTime() - openedNanos)
                    : joined.idle();
        }

        private Duration limit() {
            if (isAnsweredQuestion()) {
                return DNS_ANSWERED;
            }
            return key.to().getPort() == dnsPort ? DNS_IDLE : IDLE;
        }

        private void watch(Duration wait) {
            timer.cancel();
            timer = loop.schedule(wait, () -> {
                Duration left = limit().minus(idle());
                if (left.isPositive()) {
                    watch(left);
                } else {
                    over();
                }
            });
        }

        private void over() {
            timer.cancel();
            flows.remove(key, this);
            waiting.forEach(datagram -> {
                waitingBytes -= datagram.readableBytes();
                datagram.release();
            });
            waiting.clear();
            if (channel != null) {
                channel.close();
            }
        }
    }
}

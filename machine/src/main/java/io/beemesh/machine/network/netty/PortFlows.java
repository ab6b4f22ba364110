package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.network.PublishedPorts.HostPort;
import io.beemesh.machine.network.ServiceMap.Endpoint;
import io.beemesh.machine.network.Shares;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Flows of datagrams that come into the mesh by ports of this machine: whoever sends to a port from one address
 * has one, to one pod, until both have been silent for a while. What there is no room for is dropped, as networks do. On
 * the pods' loop only.
 *
 * <p>A port has one socket for all its flows. One each, connected to the client, would get what others send
 * between its {@code bind} and its {@code connect}. So the kernel chooses the address that an answer comes from.
 */
final class PortFlows {
    /** Of all ports; one client has at most half of them, one port three quarters. */
    static final int FLOWS_MAX = 4096;
    /** Until a flow that the pod has answered ends. */
    static final Duration IDLE = Duration.ofSeconds(60);
    /** The same of one that it has not: the sender's address may be another's. */
    static final Duration UNANSWERED = Duration.ofSeconds(15);
    /** A flow that stands still so long gives way where there is no place for another. */
    private static final Duration GIVES_WAY = Duration.ofSeconds(5);
    /** How long a client that got no pod is not asked for again. */
    private static final Duration REFUSED = Duration.ofSeconds(1);
    /** Of one flow on their way to the pod. */
    private static final int HELD_MAX = 64;
    /** Of all flows together, the same. */
    private static final int HELD_BYTES_MAX = 8 << 20;

    private final Loop loop;
    private final PortListeners.Dialer dialer;
    private final Shares<String> sources;
    private final Shares<HostPort> ports;
    private int heldBytes;

    PortFlows(Loop loop, PortListeners.Dialer dialer, int flowsMax) {
        this.loop = loop;
        this.dialer = dialer;
        this.sources = new Shares<>(flowsMax);
        this.ports = new Shares<>(flowsMax + flowsMax / 2);
    }

    /** The handler of a port's socket; when that closes, the port's flows end. */
    ChannelInboundHandlerAdapter port(HostPort port, Endpoint to, SourceRanges letIn) {
        return new Port(port, to, letIn);
    }

    private final class Port extends ChannelInboundHandlerAdapter {
        private final HostPort port;
        private final Endpoint to;
        private final SourceRanges letIn;
        private final Map<InetSocketAddress, Flow> flows = new LinkedHashMap<>();

        Port(HostPort port, Endpoint to, SourceRanges letIn) {
            this.letIn = letIn;
            this.port = port;
            this.to = to;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            DatagramPacket packet = (DatagramPacket) message;
            try {
                InetSocketAddress client = packet.sender();
                Flow flow = flows.get(client);
                if (flow == null && client.getPort() != 0
                        && letIn.contain(client.getAddress()) && take(client)) {
                    flow = new Flow(context, this, client);
                    flows.put(client, flow);
                    flow.open();
                }
                if (flow != null) {
                    flow.toPod(packet.content());
                }
            } finally {
                packet.release();
            }
        }

        private boolean take(InetSocketAddress client) {
            return takeFree(client) || (makeRoom(flows.values()) && takeFree(client));
        }

        private boolean takeFree(InetSocketAddress client) {
            String source = client.getAddress().getHostAddress();
            if (!sources.take(source)) {
                return false;
            }
            if (!ports.take(port)) {
                sources.give(source);
                return false;
            }
            return true;
        }

        private void ended(Flow flow) {
            if (flows.remove(flow.client, flow)) {
                sources.give(flow.client.getAddress().getHostAddress());
                ports.give(port);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            List.copyOf(flows.values()).forEach(Flow::over);
        }

        /** As when a client's port is closed: others have the same socket. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // What it is about is not said; the flow ends by itself.
        }
    }

    /** Ends the flow that has stood still longest; false if all are in use. */
    private static boolean makeRoom(Collection<Flow> flows) {
        Flow longest = null;
        Duration idle = GIVES_WAY;
        for (Flow flow : flows) {
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

    /** One client of one port. */
    private final class Flow {
        private final ChannelHandlerContext socket;
        private final Port port;
        private final InetSocketAddress client;
        private final Queue<byte[]> waiting = new ArrayDeque<>();
        private @Nullable Carrier carrier;
        private Loop.Timer timer = () -> {
        };
        private long lastNanos = loop.nanoTime();
        private int held;
        private boolean answered;
        private boolean refused;
        private boolean over;

        Flow(ChannelHandlerContext socket, Port port, InetSocketAddress client) {
            this.socket = socket;
            this.port = port;
            this.client = client;
        }

        void open() {
            watch(UNANSWERED);
            dialer.dial(Transport.UDP, port.to, client.getAddress().getHostAddress())
                    .whenComplete((dialed, failure) -> {
                        if (failure != null) {
                            refused = true;
                            drop();
                            watch(REFUSED);
                        } else if (over) {
                            dialed.stream().reset();
                        } else {
                            join(dialed);
                        }
                    });
        }

        private void join(Carrier dialed) {
            carrier = dialed;
            dialed.datagrams(this::toClient, this::over);
            while (!waiting.isEmpty() && !over) {
                send(dialed, waiting.remove());
            }
        }

        void toPod(ByteBuf datagram) {
            int count = datagram.readableBytes();
            if (refused || held >= HELD_MAX || heldBytes + count > HELD_BYTES_MAX) {
                return;
            }
            lastNanos = loop.nanoTime();
            byte[] bytes = new byte[count];
            datagram.getBytes(datagram.readerIndex(), bytes);
            held++;
            heldBytes += count;
            Carrier to = carrier;
            if (to == null) {
                waiting.add(bytes);
            } else {
                send(to, bytes);
            }
        }

        private void send(Carrier to, byte[] datagram) {
            to.stream().write(FrameReader.frame(datagram)).whenComplete((done, failure) -> {
                held--;
                heldBytes -= datagram.length;
                if (failure != null) {
                    over();
                }
            });
        }

        private void toClient(ByteBuffer datagram) {
            lastNanos = loop.nanoTime();
            answered = true;
            if (socket.channel().isWritable()) {
                socket.writeAndFlush(new DatagramPacket(
                        socket.alloc().buffer(datagram.remaining()).writeBytes(datagram), client));
            }
        }

        Duration idle() {
            return Duration.ofNanos(loop.nanoTime() - lastNanos);
        }

        private void watch(Duration wait) {
            timer.cancel();
            timer = loop.schedule(wait, () -> {
                Duration left = (answered ? IDLE : UNANSWERED).minus(idle());
                if (refused || !left.isPositive()) {
                    over();
                } else {
                    watch(left);
                }
            });
        }

        private void drop() {
            waiting.forEach(datagram -> {
                held--;
                heldBytes -= datagram.length;
            });
            waiting.clear();
        }

        private void over() {
            if (!over) {
                over = true;
                timer.cancel();
                drop();
                port.ended(this);
                if (carrier != null) {
                    carrier.stream().reset();
                }
            }
        }
    }
}

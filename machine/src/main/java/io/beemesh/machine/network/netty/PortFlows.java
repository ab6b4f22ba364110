package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.metrics.Counter;
import io.beemesh.machine.network.PublishedPorts.HostPort;
import io.beemesh.machine.network.ServiceMap.Endpoint;
import io.beemesh.machine.network.Shares;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * Flows of datagrams that come into the mesh by ports of this machine: whoever sends to a port from one address has
 * one, to one pod, until both have been silent for a while. What there is no room for is dropped, as networks do. On
 * the pods' loop only.
 *
 * <p>A new flow takes the place of one that stands still: of its own source, else of one that no pod has answered, as
 * its sender may not exist. Answered flows of others stay, so that nobody ends them by sending much. The sets are kept
 * in order of use, so that a datagram costs the same however many flows there are.
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
    private final Counter dropped;
    private final Shares<InetAddress> sources;
    private final Shares<HostPort> ports;
    private final Map<InetAddress, Aged> bySource = new LinkedHashMap<>();
    private final SequencedSet<Flow> unanswered = new LinkedHashSet<>();
    private int heldBytes;

    PortFlows(Loop loop, PortListeners.Dialer dialer, int flowsMax, Counter dropped) {
        this.loop = loop;
        this.dialer = dialer;
        this.dropped = dropped;
        this.sources = new Shares<>(flowsMax);
        this.ports = new Shares<>(flowsMax + flowsMax / 2);
    }

    /** The handler of a port's socket; when that closes, the port's flows end. */
    ChannelInboundHandlerAdapter port(HostPort port, Endpoint to, SourceRanges letIn) {
        return new Port(port, to, letIn);
    }

    /** The flows of one source, each set in order of use. */
    private record Aged(SequencedSet<Flow> unanswered, SequencedSet<Flow> answered) {
        Aged() {
            this(new LinkedHashSet<>(), new LinkedHashSet<>());
        }

        boolean isEmpty() {
            return unanswered.isEmpty() && answered.isEmpty();
        }
    }

    private final class Port extends ChannelInboundHandlerAdapter {
        private final HostPort port;
        private final Endpoint to;
        private final SourceRanges letIn;
        private final Map<InetSocketAddress, Flow> flows = new LinkedHashMap<>();
        private final SequencedSet<Flow> unanswered = new LinkedHashSet<>();

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
                        && letIn.contain(client.getAddress())
                        && take(client.getAddress())) {
                    flow = new Flow(context, this, client);
                    flows.put(client, flow);
                    flow.open();
                }
                if (flow == null) {
                    dropped.increment();
                } else {
                    flow.toPod(packet.content());
                }
            } finally {
                packet.release();
            }
        }

        private boolean take(InetAddress source) {
            if (sources.take(source)) {
                if (ports.take(port)) {
                    return true;
                }
                sources.give(source);
            }
            Aged own = bySource.get(source);
            return (own != null
                    && (takeFrom(own.unanswered, source) || takeFrom(own.answered, source)))
                    || takeFrom(unanswered, source)
                    || takeFrom(PortFlows.this.unanswered, source);
        }

        /** The place of the one that has stood still longest. */
        private boolean takeFrom(SequencedSet<Flow> some, InetAddress source) {
            Flow longest = some.isEmpty() ? null : some.getFirst();
            if (longest == null || longest.idle().compareTo(GIVES_WAY) < 0
                    || !sources.mayPass(longest.source, source)
                    || !ports.mayPass(longest.port.port, port)) {
                return false;
            }
            longest.remove();
            sources.pass(longest.source, source);
            ports.pass(longest.port.port, port);
            longest.end();
            return true;
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

    /** One client of one port. */
    private final class Flow {
        private final ChannelHandlerContext socket;
        private final Port port;
        private final InetSocketAddress client;
        private final InetAddress source;
        private final Queue<byte[]> waiting = new ArrayDeque<>();
        private @Nullable Carrier carrier;
        private Loop.Timer timer = () -> {
        };
        private long lastNanos;
        private int held;
        private boolean answered;
        private boolean refused;
        private boolean over;

        Flow(ChannelHandlerContext socket, Port port, InetSocketAddress client) {
            this.socket = socket;
            this.port = port;
            this.client = client;
            this.source = client.getAddress();
            used();
        }

        private void used() {
            lastNanos = loop.nanoTime();
            Aged own = bySource.computeIfAbsent(source, none -> new Aged());
            if (answered) {
                own.answered.addLast(this);
            } else {
                own.unanswered.addLast(this);
                port.unanswered.addLast(this);
                unanswered.addLast(this);
            }
        }

        private void remove() {
            port.flows.remove(client);
            removeUnanswered();
            Aged own = bySource.get(source);
            if (own != null) {
                own.answered.remove(this);
                if (own.isEmpty()) {
                    bySource.remove(source);
                }
            }
        }

        private void removeUnanswered() {
            unanswered.remove(this);
            port.unanswered.remove(this);
            Aged own = bySource.get(source);
            if (own != null) {
                own.unanswered.remove(this);
            }
        }

        void open() {
            watch(UNANSWERED);
            dialer.dial(Transport.UDP, port.to, source.getHostAddress())
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
                dropped.increment();
                return;
            }
            used();
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
            if (over) {
                return;
            }
            if (!answered) {
                answered = true;
                removeUnanswered();
            }
            used();
            if (!socket.channel().isWritable()) {
                dropped.increment();
                return;
            }
            socket.writeAndFlush(new DatagramPacket(
                    socket.alloc().buffer(datagram.remaining()).writeBytes(datagram), client));
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
                remove();
                sources.give(source);
                ports.give(port.port);
                end();
            }
        }

        private void end() {
            over = true;
            timer.cancel();
            drop();
            if (carrier != null) {
                carrier.stream().reset();
            }
        }
    }
}

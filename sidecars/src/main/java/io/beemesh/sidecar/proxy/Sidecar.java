package io.beemesh.sidecar.proxy;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.netty.BridgeBudget;
import io.beemesh.libp2p.netty.NettyHost;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.NettyHostConfig.Security;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.swarm.SwarmConfig;
import io.beemesh.libp2p.yamux.YamuxConfig;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.Connecting;
import io.beemesh.protocol.sidecar.Gate;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The only way in and out of a pod. What the pod sends to any address but its own, the kernel brings here
 * (the machine's rules in the pod's network namespace); it goes on as a stream to the machine, over the
 * unix socket that is the sidecar's only way out. What comes for the pod comes as a stream from the machine
 * and goes to the pod's port.
 *
 * <p>It decides nothing: which endpoint of a Service, which name, whether at all, is asked of the machine
 * with each connection, so that nothing here can be stale. What goes to or comes from a pod of another machine
 * is sealed here, for that pod alone: see {@link MeshEnd}.
 */
public final class Sidecar implements AutoCloseable {
    /** Half of it for the one connection, to the machine. */
    private static final long RECEIVE_BYTES_MAX = 8L << 20;
    private static final int WRITE_BYTES_MAX = 512 * 1024;
    /** Outside of the heap, where the image gives it twice as much. */
    private static final long BRIDGE_BYTES_MAX = 4L << 20;
    private static final Duration PING = Duration.ofSeconds(30);
    private static final int UNACKNOWLEDGED_MAX = 256;

    private final NettyHost host;
    private final SidecarConfig config;
    private final OutboundTcp tcp;
    private final OutboundUdp udp;
    private final MachineLink link;
    private final MeshEnd machine;
    private final Inbound inbound;

    public Sidecar(NettyLoop loop, SidecarConfig config) {
        this.config = config;
        int streams = 2 * config.connectionsMax();
        this.host = new NettyHost(loop, NettyHostConfig.defaults(config.key())
                .withSecurities(Security.NOISE_LOCAL, Security.NOISE)
                .withSwarm(SwarmConfig.defaults().withConnections(1, 2, 4))
                .withYamux(new YamuxConfig(streams, streams, UNACKNOWLEDGED_MAX,
                        YamuxConfig.INITIAL_WINDOW_BYTES, WRITE_BYTES_MAX, PING))
                .withReceiveBytesMax(RECEIVE_BYTES_MAX));
        this.machine = new MeshEnd(host, config);
        BridgeBudget bridges = new BridgeBudget(BRIDGE_BYTES_MAX);
        this.tcp = new OutboundTcp(loop, config, machine, bridges);
        this.udp = new OutboundUdp(loop, config, machine, OutboundUdp.DNS_PORT);
        this.link = new MachineLink(host, config);
        this.inbound = new Inbound(loop, config, machine, bridges);
        loop.execute(() -> new Connecting(host, Protocols.POD_ACCEPT, SidecarConfig.CONNECT)
                .serve(inbound::serve));
    }

    /** Takes the pod's traffic, then tells the machine: the pod may start once it is connected. */
    public CompletableFuture<Void> start() {
        return tcp.bind().thenCompose(bound -> udp.bind())
                .thenRunAsync(link::start, host.loop());
    }

    /** On the sidecar's loop, connected to the machine alone. */
    public Host host() {
        return host;
    }

    /** A sealed stream to the sidecar of a pod of the same set, by the pod's address; on the loop. */
    public CompletableFuture<Carrier> openGroup(InetAddress address) {
        return machine.open(new ConnectRequest(ConnectRequest.Transport.GROUP,
                address.getAddress(), ConnectRequest.NO_PORT));
    }

    /** Takes such streams of others; on the loop. */
    public void onGroup(Consumer<Carrier> taker) {
        inbound.group(taker);
    }

    /**
     * This pod is of a StatefulSet; on the loop.
     *
     * @param lease what others send it gets while that is open
     * @param challenges takes others' streams for challenges
     */
    public void fence(Gate lease, Consumer<Carrier> challenges) {
        machine.fence(lease);
        inbound.challenges(challenges);
    }

    /** Where it takes TCP connections; once started. */
    public int port() {
        return tcp.port();
    }

    @Override
    public void close() {
        host.loop().execute(() -> {
            link.close();
            tcp.close();
            udp.close();
        });
        host.close();
    }

    @Override
    public String toString() {
        return "sidecar of " + config.podAddress().getHostAddress();
    }
}

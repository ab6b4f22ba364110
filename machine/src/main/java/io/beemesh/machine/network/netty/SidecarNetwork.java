package io.beemesh.machine.network.netty;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.BridgeBudget;
import io.beemesh.libp2p.netty.NettyHost;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.NettyHostConfig.Security;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.swarm.ConnectionGater;
import io.beemesh.libp2p.swarm.SwarmConfig;
import io.beemesh.libp2p.yamux.YamuxConfig;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.machine.network.Attachments;
import io.beemesh.machine.network.Attachments.Attachment;
import io.beemesh.machine.network.GateStreams;
import io.beemesh.machine.network.NetworkMeters;
import io.beemesh.machine.network.PodAddresses;
import io.beemesh.machine.network.PodCredentials;
import io.beemesh.machine.network.PodNetwork;
import io.beemesh.machine.network.PodRange;
import io.beemesh.machine.network.PodShares;
import io.beemesh.machine.network.PolicyGate;
import io.beemesh.machine.network.PolicyMap;
import io.beemesh.machine.network.PublishedPorts;
import io.beemesh.machine.network.Relays;
import io.beemesh.machine.network.Router;
import io.beemesh.machine.network.ServiceMap;
import io.beemesh.machine.network.ServiceNames;
import io.beemesh.machine.network.StatefulGroups;
import io.beemesh.machine.network.StatefulGroups.OwnerSet;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.runtime.ContainerSpec.Mount;
import io.beemesh.machine.runtime.RuntimeFailure;
import io.beemesh.machine.runtime.SandboxSpec.PodName;
import io.beemesh.machine.service.ServiceRange;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.MeshId;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.beemesh.protocol.sidecar.Connecting;
import io.beemesh.protocol.sidecar.CredentialCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The machine's end of all sidecars on it: a libp2p host on a unix socket, on a thread of its own, so that
 * the bytes of pods do not hold up the node's decisions. Only sidecars whose key this machine made get in.
 */
public final class SidecarNetwork implements PodNetwork, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SidecarNetwork.class);
    private static final int SIDECARS_MAX = 2000;
    private static final int STREAMS_MAX = 2048;
    private static final int WINDOW_BYTES_MAX = 1 << 20;
    private static final int WRITE_BYTES_MAX = 2 << 20;
    private static final int UNACKNOWLEDGED_MAX = 256;
    /** Outside of the heap, of all sockets of this machine that lead to pods or from them. */
    private static final long BRIDGE_BYTES_MAX = 64L << 20;
    private static final Duration PING = Duration.ofSeconds(30);
    /** As in the kernel's {@code sockaddr_un}, with the zero at its end. */
    private static final int SOCKET_PATH_MAX = 107;

    private final Loop node;
    private final Config config;
    private final PodIdentities identities;
    private final StatefulGroups groups;
    private final Attachments pods = new Attachments();
    private final Set<String> connected = new LinkedHashSet<>();
    private final PodShares shares;
    private final PodAddresses addresses;
    private final ServiceMap services;
    private final PolicyMap policies;
    private final PolicyGate gate;
    private final NettyLoop loop = new NettyLoop("pods");
    private final NetworkMeters meters;
    private final BridgeBudget bridges;
    private final NettyHost host;
    private final MeshId meshId;
    private final SocksListener socks;
    private final PodConnections connections;
    private final PortListeners listeners;
    private final PublishedPorts ports;
    private final List<Consumer<String>> connectionListeners = new ArrayList<>();

    /**
     * Where things are.
     *
     * @param key the machine's
     * @param node its name
     * @param directory of the socket; only sidecars see it
     * @param pods the directory under which the files of pods are kept
     * @param image of the sidecar
     * @param statefulImage of the sidecar of a StatefulSet's pod; empty: as of any pod, and no group
     * @param resolvConf the machine's own
     */
    public record Config(PrivateKey key, String node, Path directory, Path pods, String image,
            String statefulImage, String resolvConf) {}

    /**
     * The other machines.
     *
     * @param gate the node's host, on its loop, where only members are
     * @param certificate this machine's as it is now; from any thread
     * @param members the peer that is a node, if it may be reached; from any thread
     */
    public record Mesh(Host gate, Supplier<MembershipCertificate> certificate,
            Function<String, Optional<PeerId>> members) {}

    /** Its registry and agent are on the loop of {@code mesh}. */
    public SidecarNetwork(Mesh mesh, Registry registry, Config config, SecureRandom random,
            Meters shown) {
        this.node = mesh.gate().loop();
        this.config = config;
        this.meters = NetworkMeters.of(shown);
        this.bridges = new BridgeBudget(BRIDGE_BYTES_MAX, meters.bytes()::add);
        this.identities = new PodIdentities(config.pods(), config.pods().resolveSibling("sets"),
                random);
        this.groups = new StatefulGroups(node, registry, this::removeSet);
        this.shares = new PodShares(node, registry, config.node());
        this.addresses = new PodAddresses(registry, shares, random.nextInt());
        this.services = new ServiceMap(registry);
        this.policies = new PolicyMap(registry);
        this.gate = new PolicyGate(policies, pods);
        this.meshId = mesh.certificate().get().mesh();
        this.host = new NettyHost(loop, NettyHostConfig.defaults(config.key())
                .withSecurities(Security.NOISE_LOCAL, Security.NOISE)
                .withSwarm(SwarmConfig.defaults().withConnections(SIDECARS_MAX, SIDECARS_MAX,
                        SIDECARS_MAX))
                .withYamux(new YamuxConfig(STREAMS_MAX, STREAMS_MAX, UNACKNOWLEDGED_MAX,
                        WINDOW_BYTES_MAX, WRITE_BYTES_MAX, PING))
                .withGater(gater()));
        this.connections = connections(mesh, random);
        this.socks = new SocksListener(loop,
                to -> connections.dial(Transport.TCP, to, ""), bridges, secret(random));
        this.listeners = new PortListeners(loop, connections::dial, bridges,
                PortListeners.CONNECTIONS_MAX, PortFlows.FLOWS_MAX, meters.dropped());
        this.ports = new PublishedPorts(registry, listeners);
    }

    private PodConnections connections(Mesh mesh, SecureRandom random) {
        PodCredentials credentials = new PodCredentials(config.key(), mesh.certificate(),
                loop::wallTime);
        Connecting sidecars = new Connecting(host, Protocols.POD_ACCEPT, PodConnections.ACCEPT);
        Relays relays = new Relays(new GateStreams(mesh.gate(), loop),
                new Relays.Parts(pods, gate, sidecars, credentials,
                        new CredentialCheck(meshId, loop::wallTime), meters, mesh.members()));
        return new PodConnections(host, pods,
                new PodConnections.Ways(
                        new Router(services, pods, config.node(), shares::nodeOf,
                                loop::nanoTime),
                        gate,
                        sidecars, relays,
                        new NameServer(loop, new ServiceNames(services),
                                NameServer.servers(config.resolvConf())),
                        new Egress(loop, bridges), meters),
                credentials, random, config.key());
    }

    private static String secret(SecureRandom random) {
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private ConnectionGater gater() {
        return new ConnectionGater() {
            @Override
            public boolean allowDial(PeerId peer, Multiaddr address) {
                return false;
            }

            @Override
            public boolean allowAccept(Multiaddr remoteAddress) {
                return true;
            }

            @Override
            public boolean allowPeer(PeerId peer, boolean inbound, Multiaddr remoteAddress) {
                return pods.ofPeer(peer).isPresent();
            }
        };
    }

    private Path socket() {
        return config.directory().resolve("pods.sock");
    }

    /** Listens; ends on the pods' loop. */
    public CompletableFuture<Void> start() throws IOException {
        if (socket().toString().length() > SOCKET_PATH_MAX) {
            throw new IOException("the path " + socket() + " has more than " + SOCKET_PATH_MAX
                    + " characters, too long for a socket; use a shorter --data");
        }
        Files.createDirectories(config.directory(), PosixFilePermissions
                .asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.deleteIfExists(socket());
        Map<String, ObjectKey> logs = identities.sets();
        node.execute(() -> {
            services.start();
            policies.start(() -> loop.execute(gate::recheck));
            shares.start();
            ports.start();
            groups.start();
            groups.sweep(logs);
        });
        loop.execute(() -> {
            connections.start();
            new GroupLinks(host, pods, node, groups).start();
            host.onPeerEvent(this::onPeer);
        });
        try {
            return host.listen(List.of(Multiaddr.parse("/unix" + socket().toAbsolutePath())))
                    .thenCompose(bound -> socks.bind());
        } catch (FormatException e) {
            throw new IOException(e);
        }
    }

    private void onPeer(PeerEvent event) {
        boolean up = host.connectedPeers().contains(event.peer());
        pods.ofPeer(event.peer()).ifPresent(pod -> node.execute(() -> {
            boolean changed = up ? connected.add(pod.uid()) : connected.remove(pod.uid());
            if (changed) {
                connectionListeners.forEach(listener -> listener.accept(pod.uid()));
            }
        }));
    }

    /** Sockets from this machine to pods. */
    public PodSockets sockets() {
        return new PodSockets(socks::proxy);
    }

    @Override
    public boolean covers(ApiObject pod) {
        return !pod.tree().path("spec").path("hostNetwork").asBoolean(false)
                && !pod.annotations().getOrDefault(ANNOTATION, "").equals("disabled");
    }

    @Override
    public boolean contains(String address) {
        return PodRange.contains(address);
    }

    @Override
    public String podCidr() {
        return shares.cidr();
    }

    @Override
    public void onPodCidr(Runnable newListener) {
        shares.onOwn(newListener);
    }

    @Override
    public String chooseAddress(String podUid) throws RuntimeFailure {
        return pods.ofUid(podUid).map(Attachment::address)
                .or(() -> addresses.choose(podUid,
                        address -> pods.ofAddress(address).isPresent()))
                .orElseThrow(() -> shares.cidr().isEmpty()
                        ? new RuntimeFailure(RuntimeFailure.Kind.UNREACHABLE,
                                "this node has no share of the pod range yet")
                        : new RuntimeFailure(RuntimeFailure.Kind.REFUSED,
                                "no address of " + shares.cidr() + " is free"));
    }

    @Override
    public CompletableFuture<SidecarFacts> admit(ApiObject pod, String address, String running) {
        CompletableFuture<SidecarFacts> result = new CompletableFuture<>();
        PodName name = new PodName(pod.namespace(), pod.name(), pod.uid());
        String account = pod.tree().path("spec").path("serviceAccountName").asText("");
        Optional<OwnerSet> set = PodIdentities.set(pod, running,
                !config.statefulImage().isEmpty());
        Thread.ofVirtual().name("identity").start(() -> {
            try {
                PodIdentities.Identity identity = identities.of(pod, set);
                node.execute(() -> {
                    pods.put(new Attachment(name, account, identity.key().peerId(), address,
                            set.filter(groups::isVoter).isPresent()));
                    ports.put(pod, address);
                    set.ifPresentOrElse(of -> groups.put(pod, of, identity.key().peerId()),
                            () -> groups.remove(pod.uid()));
                    result.complete(facts(set, identity.mounts(), address));
                });
            } catch (IOException | FormatException e) {
                node.execute(() -> result.completeExceptionally(new RuntimeFailure(
                        RuntimeFailure.Kind.REFUSED, "identity of the pod: " + e.getMessage())));
            }
        });
        return result;
    }

    private SidecarFacts facts(Optional<OwnerSet> set, List<Mount> own, String address) {
        List<Mount> mounts = new ArrayList<>(own);
        mounts.add(new Mount(config.directory().toString(), "/run/beemesh/machine", true, ""));
        return new SidecarFacts(set.isPresent() ? config.statefulImage() : config.image(),
                Map.of("BEEMESH_POD_IP", address, "BEEMESH_MACHINE",
                        config.key().peerId().toString(), "BEEMESH_MESH", meshId.toString(),
                        "BEEMESH_SET", set.map(OwnerSet::name).orElse("")),
                mounts, PodIdentities.place(set));
    }

    @Override
    public boolean isConnected(String podUid) {
        return connected.contains(podUid);
    }

    @Override
    public void onChange(Consumer<String> newListener) {
        connectionListeners.add(newListener);
    }

    @Override
    public void remove(String podUid) {
        connected.remove(podUid);
        ports.remove(podUid);
        groups.remove(podUid);
        pods.remove(podUid).ifPresent(
                pod -> loop.execute(() -> host.disconnect(pod.peer())));
    }

    /** Its pods' containers may still run for a moment: their files have no name any more then. */
    private void removeSet(String setUid) {
        Thread.ofVirtual().name("set").start(() -> {
            try {
                identities.removeSet(setUid);
            } catch (IOException e) {
                LOG.warn("Logs not removed set={} reason=\"{}\"", setUid, e.getMessage());
            }
        });
    }

    @Override
    public List<String> nameServers() {
        return List.of(ServiceRange.DNS_ADDRESS);
    }

    /** Ends all connections of pods on this machine. */
    @Override
    public void close() {
        socks.close();
        listeners.close();
        host.close();
        loop.execute(loop::close);
    }
}

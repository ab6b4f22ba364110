package io.beemesh.libp2p.simulation;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamHandler;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.AddressBook;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.swarm.Dialer;
import io.beemesh.libp2p.swarm.SwarmConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A {@link Host} on a {@link SimulatedNetwork}, without sockets, handshakes and encryption. */
public final class SimulatedHost implements Host {
    private static final Duration IDENTIFIED_LIFE = Duration.ofHours(1);

    final Map<PeerId, SimulatedConnection> connections = new LinkedHashMap<>();
    boolean silent;
    private final SimulatedNetwork network;
    private final SimulatedLoop loop;
    private final PeerId id;
    private final List<Multiaddr> addresses;
    private final AddressBook addressBook;
    private final Dialer<SimulatedConnection> dialer;
    private final Map<ProtocolId, StreamHandler> handlers = new LinkedHashMap<>();
    private final List<Consumer<PeerEvent>> listeners = new ArrayList<>(2);
    private Set<ProtocolId> protocols = Set.of();

    SimulatedHost(SimulatedNetwork network, SimulatedLoop loop, PeerId id, Multiaddr address) {
        this.network = network;
        this.loop = loop;
        this.id = id;
        this.addresses = List.of(address);
        this.addressBook = network.newAddressBook(loop);
        this.dialer = new Dialer<>(loop, SwarmConfig.defaults().dialsMax(),
                SwarmConfig.defaults().dialBackOffMax(),
                peer -> new SimulatedDial(network, this, peer, addressBook.addresses(peer))
                        .start());
    }

    @Override
    public PeerId peerId() {
        return id;
    }

    @Override
    public SimulatedLoop loop() {
        return loop;
    }

    @Override
    public List<Multiaddr> listenAddresses() {
        return addresses;
    }

    @Override
    public AddressBook addressBook() {
        return addressBook;
    }

    /** False after {@link SimulatedNetwork#crash} or {@link SimulatedNetwork#stop}. */
    public boolean isUp() {
        return !loop.isStopped();
    }

    @Override
    public CompletableFuture<Stream> newStream(PeerId peer, List<ProtocolId> wanted) {
        CompletableFuture<Stream> result = new CompletableFuture<>();
        SimulatedConnection connection = connections.get(peer);
        if (connection != null) {
            connection.openStream(this, wanted, result);
            return result;
        }
        connect(peer).whenComplete((done, failure) -> {
            SimulatedConnection dialed = connections.get(peer);
            if (failure != null) {
                result.completeExceptionally(failure);
            } else if (dialed == null) {
                result.completeExceptionally(new Libp2pException("connection was lost"));
            } else {
                dialed.openStream(this, wanted, result);
            }
        });
        return result;
    }

    @Override
    public CompletableFuture<Void> connect(PeerId peer) {
        if (connections.containsKey(peer)) {
            return CompletableFuture.completedFuture(null);
        }
        if (peer.equals(id)) {
            return CompletableFuture.failedFuture(new Libp2pException("is myself"));
        }
        return dialer.dial(peer).thenApply(ignored -> null);
    }

    /** The connection that a dial brings, unless the other side was faster. */
    SimulatedConnection connectionTo(SimulatedHost target) {
        SimulatedConnection there = connections.get(target.id);
        if (there != null) {
            return there;
        }
        SimulatedConnection connection = new SimulatedConnection(network, this, target);
        connection.up();
        return connection;
    }

    void connected(SimulatedConnection connection) {
        PeerId peer = connection.other(this).id;
        if (connections.size() >= network.conditions().connectionsMax()) {
            trim();
        }
        connections.put(peer, connection);
        dialer.forgive(peer);
        // What identify tells, and at the dialer where it dialed.
        addressBook.add(peer, connection.other(this).addresses, IDENTIFIED_LIFE);
        event(new PeerEvent.Connected(peer, connection.dialer != this));
    }

    private void trim() {
        for (SimulatedConnection connection : connections.values()) {
            if (connection.isIdle()) {
                connection.close();
                return;
            }
        }
    }

    void disconnected(SimulatedConnection connection) {
        PeerId peer = connection.other(this).id;
        if (connections.remove(peer, connection)) {
            event(new PeerEvent.Disconnected(peer));
        }
    }

    void event(PeerEvent event) {
        if (!listeners.isEmpty()) {
            loop.run(() -> List.copyOf(listeners).forEach(listener -> listener.accept(event)));
        }
    }

    @Override
    public void disconnect(PeerId peer) {
        SimulatedConnection connection = connections.get(peer);
        if (connection != null) {
            connection.close();
        }
    }

    @Override
    public Set<PeerId> connectedPeers() {
        return Collections.unmodifiableSet(new LinkedHashSet<>(connections.keySet()));
    }

    @Override
    public Set<ProtocolId> protocolsOf(PeerId peer) {
        SimulatedConnection connection = connections.get(peer);
        return connection == null || !connection.isIdentified()
                ? Set.of()
                : connection.other(this).protocols;
    }

    @Override
    public void handle(ProtocolId protocol, StreamHandler handler) {
        handlers.put(protocol, handler);
        protocolsChanged();
    }

    @Override
    public void unhandle(ProtocolId protocol) {
        handlers.remove(protocol);
        protocolsChanged();
    }

    private void protocolsChanged() {
        protocols = Set.copyOf(handlers.keySet());
        for (SimulatedConnection connection : connections.values()) {
            if (connection.isIdentified()) {
                SimulatedHost other = connection.other(this);
                network.simulation().schedule(network.latency(this, other),
                        () -> other.event(new PeerEvent.Identified(id, protocols)));
            }
        }
    }

    /** No connection here is limited. */
    @Override
    public void allowLimited(ProtocolId protocol) {
        // Everything may run everywhere.
    }

    @Override
    public void onPeerEvent(Consumer<PeerEvent> listener) {
        listeners.add(listener);
    }

    Set<ProtocolId> protocols() {
        return protocols;
    }

    @Nullable
    StreamHandler handler(ProtocolId protocol) {
        return handlers.get(protocol);
    }
}

package io.beemesh.libp2p.simulation;

import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One connection between two hosts; both ends in one object. */
final class SimulatedConnection {
    final SimulatedHost dialer;
    final SimulatedHost listener;
    long dialerLatestArrival;
    long listenerLatestArrival;
    private final SimulatedNetwork network;
    private final List<SimulatedStream> streams = new ArrayList<>(2);
    private boolean identified;
    private boolean open = true;

    SimulatedConnection(SimulatedNetwork network, SimulatedHost dialer, SimulatedHost listener) {
        this.network = network;
        this.dialer = dialer;
        this.listener = listener;
    }

    SimulatedHost other(SimulatedHost host) {
        return host == dialer ? listener : dialer;
    }

    boolean isIdentified() {
        return identified;
    }

    boolean isIdle() {
        return streams.isEmpty();
    }

    boolean isOpen() {
        return open;
    }

    boolean isBlocked() {
        return network.isBlocked(dialer, listener) || network.isBlocked(listener, dialer);
    }

    void up() {
        listener.connected(this);
        dialer.connected(this);
        network.simulation().schedule(2 * network.latency(dialer, listener), this::identify);
    }

    private void identify() {
        if (open && !isBlocked()) {
            identified = true;
            listener.event(new PeerEvent.Identified(dialer.peerId(), dialer.protocols()));
            dialer.event(new PeerEvent.Identified(listener.peerId(), listener.protocols()));
        }
    }

    void openStream(SimulatedHost from, List<ProtocolId> protocols,
            CompletableFuture<Stream> result) {
        if (!open) {
            result.completeExceptionally(new Libp2pException("connection is closed"));
            return;
        }
        SimulatedHost to = other(from);
        if (identified) {
            negotiate(from, to, protocols, result);
        } else {
            long roundTrip = network.latencyWithLoss(from, to) + network.latency(to, from);
            network.simulation().schedule(roundTrip, () -> from.loop().run(() -> {
                if (open) {
                    negotiate(from, to, protocols, result);
                } else {
                    result.completeExceptionally(new Libp2pException("connection was lost"));
                }
            }));
        }
    }

    private void negotiate(SimulatedHost from, SimulatedHost to, List<ProtocolId> protocols,
            CompletableFuture<Stream> result) {
        for (ProtocolId protocol : protocols) {
            if (to.protocols().contains(protocol)) {
                network.counters().streams++;
                SimulatedStream near = new SimulatedStream(this, from, protocol, false);
                SimulatedStream far = new SimulatedStream(this, to, protocol, true);
                near.peer = far;
                far.peer = near;
                add(near);
                add(far);
                result.complete(near);
                near.transmitOpen();
                return;
            }
        }
        network.counters().streamsRefused++;
        result.completeExceptionally(new Libp2pException("peer speaks none of " + protocols));
    }

    private void add(SimulatedStream stream) {
        stream.index = streams.size();
        streams.add(stream);
    }

    void remove(SimulatedStream stream) {
        if (stream.index >= 0) {
            SimulatedStream last = streams.removeLast();
            if (last != stream) {
                streams.set(stream.index, last);
                last.index = stream.index;
            }
            stream.index = -1;
        }
    }

    SimulatedNetwork network() {
        return network;
    }

    void loseIfBlocked() {
        if (open && isBlocked()) {
            lose();
        }
    }

    void lose() {
        if (open) {
            network.counters().connectionsLost++;
            close();
        }
    }

    /** Ends the connection for both sides at once. */
    void close() {
        if (!open) {
            return;
        }
        open = false;
        for (SimulatedStream stream : List.copyOf(streams)) {
            stream.lost("connection was lost");
        }
        dialer.disconnected(this);
        listener.disconnected(this);
    }
}

package io.beemesh.libp2p.simulation;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.AddressBook;
import io.beemesh.libp2p.peer.BoundedAddressBook;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The network between {@link SimulatedHost}s, with seeded latency, loss, reordering, partitions and
 * crashes; it counts each.
 *
 * <p>The model. A pair of hosts has one latency, a write adds jitter. Within a stream bytes arrive in
 * order and none is missing, as {@link io.beemesh.libp2p.Stream} promises; streams of one connection are
 * independent, as in QUIC, so they overtake each other. A lost write is either <i>delayed</i> by a
 * retransmission timeout (200 ms or two round trips, doubling for each further loss), or <i>broken</i>:
 * it never arrives and both ends of the stream see a reset. A dial costs three round trips and can be
 * delayed or broken alike. A partition stops each direction on its own: writes wait, dials time out,
 * connections are lost after {@link NetworkConditions#silenceTimeout}. A crashed host falls silent, a
 * stopped one resets its connections and refuses dials. Bandwidth and CPU are not modelled.
 */
public final class SimulatedNetwork {
    private static final long RETRANSMISSION_NANOS_MIN = 200_000_000;
    private static final int RETRANSMISSIONS_MAX = 8;
    private static final int ADDRESS_BYTES = 8;

    private final Simulation simulation;
    private final RandomGenerator random;
    private final long salt;
    private final NetworkCounters counters = new NetworkCounters();
    private final Map<PeerId, SimulatedHost> hosts = new HashMap<>();

    /** By the number in their address, see {@link #nextAddress}. */
    private final List<SimulatedHost> byAddress = new ArrayList<>();

    private final List<SimulatedStream> stalled = new ArrayList<>();
    private NetworkConditions conditions;
    private boolean realBooks;
    private BiPredicate<SimulatedHost, SimulatedHost> blocked = (from, to) -> false;

    public SimulatedNetwork(Simulation simulation, NetworkConditions conditions) {
        this.simulation = simulation;
        this.random = simulation.newRandom();
        this.salt = random.nextLong();
        this.conditions = conditions;
    }

    /** Hosts that are made from now on have the address books of real ones, which take more memory. */
    public SimulatedNetwork withRealBooks() {
        realBooks = true;
        return this;
    }

    AddressBook newAddressBook(SimulatedLoop loop) {
        return realBooks
                ? new BoundedAddressBook(loop::nanoTime)
                : new SimulatedAddressBook(this, loop);
    }

    /** A host with an identity from the seed, which nobody can sign for. */
    public SimulatedHost newHost() {
        byte[] bytes = new byte[38];
        random.nextBytes(bytes);
        ByteBuffer.wrap(bytes).putShort((short) 0x0024).putInt(0x08011220);
        try {
            return newHost(PeerId.fromBytes(bytes));
        } catch (FormatException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A host with the given identity; one with the same identity that ran before must have crashed. */
    public SimulatedHost newHost(PeerId id) {
        SimulatedHost before = hosts.get(id);
        if (before != null && before.isUp()) {
            throw new IllegalStateException("a host with this identity is up already");
        }
        Multiaddr address = before == null ? nextAddress() : before.listenAddresses().getFirst();
        SimulatedHost host = new SimulatedHost(this, simulation.newLoop(), id, address);
        hosts.put(id, host);
        if (before == null) {
            byAddress.add(host);
        } else {
            byAddress.set(byAddress.indexOf(before), host);
        }
        return host;
    }

    private Multiaddr nextAddress() {
        int n = byAddress.size();
        byte[] bytes = {4, 10, (byte) (n >> 16), (byte) (n >> 8), (byte) n, 6, 0x0f, (byte) 0xa1};
        try {
            return Multiaddr.fromBytes(bytes);
        } catch (FormatException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What has happened so far; live. */
    public NetworkCounters counters() {
        return counters;
    }

    public NetworkConditions conditions() {
        return conditions;
    }

    /** Changes loss and latency from now on. */
    public void conditions(NetworkConditions newConditions) {
        conditions = newConditions;
    }

    /** Stops all traffic for which {@code newBlocked} (from, to) holds, until {@link #heal}. */
    public void partition(BiPredicate<SimulatedHost, SimulatedHost> newBlocked) {
        blocked = newBlocked;
        List<SimulatedHost> all = new ArrayList<>(byAddress);
        all.sort((a, b) -> a.peerId().compareTo(b.peerId()));
        for (SimulatedHost host : all) {
            for (SimulatedConnection connection : List.copyOf(host.connections.values())) {
                if (connection.dialer == host && connection.isBlocked()) {
                    simulation.schedule(conditions.silenceTimeout().toNanos(),
                            connection::loseIfBlocked);
                }
            }
        }
    }

    /** Ends the partition; what waited is sent. */
    public void heal() {
        blocked = (from, to) -> false;
        List<SimulatedStream> waiting = List.copyOf(stalled);
        stalled.clear();
        waiting.forEach(SimulatedStream::resume);
    }

    /** The machine is gone without a word: others notice by silence. */
    public void crash(SimulatedHost host) {
        end(host, conditions.silenceTimeout().toNanos());
        host.silent = true;
    }

    /** The process is gone: its machine resets connections and refuses dials. */
    public void stop(SimulatedHost host) {
        end(host, 0);
    }

    private void end(SimulatedHost host, long noticedAfterNanos) {
        counters.crashes++;
        host.loop().stop();
        for (SimulatedConnection connection : List.copyOf(host.connections.values())) {
            SimulatedHost other = connection.other(host);
            long delay = noticedAfterNanos == 0 ? latency(host, other) : noticedAfterNanos;
            simulation.schedule(delay, connection::lose);
        }
    }

    Simulation simulation() {
        return simulation;
    }

    @Nullable
    SimulatedHost at(Multiaddr address) {
        byte[] bytes = address.toBytes();
        if (bytes.length != ADDRESS_BYTES) {
            return null;
        }
        int n = (bytes[2] & 0xff) << 16 | (bytes[3] & 0xff) << 8 | (bytes[4] & 0xff);
        SimulatedHost host = n < byAddress.size() ? byAddress.get(n) : null;
        return host != null && host.listenAddresses().getFirst().equals(address) ? host : null;
    }

    boolean isBlocked(SimulatedHost from, SimulatedHost to) {
        return blocked.test(from, to);
    }

    void stall(SimulatedStream stream) {
        counters.blocked++;
        stalled.add(stream);
    }

    /** True if the next write is one of those that are lost for good. */
    boolean breaks() {
        if (conditions.broken() > 0 && random.nextDouble() < conditions.broken()) {
            counters.broken++;
            return true;
        }
        return false;
    }

    /** One way from a host to another, this time. */
    long latency(SimulatedHost from, SimulatedHost to) {
        long base = baseLatency(from, to);
        long jitter = conditions.jitter().toNanos();
        return jitter == 0 ? base : base + random.nextLong(jitter);
    }

    /** The same and what retransmissions cost. */
    long latencyWithLoss(SimulatedHost from, SimulatedHost to) {
        long latency = latency(from, to);
        counters.sendings++;
        if (conditions.delayed() > 0) {
            long timeout = Math.max(RETRANSMISSION_NANOS_MIN, 4 * latency);
            for (int i = 0; i < RETRANSMISSIONS_MAX
                    && random.nextDouble() < conditions.delayed(); i++) {
                counters.delayed++;
                counters.sendings++;
                latency += timeout;
                timeout *= 2;
            }
        }
        counters.latencyNanos += latency;
        return latency;
    }

    private long baseLatency(SimulatedHost a, SimulatedHost b) {
        long min = conditions.latencyMin().toNanos();
        long spread = conditions.latencyMax().toNanos() - min;
        if (spread == 0) {
            return min;
        }
        long mixed = salt
                ^ ((long) a.peerId().hashCode() + b.peerId().hashCode()) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
        return min + ((mixed ^ (mixed >>> 29)) >>> 1) % spread;
    }
}

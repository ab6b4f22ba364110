package io.beemesh.libp2p.simulation;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.multiformats.AddressProtocol;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.noise.ChaChaPoly;
import io.beemesh.libp2p.noise.NoiseIdentity;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.relay.RelayClient;
import io.beemesh.libp2p.swarm.AddressSource;
import io.beemesh.libp2p.swarm.ConnectionGater;
import io.beemesh.libp2p.swarm.Swarm;
import io.beemesh.libp2p.swarm.SwarmConfig;
import io.beemesh.libp2p.swarm.Transport;
import io.beemesh.libp2p.upgrade.ConnectionUpgrade;
import io.beemesh.libp2p.upgrade.NoiseSecurity;
import io.beemesh.libp2p.upgrade.UpgradeBuffers;
import io.beemesh.libp2p.upgrade.UpgradeContext;
import io.beemesh.libp2p.yamux.ReceiveBudget;
import io.beemesh.libp2p.yamux.YamuxConfig;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** A whole host but for the sockets: swarm, upgrade, relay client, on a {@link LinkNetwork}. */
public final class LinkHost {
    final SimulatedLoop loop;
    final Swarm swarm;
    final UpgradeContext context;
    final Multiaddr outer;
    final Set<Multiaddr> sentTo = new HashSet<>();
    long sentBytes;
    private final LinkNetwork network;
    private final Multiaddr inner;
    private final PrivateKey key;
    private final RelayClient relayClient;

    LinkHost(LinkNetwork network, Multiaddr inner, Multiaddr outer, RandomGenerator random) {
        this.network = network;
        this.inner = inner;
        this.outer = outer;
        this.loop = network.simulation.newLoop();
        byte[] seed = new byte[PrivateKey.SEED_BYTES];
        random.nextBytes(seed);
        this.key = PrivateKey.fromSeed(seed);
        this.context = new UpgradeContext(loop,
                List.of(new NoiseSecurity(new NoiseIdentity(key,
                        List.of(ConnectionUpgrade.YAMUX.name()), new SecureRandom()))),
                new UpgradeBuffers(new ChaChaPoly()), YamuxConfig.defaults(),
                ReceiveBudget.defaults(),
                Duration.ofSeconds(10));
        this.swarm = new Swarm(loop, key, SwarmConfig.defaults().withPortReuse(true),
                ConnectionGater.open());
        this.relayClient = new RelayClient(swarm, context,
                addresses -> swarm.announce(AddressSource.RELAY, addresses), swarm::onConnection);
        loop.run(() -> {
            swarm.listenAddresses(List.of(inner));
            swarm.addTransport(new LinkTransport());
            swarm.addTransport(relayClient.transport());
            relayClient.start();
        });
    }

    boolean isNatted() {
        return !inner.equals(outer);
    }

    public Swarm swarm() {
        return swarm;
    }

    public SimulatedLoop loop() {
        return loop;
    }

    public RelayClient relayClient() {
        return relayClient;
    }

    public PrivateKey key() {
        return key;
    }

    public PeerId id() {
        return swarm.peerId();
    }

    /** Where others see it. */
    public Multiaddr outer() {
        return outer;
    }

    /** Bytes that it has sent, handshakes included. */
    public long sentBytes() {
        return sentBytes;
    }

    /** Learns where another host is. */
    public void know(LinkHost other) {
        know(other.id(), other.outer);
    }

    public void know(PeerId peer, Multiaddr address) {
        loop.run(() -> swarm.addressBook().add(peer, List.of(address), Duration.ofHours(10)));
    }

    /** Begins on the loop, lets time pass until the end, and returns the result or throws. */
    public <T> T get(Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> result = start(call);
        network.simulation.runUntil(result::isDone, Duration.ofMinutes(5));
        return result.join();
    }

    /** Begins on the loop. */
    public <T> CompletableFuture<T> start(Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.run(() -> call.get().whenComplete((value, failure) -> {
            if (failure == null) {
                result.complete(value);
            } else {
                result.completeExceptionally(failure);
            }
        }));
        return result;
    }

    /** Dials outer addresses. */
    private final class LinkTransport implements Transport {
        @Override
        public boolean canDial(Multiaddr address) {
            return address.startsWith(AddressProtocol.IP4, AddressProtocol.TCP)
                    && address.parts().size() == 2;
        }

        @Override
        public CompletableFuture<Connection> dial(Multiaddr address, PeerId peer) {
            return network.dial(LinkHost.this, address, peer);
        }

        @Override
        public CompletableFuture<Connection> probe(Multiaddr address, PeerId peer) {
            return network.probe(LinkHost.this, address, peer);
        }

        @Override
        public CompletableFuture<Connection> punch(Multiaddr address, PeerId peer,
                boolean asDialer) {
            return network.punch(LinkHost.this, address, peer, asDialer);
        }
    }
}

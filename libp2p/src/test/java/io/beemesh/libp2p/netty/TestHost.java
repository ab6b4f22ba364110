package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.PeerEvent;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.relay.RelayConfig;
import io.beemesh.libp2p.relay.RelayService;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** A real host on a loop of its own, driven from the test's thread with bounded waits. */
public final class TestHost implements AutoCloseable {
    private static final long LIMIT_SECONDS = 60;

    private final NettyLoop loop;
    private final NettyHost host;
    private final PrivateKey key;
    private final Set<ProtocolId> none = Set.of();
    private final ConcurrentHashMap<PeerId, Set<ProtocolId>> identified = new ConcurrentHashMap<>();

    private TestHost(NettyLoop loop, NettyHost host, PrivateKey key) {
        this.loop = loop;
        this.host = host;
        this.key = key;
    }

    /** A host that listens on loopback and serves echo. */
    public static TestHost start() {
        return start(config -> config, "/ip4/127.0.0.1/tcp/0");
    }

    /** A host with a changed configuration that listens on {@code address}. */
    public static TestHost start(UnaryOperator<NettyHostConfig> change, String address) {
        return start(NettySockets.nio(), change, address);
    }

    /** The same on sockets of these kinds. */
    public static TestHost start(NettySockets sockets, UnaryOperator<NettyHostConfig> change,
            String address) {
        NettyLoop loop = new NettyLoop("test-loop", sockets);
        NettyHostConfig config = change
                .apply(NettyHostConfig.defaults(PrivateKey.generate(new SecureRandom())));
        return start(loop, new NettyHost(loop, config), config.key(), address);
    }

    /** A host that agrees on the muxer by multistream, as rust does. */
    public static TestHost startWithoutEarlyMuxer(Wire wire) {
        NettyLoop loop = new NettyLoop("test-loop");
        PrivateKey key = PrivateKey.generate(new SecureRandom());
        NettyHost host = new NettyHost(loop, wire.only(NettyHostConfig.defaults(key)), List.of());
        return start(loop, host, key, wire.listen("/ip4/127.0.0.1"));
    }

    private static TestHost start(NettyLoop loop, NettyHost host, PrivateKey key,
            String address) {
        TestHost test = new TestHost(loop, host, key);
        test.onLoop(() -> {
            test.host.onPeerEvent(event -> {
                if (event instanceof PeerEvent.Identified it) {
                    test.identified.put(it.peer(), it.protocols());
                }
            });
            Echo.serve(test.host);
            return true;
        });
        test.await(test.host.listen(List.of(parse(address))));
        return test;
    }

    public NettyHost host() {
        return host;
    }

    public NettyLoop loop() {
        return loop;
    }

    /** A relay service on this host, not started. */
    public RelayService relayService(RelayConfig config) {
        return new RelayService(host, key, config, host.swarm()::protect);
    }

    public PeerId id() {
        return host.peerId();
    }

    /** How many tasks of the loop threw. */
    public long failures() {
        return loop.failures();
    }

    /** The first address with the peer id at its end. */
    public String address() {
        return onLoop(() -> host.listenAddresses().getFirst()) + "/p2p/" + id();
    }

    /** Learns where {@code peer} is. */
    public void know(PeerId peer, String address) {
        onLoop(() -> {
            host.addressBook().add(peer, List.of(parse(address)), Duration.ofHours(1));
            return true;
        });
    }

    /** Learns an address that ends in {@code /p2p/...}; gives the peer. */
    public PeerId know(String address) {
        try {
            PeerId peer = PeerId.in(parse(address)).orElseThrow();
            know(peer, address);
            return peer;
        } catch (FormatException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** The protocols that the peer named, once it did. */
    public Set<ProtocolId> identified(PeerId peer) {
        until(() -> identified.containsKey(peer));
        return identified.getOrDefault(peer, none);
    }

    /** Runs {@code call} on the loop and waits for its result. */
    public <T> T onLoop(Callable<T> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                result.complete(call.call());
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        return await(result);
    }

    /** Runs {@code call} on the loop and waits for the end of what it began. */
    public <T> T get(Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.execute(() -> call.get().whenComplete((value, failure) -> {
            if (failure == null) {
                result.complete(value);
            } else {
                result.completeExceptionally(failure);
            }
        }));
        return await(result);
    }

    /** Waits for {@code future}, at most a minute. */
    public <T> T await(CompletableFuture<T> future) {
        try {
            return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Waits until {@code condition}, asked on the loop, holds, at most a minute. */
    public void until(BooleanSupplier condition) {
        CompletableFuture<Boolean> met = new CompletableFuture<>();
        poll(condition, met);
        await(met);
    }

    private void poll(BooleanSupplier condition, CompletableFuture<Boolean> met) {
        loop.execute(() -> {
            if (condition.getAsBoolean()) {
                met.complete(true);
            } else {
                var ignored = loop.schedule(Duration.ofMillis(5), () -> poll(condition, met));
            }
        });
    }

    public static Multiaddr parse(String address) {
        try {
            return Multiaddr.parse(address);
        } catch (FormatException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public void close() {
        host.close();
        loop.close();
    }
}

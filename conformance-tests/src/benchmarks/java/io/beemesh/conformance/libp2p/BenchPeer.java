package io.beemesh.conformance.libp2p;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.NettyHost;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.NettyHostConfig.Security;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.netty.NettySockets;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.pubsub.GossipsubConfig;
import io.beemesh.libp2p.pubsub.MessageValidator;
import io.beemesh.libp2p.pubsub.Pubsub;
import io.beemesh.libp2p.quic.QuicConfig;
import io.beemesh.libp2p.swarm.SwarmConfig;
import io.netty.util.internal.PlatformDependent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** A peer of ours under load in a process of its own, driven by the same JSON lines as the go peer. */
final class BenchPeer {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int GOSSIP_WINDOW = 16;

    private final NettyLoop loop = new NettyLoop("bench-loop",
            NettySockets.fastest());
    private final List<String> options;
    private final NettyHost host;
    private final Pubsub pubsub;
    private final List<NettyHost> held = new ArrayList<>();

    /** Of {@link #held}, from the first. */
    private int connected;

    private boolean gossiping;
    private Runnable onWindow = () -> {
    };

    private BenchPeer(List<String> options) {
        this.options = options;
        PrivateKey key = PrivateKey.generate(new SecureRandom());
        host = newHost(key);
        pubsub = new Pubsub(host, new SplittableRandom(), key, GossipsubConfig.defaults());
    }

    public static void main(String[] args) throws IOException {
        BenchPeer peer = new BenchPeer(Arrays.asList(args));
        peer.loop.execute(() -> {
            BenchProtocols.serve(peer.host);
            peer.pubsub.start();
        });
        List<Multiaddr> addresses = peer.host.listen(List.of(parse(peer.option("--listen")
                .orElse("/ip4/127.0.0.1/tcp/0")))).join();
        ObjectNode ready = JSON.createObjectNode().put("event", "ready")
                .put("peerId", peer.host.peerId().toString());
        addresses.forEach(it -> ready.withArray("addrs").add(it + "/p2p/" + peer.host.peerId()));
        print(ready);
        BufferedReader input = new BufferedReader(
                new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            JsonNode command = JSON.readTree(line);
            peer.loop.execute(() -> peer.answer(command));
        }
        System.exit(0);
    }

    private static synchronized void print(JsonNode message) {
        System.out.println(message);
    }

    private Optional<String> option(String name) {
        int at = options.indexOf(name);
        return at < 0 ? Optional.empty() : Optional.of(options.get(at + 1));
    }

    private static Multiaddr parse(String address) {
        try {
            return Multiaddr.parse(address);
        } catch (FormatException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private NettyHost newHost(PrivateKey key) {
        NettyHostConfig config = NettyHostConfig.defaults(key)
                .withSwarm(SwarmConfig.defaults().withConnections(5000, 5000, 6000));
        return new NettyHost(loop, switch (option("--wire").orElse("noise")) {
            case "tls" -> config.withSecurities(Security.TLS);
            case "quic" -> config.withQuic(QuicConfig.defaults());
            default -> config;
        });
    }

    private void answer(JsonNode command) {
        ObjectNode reply = JSON.createObjectNode().put("id", command.path("id").asInt());
        long started = System.nanoTime();
        run(command, reply).whenComplete((count, failure) -> {
            reply.put("ok", failure == null);
            if (failure == null) {
                reply.put("count", count).put("nanos", System.nanoTime() - started);
            } else {
                reply.put("error", failure.toString());
            }
            print(reply);
        });
    }

    private CompletableFuture<Long> run(JsonNode command, ObjectNode reply) {
        long end = System.nanoTime()
                + Duration.ofMillis(command.path("durationMs").asLong()).toNanos();
        BooleanSupplier over = () -> System.nanoTime() > end;
        int size = Math.max(1, command.path("size").asInt());
        return switch (command.path("cmd").asText()) {
            case "bench-send" -> workers(command,
                    () -> BenchProtocols.send(host, know(host, command), over));
            case "bench-request" -> {
                PeerId peer = know(host, command);
                yield workers(command,
                        () -> repeat(() -> BenchProtocols.request(host, peer, size), over));
            }
            case "bench-dial" -> workers(command, () -> {
                NettyHost client = newHost(PrivateKey.generate(new SecureRandom()));
                PeerId peer = know(client, command);
                return later(() -> repeat(() -> dial(client, peer), over))
                        .whenComplete((count, failure) -> client.close());
            });
            case "bench-hosts" -> hosts(command.path("count").asInt(), reply.putArray("addrs"));
            case "bench-join" -> join(command, 0);
            case "bench-hold" -> hold(command, command.path("count").asInt());
            case "bench-release" -> {
                held.forEach(NettyHost::close);
                held.clear();
                connected = 0;
                yield CompletableFuture.completedFuture(0L);
            }
            case "bench-gossip" -> gossip(know(host, command), size, over);
            case "bench-subscribe" -> subscribe();
            case "usage" -> usage(command, reply);
            default -> CompletableFuture.failedFuture(
                    new IllegalArgumentException("unknown command " + command));
        };
    }

    private static PeerId know(NettyHost host, JsonNode command) {
        return know(host, command.path("addr").asText());
    }

    private static PeerId know(NettyHost host, String text) {
        try {
            Multiaddr address = parse(text);
            PeerId peer = PeerId.in(address).orElseThrow();
            host.addressBook().add(peer, List.of(address), Duration.ofHours(1));
            return peer;
        } catch (FormatException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Begins once the tasks that wait on the loop have run. */
    private <T> CompletableFuture<T> later(Supplier<CompletableFuture<T>> call) {
        CompletableFuture<Void> turn = new CompletableFuture<>();
        loop.execute(() -> turn.complete(null));
        return turn.thenCompose(ignored -> call.get());
    }

    private static CompletableFuture<Long> workers(JsonNode command,
            Supplier<CompletableFuture<Long>> worker) {
        CompletableFuture<Long> sum = CompletableFuture.completedFuture(0L);
        for (int i = Math.max(1, command.path("streams").asInt()); i > 0; i--) {
            sum = sum.thenCombine(worker.get(), Long::sum);
        }
        return sum;
    }

    /** One call after the other until {@code over}; gives how many there were. */
    private static CompletableFuture<Long> repeat(Supplier<CompletableFuture<Void>> call,
            BooleanSupplier over) {
        CompletableFuture<Long> result = new CompletableFuture<>();
        repeat(call, over, 0, result);
        return result;
    }

    private static void repeat(Supplier<CompletableFuture<Void>> call, BooleanSupplier over,
            long count, CompletableFuture<Long> result) {
        if (over.getAsBoolean()) {
            result.complete(count);
            return;
        }
        call.get().whenComplete((ignored, failure) -> {
            if (failure == null) {
                repeat(call, over, count + 1, result);
            } else {
                result.completeExceptionally(failure);
            }
        });
    }

    private CompletableFuture<Void> dial(NettyHost client, PeerId peer) {
        return client.connect(peer).thenCompose(ignored -> BenchProtocols.request(client, peer, 1))
                .thenCompose(ignored -> {
                    client.disconnect(peer);
                    return later(() -> CompletableFuture.<Void>completedFuture(null));
                });
    }

    /** More hosts, not connected, that listen. */
    private CompletableFuture<Long> hosts(int left, ArrayNode addresses) {
        if (left == 0) {
            return CompletableFuture.completedFuture(0L);
        }
        NettyHost made = newHost(PrivateKey.generate(new SecureRandom()));
        held.add(made);
        BenchProtocols.serve(made);
        return made.listen(List.of(parse(option("--listen").orElse("/ip4/127.0.0.1/tcp/0"))))
                .thenCompose(at -> {
                    addresses.add(at.getFirst() + "/p2p/" + made.peerId());
                    return later(() -> hosts(left - 1, addresses));
                });
    }

    /** Connects this host to each of the addresses. */
    private CompletableFuture<Long> join(JsonNode command, int next) {
        JsonNode address = command.path("addrs").path(next);
        return address.isMissingNode()
                ? CompletableFuture.completedFuture(0L)
                : connect(host, command, address.asText())
                        .thenCompose(ignored -> later(() -> join(command, next + 1)));
    }

    private static CompletableFuture<Void> connect(NettyHost from, JsonNode command,
            String address) {
        PeerId peer = know(from, address);
        CompletableFuture<Void> all = from.connect(peer);
        for (int i = command.path("streams").asInt(); i > 0; i--) {
            all = all.thenCompose(ignored -> BenchProtocols.rest(from, peer));
        }
        return all;
    }

    private CompletableFuture<Long> hold(JsonNode command, int left) {
        if (left == 0) {
            return CompletableFuture.completedFuture(0L);
        }
        NettyHost client = held.get(connected++);
        return later(() -> connect(client, command, command.path("addr").asText())
                .thenCompose(ignored -> hold(command, left - 1)));
    }

    private CompletableFuture<Long> subscribe() {
        AtomicLong count = new AtomicLong();
        var load = pubsub.subscribe("load", message -> {
            if (count.incrementAndGet() % GOSSIP_WINDOW == 0) {
                var ignored = pubsub.publish("window", Long.toString(count.get())
                        .getBytes(StandardCharsets.UTF_8));
            }
        }, (message, source) -> MessageValidator.Verdict.ACCEPT);
        var window = pubsub.subscribe("window", message -> {
        }, (message, source) -> MessageValidator.Verdict.ACCEPT);
        return CompletableFuture.completedFuture(load.equals(window) ? 0L : 2L);
    }

    private CompletableFuture<Long> gossip(PeerId peer, int size, BooleanSupplier over) {
        SecureRandom random = new SecureRandom();
        AtomicLong count = new AtomicLong();
        CompletableFuture<Long> result = new CompletableFuture<>();
        Loop.Timer[] limit = {() -> {
        }};
        Runnable[] publish = new Runnable[1];
        publish[0] = () -> {
            for (int i = 0; i < GOSSIP_WINDOW; i++) {
                byte[] data = new byte[size];
                random.nextBytes(data);
                var ignored = pubsub.publish("load", data);
            }
            // Gossip may lose a message: then the window is not answered, and does not count.
            limit[0] = loop.schedule(Duration.ofSeconds(1), publish[0]);
        };
        onWindow = () -> {
            limit[0].cancel();
            count.addAndGet(GOSSIP_WINDOW);
            if (over.getAsBoolean()) {
                onWindow = () -> {
                };
                result.complete(count.get());
            } else {
                loop.execute(publish[0]);
            }
        };
        // Kept for all rounds: who leaves a topic is not taken into its mesh again for a while.
        if (!gossiping) {
            gossiping = true;
            var ignored = pubsub.subscribe("window", message -> onWindow.run(),
                    (message, source) -> MessageValidator.Verdict.ACCEPT);
        }
        host.connect(peer).thenRun(() -> whenSubscribed(publish[0]));
        return result;
    }

    private void whenSubscribed(Runnable then) {
        if (pubsub.subscribers("load").isEmpty() || pubsub.subscribers("window").isEmpty()) {
            var ignored = loop.schedule(Duration.ofMillis(1), () -> whenSubscribed(then));
        } else {
            then.run();
        }
    }

    private CompletableFuture<Long> usage(JsonNode command, ObjectNode reply) {
        if (command.path("count").asInt() > 0) {
            System.gc();
        }
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        reply.put("memoryBytes", heap + PlatformDependent.usedDirectMemory());
        reply.put("connections", host.swarm().connectionCount());
        reply.put("cpuNanos", ((OperatingSystemMXBean) ManagementFactory
                .getOperatingSystemMXBean()).getProcessCpuTime());
        return CompletableFuture.completedFuture(0L);
    }
}

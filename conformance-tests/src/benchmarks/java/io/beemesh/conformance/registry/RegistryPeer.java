package io.beemesh.conformance.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.netty.NettyHost;
import io.beemesh.libp2p.netty.NettyHostConfig;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.swarm.SwarmConfig;
import io.beemesh.machine.disk.MvStoreStorage;
import io.beemesh.machine.membership.Members;
import io.beemesh.machine.registry.NodeRegistry;
import io.beemesh.machine.registry.RegistryConfig;
import io.beemesh.machine.registry.SlotHomes;
import io.beemesh.machine.registry.link.RegistryLinks;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/**
 * One node's registry in a process of its own, on its real links and disk and with no API before it; the
 * members are known from the start. Driven by the same JSON lines as the Go program.
 *
 * <p>Arguments: {@code --self N}, {@code --ports A,B,C} of all, {@code --data DIRECTORY}.
 */
final class RegistryPeer {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Known from the start, and never suspected: replicas find out by themselves who leads. */
    private record Fixed(PeerId self, List<PeerId> everyone, boolean isNew) implements Members {
        @Override
        public List<PeerId> closest(byte[] key, int count) {
            return everyone.stream().limit(count).toList();
        }

        @Override
        public boolean isMember(PeerId peer) {
            return everyone.contains(peer);
        }

        @Override
        public boolean isAlive(PeerId peer) {
            return true;
        }

        @Override
        public void onChange(Runnable listener) {
            // Never.
        }
    }

    private final NettyLoop loop = new NettyLoop("registry");
    private final NodeRegistry registry;
    private final RegistryLoad load;

    private RegistryPeer(int self, List<Integer> ports, Path data) throws IOException {
        boolean isNew = !Files.exists(data);
        List<PeerId> all = new ArrayList<>();
        for (int i = 0; i < ports.size(); i++) {
            all.add(key(i).peerId());
        }
        Members members = new Fixed(all.get(self), all.stream().sorted().toList(), isNew);
        NettyHost host = new NettyHost(loop, NettyHostConfig.defaults(key(self)).withSwarm(
                SwarmConfig.defaults().withDialBackOffMax(Duration.ofSeconds(2))));
        for (int i = 0; i < ports.size(); i++) {
            host.addressBook().add(all.get(i), List.of(address(ports.get(i))),
                    Duration.ofDays(1));
        }
        RegistryLinks links = new RegistryLinks(host, members);
        registry = NodeRegistry.open(loop, members, SlotHomes.NONE, links, new SplittableRandom(),
                MvStoreStorage.open(data, loop, !isNew), RegistryConfig.defaults());
        CompletableFuture.runAsync(() -> links.start(new Receiving(registry)), loop).join();
        var listening = host.listen(List.of(address(ports.get(self)))).join();
        assert !listening.isEmpty();
        load = new RegistryLoad(registry, loop, members.self());
    }

    /** Brings the registry what its links carry. */
    private record Receiving(NodeRegistry registry) implements RegistryLinks.Receiver {
        @Override
        public void onMessage(PeerId from, RegistryMessage message) throws RegistryException {
            registry.onMessage(from, message);
        }

        @Override
        public void onConnected(PeerId peer) {
            registry.onConnected(peer);
        }
    }

    private static PrivateKey key(int member) {
        byte[] seed = new byte[PrivateKey.SEED_BYTES];
        Arrays.fill(seed, (byte) (member + 1));
        return PrivateKey.fromSeed(seed);
    }

    private static Multiaddr address(int port) {
        try {
            return Multiaddr.parse("/ip4/127.0.0.1/tcp/" + port);
        } catch (FormatException e) {
            throw new IllegalArgumentException(e);
        }
    }

    public static void main(String[] args) throws IOException {
        List<String> options = Arrays.asList(args);
        List<Integer> ports = Arrays.stream(option(options, "--ports").split(",", -1))
                .map(Integer::valueOf).toList();
        RegistryPeer peer = new RegistryPeer(Integer.parseInt(option(options, "--self")), ports,
                Path.of(option(options, "--data")));
        CompletableFuture<Void> started = peer.registry.start();
        print(JSON.createObjectNode().put("event", "ready")
                .put("pid", ProcessHandle.current().pid()));
        Executor threads = Executors.newVirtualThreadPerTaskExecutor();
        BufferedReader input = new BufferedReader(
                new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            JsonNode command = JSON.readTree(line);
            var ignored = started
                    .thenRunAsync(() -> peer.answer(command), threads);
        }
        System.exit(0);
    }

    private static String option(List<String> options, String name) {
        return options.get(options.indexOf(name) + 1);
    }

    private static synchronized void print(JsonNode message) {
        System.out.println(message);
    }

    private void answer(JsonNode command) {
        ObjectNode reply = JSON.createObjectNode();
        try {
            switch (command.path("cmd").asText()) {
                case "write" -> load.write(command, reply);
                case "watch" -> load.watch();
                case "watched" -> load.watched(reply);
                case "takeover" -> load.takeover(command, reply);
                case "leads" -> reply.put("leads", load.leads());
                default -> throw new IllegalArgumentException("unknown command " + command);
            }
            reply.put("ok", true);
        } catch (RuntimeException e) {
            reply.put("ok", false).put("error", e.toString());
        }
        print(reply.put("id", command.path("id").asInt()));
    }
}

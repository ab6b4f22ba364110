package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.SimulatedMesh.MeshNode;
import io.beemesh.machine.registry.replica.Rules;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * A member says things that make no sense: what members ask and answer each other, whole and parted, with bytes
 * changed, cut off or made up. Nothing but a {@link RegistryException} comes of it, and the node goes on.
 *
 * <p>{@code -Dbeemesh.fuzz=N} says it N times.
 */
class HostileMemberTest {
    private static final int TIMES = Integer.getInteger("beemesh.fuzz", 20_000);
    private static final int KEPT_MAX = 4_000;

    private final Simulation simulation = new Simulation(3);
    private final RandomGenerator random = simulation.newRandom();
    private final SimulatedMesh mesh = new SimulatedMesh(simulation, NetworkConditions.lan(),
            RegistryConfig.defaults(), Rules.all()).withNodes(5);
    private final List<RegistryMessage> heard = new ArrayList<>();

    private void work(int round) {
        for (int i = 0; i < 40; i++) {
            MeshNode node = mesh.nodes.get(i % 5);
            ObjectKey key = TestObjects.configMap("ns" + i % 3, "r" + round + "-" + i);
            node.run(() -> {
                node.registry().write(TestObjects.creating(key, "x".repeat(i(key))));
                node.registry().list(GroupResource.CONFIG_MAPS, "");
            });
            simulation.run(Duration.ofMillis(100));
        }
    }

    private static int i(ObjectKey key) {
        return key.name().length() * 7;
    }

    private void record() {
        mesh.lost = (to, message) -> {
            if (heard.size() < KEPT_MAX && (message instanceof RegistryMessage.Request
                    || message instanceof RegistryMessage.Response)) {
                heard.add(message);
            }
            return false;
        };
        work(0);
        Set<PeerId> side = new HashSet<>(
                mesh.nodes.subList(0, 3).stream().map(MeshNode::self).toList());
        mesh.network.partition(
                (from, to) -> side.contains(from.peerId()) != side.contains(to.peerId()));
        mesh.cut = (to, from) -> side.contains(from) != side.contains(to);
        simulation.run(Duration.ofSeconds(5));
        heard.subList(0, heard.size() / 2).clear();
        work(1);
        mesh.lost = (to, message) -> false;
    }

    private RegistryMessage changed(RegistryMessage message) {
        return switch (message) {
            case RegistryMessage.Request r -> new RegistryMessage.Request(slot(r.slot()), r.id(),
                    kind(r.kind()), r.attempt(), changed(r.payload()));
            case RegistryMessage.Response r -> new RegistryMessage.Response(slot(r.slot()), r.id(),
                    kind(r.kind()), changed(r.payload()));
            default -> message;
        };
    }

    private int slot(int slot) {
        return random.nextInt(10) == 0 ? random.nextInt(1024) : slot;
    }

    private int kind(int kind) {
        return random.nextInt(10) == 0 ? random.nextInt(8) : kind;
    }

    private byte[] changed(byte[] payload) {
        byte[] bytes = payload.clone();
        switch (random.nextInt(4)) {
            case 0 -> bytes = Arrays.copyOf(bytes,
                    random.nextInt(Math.max(1, bytes.length + 8)));
            case 1 -> {
                bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
            }
            default -> {
                for (int i = 1 + random.nextInt(4); i > 0 && bytes.length > 0; i--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
            }
        }
        return bytes;
    }

    @Test
    void whatMakesNoSense_isRefused_andTheNodeGoesOn() {
        record();
        assertThat(heard).hasSizeGreaterThan(500);
        MeshNode victim = mesh.nodes.getFirst();
        int[] refused = {0};
        for (int i = 0; i < TIMES; i++) {
            RegistryMessage message = changed(heard.get(random.nextInt(heard.size())));
            PeerId from = mesh.nodes.get(1 + random.nextInt(4)).self();
            victim.run(() -> {
                try {
                    victim.registry().onMessage(from, message);
                } catch (RegistryException e) {
                    refused[0]++;
                }
            });
            if (i % 100 == 0) {
                simulation.run(Duration.ofMillis(10));
            }
        }
        assertThat(refused[0]).isPositive();
        mesh.network.heal();
        mesh.cut = (to, from) -> false;
        simulation.run(Duration.ofSeconds(20));
        List<Integer> sizes = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (MeshNode node : mesh.nodes) {
            node.run(() -> node.registry().list(GroupResource.CONFIG_MAPS, "ns0")
                    .whenComplete((snapshot, failure) -> {
                        if (failure == null) {
                            sizes.add(snapshot.objects().size());
                        } else {
                            failures.add(failure);
                        }
                    }));
        }
        simulation.run(Duration.ofSeconds(10));
        assertThat(failures).isEmpty();
        assertThat(sizes).hasSize(5).allMatch(size -> size.equals(sizes.getFirst()));
    }
}

package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.SimulatedMesh.MeshNode;
import io.beemesh.machine.registry.replica.Rules;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A fork of more objects than one log entry takes, and who decides on them meanwhile. */
class PartlyMergedTest {
    private static final ObjectKey FIRST = TestObjects.configMap("shop", "first");
    private static final int FORKED = 300;

    private final Simulation simulation = new Simulation(4);
    private final SimulatedMesh mesh = new SimulatedMesh(simulation, NetworkConditions.lan(),
            RegistryConfig.defaults(), Rules.all()).withNodes(3);
    private final MeshNode cutOff = mesh.nodes.getFirst();
    private final List<MeshNode> majority = mesh.nodes.subList(1, 3);

    private void create(MeshNode node, ObjectKey key) {
        node.run(() -> node.registry()
                .write(List.of(new Mutation.Create(TestObjects.draft(key, key.name())))));
    }

    private void forkAndHeal() {
        create(cutOff, FIRST);
        simulation.run(Duration.ofSeconds(5));
        mesh.network.partition((from, to) -> from.peerId().equals(cutOff.self()) != to.peerId()
                .equals(cutOff.self()));
        mesh.cut = (to, from) -> to.equals(cutOff.self()) != from.equals(cutOff.self());
        simulation.run(Duration.ofSeconds(8));
        for (int i = 0; i < FORKED; i++) {
            create(cutOff, TestObjects.configMap("shop", "forked-" + i));
        }
        simulation.run(Duration.ofSeconds(1));
        mesh.network.heal();
        mesh.cut = (to, from) -> false;
    }

    private int merged(MeshNode node) {
        int[] count = {0};
        node.run(() -> count[0] = node.registry().peek(GroupResource.CONFIG_MAPS, "shop").size()
                - 1);
        return count[0];
    }

    private boolean decides(MeshNode node) {
        boolean[] decides = {false};
        node.run(() -> decides[0] = node.registry().isPrimary(FIRST));
        return decides[0];
    }

    private boolean isPart(int merged) {
        return merged > 0 && merged < FORKED;
    }

    @Test
    void whileAForkIsMerged_nobodyDecidesOnAPartOfIt() {
        forkAndHeal();
        int parts = 0;
        for (int step = 0; step < 4_000; step++) {
            simulation.run(Duration.ofMillis(1));
            for (MeshNode node : majority) {
                int merged = merged(node);
                if (isPart(merged)) {
                    parts++;
                    assertThat(decides(node)).as("with " + merged + " objects").isFalse();
                }
            }
        }
        assertThat(parts).isPositive();
        assertThat(mesh.nodes).allMatch(node -> merged(node) == FORKED);
        assertThat(mesh.nodes).filteredOn(this::decides).hasSize(1);
    }

    @Test
    void itsNodeVanishesInTheMiddle_theOthersGoOnAfterAWhile_andHaveTheRestLater() {
        forkAndHeal();
        simulation.runUntil(() -> isPart(merged(mesh.nodes.get(1))), Duration.ofSeconds(10));
        cutOff.crash();
        simulation.run(Slot.PARTLY_MAX.minusSeconds(3));
        assertThat(majority).allMatch(node -> isPart(merged(node))).noneMatch(this::decides);
        simulation.run(Duration.ofSeconds(5));
        assertThat(majority).filteredOn(this::decides).hasSize(1);

        cutOff.restart();
        simulation.run(Duration.ofSeconds(10));
        assertThat(mesh.nodes).allMatch(node -> merged(node) == FORKED);
        assertThat(mesh.nodes).filteredOn(this::decides).hasSize(1);
    }
}

package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.replica.HomeSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SlotTest {
    @Test
    void reachedByMajority_threeHomes_theSecondHighest() {
        HomeSet homes = new HomeSet(List.of(SimulatedRegistry.peer(1), SimulatedRegistry.peer(2),
                SimulatedRegistry.peer(3)));
        Map<Object, Long> reached = Map.of(SimulatedRegistry.peer(1), 9L, SimulatedRegistry.peer(3),
                5L);
        assertThat(homes.reachedByMajority(p -> reached.getOrDefault(p, 0L))).isEqualTo(5);
        assertThat(homes.isMajority(List.of(SimulatedRegistry.peer(2)))).isFalse();
        assertThat(homes.isMajority(
                List.of(SimulatedRegistry.peer(2), SimulatedRegistry.peer(3)))).isTrue();
        HomeSet even = new HomeSet(List.of(SimulatedRegistry.peer(1), SimulatedRegistry.peer(2)));
        assertThat(even.reachedByMajority(p -> reached.getOrDefault(p, 0L))).isZero();
        assertThat(even.isMajority(List.of(SimulatedRegistry.peer(1)))).isFalse();
    }

    @Test
    void slotOf_namespaceAndContent_oneSlot() {
        int slotOfNamespace = SlotMap.ofNamespace("shop");
        assertThat(SlotMap.of(ObjectKey.cluster(GroupResource.NAMESPACES, "shop")))
                .isEqualTo(slotOfNamespace);
        assertThat(SlotMap.of(new ObjectKey(GroupResource.PODS, "shop", "web-1")))
                .isEqualTo(slotOfNamespace);
        assertThat(SlotMap.of(SlotMap.claim(slotOfNamespace, "ip.10.96.0.1")))
                .isEqualTo(slotOfNamespace);
        // Stored objects depend on these numbers.
        assertThat(SlotMap.ofNamespace("default")).isEqualTo(674);
        assertThatThrownBy(
                () -> SlotMap.of(ObjectKey.cluster(GroupResource.CLAIMS, "1024.ip")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void slotOf_clusterScoped_sixtyFourSlotsAKind() {
        List<Integer> slots = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            slots.add(SlotMap.of(ObjectKey.cluster(GroupResource.NODES, "node-" + i)));
        }
        assertThat(slots.stream().distinct().count()).isBetween(50L, 64L);
    }
}

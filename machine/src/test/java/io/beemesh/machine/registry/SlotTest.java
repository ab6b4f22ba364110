package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Storage.LogRecord;
import io.beemesh.machine.registry.Storage.SlotMark;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SlotTest {
    private static final int NUMBER = 7;

    private final HybridClock clock = new HybridClock(new Simulation(1).newLoop(),
            SimulatedRegistry.peer(1));
    private final List<LogRecord> log = new ArrayList<>();
    private final Slot slot = new Slot(NUMBER, SimulatedRegistry.peer(1), clock, log::add);

    private LogEntry entry(String name) {
        StoredObject object = TestObjects.draft(TestObjects.configMap("default", name), "")
                .at(clock.next());
        return new LogEntry.Changes(List.of(new LogEntry.Effect(false, object)));
    }

    private LogRecord.Entry record(long term, long sequence, String name) {
        return new LogRecord.Entry(NUMBER, term, sequence, RecordCodec.encode(entry(name)));
    }

    private List<Proposal> storeAll() {
        List<Proposal> committed = new ArrayList<>();
        while (!log.isEmpty()) {
            committed.addAll(slot.onStored(log.removeFirst()));
        }
        return committed;
    }

    @Test
    void campaign_voteOnDisk_primaryWithAnEntryThatNamesItsParent() {
        slot.campaign();
        assertThat(slot.role()).isEqualTo(Slot.Role.CANDIDATE);
        assertThat(log).containsExactly(
                new LogRecord.Vote(NUMBER, 1, SimulatedRegistry.peer(1)));
        List<Proposal> committed = storeAll();
        assertThat(slot.role()).isEqualTo(Slot.Role.PRIMARY);
        assertThat(committed).singleElement().extracting(Proposal::entry)
                .isInstanceOfSatisfying(LogEntry.TermStart.class, start -> {
                    assertThat(start.parentSequence()).isZero();
                    assertThat(start.homes().members())
                            .containsExactly(SimulatedRegistry.peer(1));
                });
    }

    @Test
    void restore_entriesOfFormerTerm_committedOnlyByTheNextTerm() throws IOException {
        RecordCodec codec = new RecordCodec();
        slot.restore(new SlotMark(NUMBER, 4, 2, 100,
                new LogRecord.Vote(NUMBER, 2, SimulatedRegistry.peer(1)), slot.homes()));
        slot.restore(record(2, 4, "included"), codec);
        slot.restore(record(2, 5, "a"), codec);
        slot.campaign();
        assertThat(slot.term()).isEqualTo(3);
        assertThat(slot.onStored(log.removeFirst())).as("the vote commits nothing").isEmpty();
        assertThat(storeAll()).extracting(Proposal::sequence).containsExactly(5L, 6L);
    }

    @Test
    void restore_gap_refused() throws IOException {
        slot.restore(record(1, 1, "a"), new RecordCodec());
        assertThatThrownBy(() -> slot.restore(record(1, 3, "b"), new RecordCodec()))
                .isInstanceOf(IOException.class).hasMessageContaining("from entry 1 to 3");
    }

    @Test
    void restore_higherTermAtTheSamePlace_replaces() throws IOException {
        RecordCodec codec = new RecordCodec();
        slot.restore(record(1, 1, "a"), codec);
        slot.restore(record(1, 2, "b"), codec);
        slot.restore(record(2, 2, "c"), codec);
        slot.campaign();
        assertThat(storeAll()).flatExtracting(Proposal::effects)
                .extracting(e -> e.object().key().name()).containsExactly("a", "c");
    }

    @Test
    void abandon_entriesOnDisk_stay() throws IOException {
        slot.restore(record(1, 1, "a"), new RecordCodec());
        slot.campaign();
        slot.onStored(log.removeFirst());
        assertThat(slot.abandon()).as("the start of the term is lost").hasSize(1);
        log.clear();
        slot.campaign();
        assertThat(storeAll()).extracting(Proposal::sequence).containsExactly(1L, 2L);
    }

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

package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.SimulatedMesh.MeshNode;
import io.beemesh.machine.registry.replica.Rules;
import io.beemesh.protocol.registry.RegistryMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Five nodes, of which three are parted from two that have the majority of a namespace's homes. */
class SideTest {
    private static final ObjectKey KEY = TestObjects.configMap("shop", "a");
    private static final Duration LIMIT = Duration.ofSeconds(15);

    private final Simulation simulation = new Simulation(5);
    private final SimulatedMesh mesh = new SimulatedMesh(simulation, NetworkConditions.lan(),
            RegistryConfig.defaults(), Rules.all()).withNodes(5);
    /** With one home of the namespace, the first, which leads it, and with the two others. */
    private final List<MeshNode> large = new ArrayList<>();
    private final List<MeshNode> small = new ArrayList<>();

    @BeforeEach
    void begin() {
        create(mesh.nodes.getFirst(), KEY, "one");
        simulation.run(Duration.ofSeconds(5));
        simulation.runUntil(() -> homes().size() == 3, LIMIT);
        List<PeerId> homes = homes();
        PeerId primary = slot(mesh.nodes.getFirst()).primary().orElseThrow();
        mesh.nodes.stream().filter(n -> n.self().equals(primary)).forEach(large::add);
        mesh.nodes.stream().filter(n -> homes.contains(n.self()) && !n.self().equals(primary))
                .forEach(small::add);
        mesh.nodes.stream().filter(n -> !homes.contains(n.self())).forEach(large::add);
    }

    private List<PeerId> homes() {
        return slot(mesh.nodes.getFirst()).homes();
    }

    private SlotStatus slot(MeshNode node) {
        List<SlotStatus> found = new ArrayList<>();
        node.run(() -> node.registry().slots().stream()
                .filter(s -> s.number() == SlotMap.of(KEY)).forEach(found::add));
        return found.getFirst();
    }

    private void part() {
        cut();
        simulation.runUntil(() -> large.stream().filter(MeshNode::isUp)
                .allMatch(n -> n.registry().isDetached("shop")), LIMIT);
    }

    private void cut() {
        Set<PeerId> side = new HashSet<>(large.stream().map(MeshNode::self).toList());
        mesh.network.partition(
                (from, to) -> side.contains(from.peerId()) != side.contains(to.peerId()));
        mesh.cut = (to, from) -> side.contains(from) != side.contains(to);
    }

    private void heal() {
        mesh.network.heal();
        mesh.cut = (to, from) -> false;
        simulation.run(Duration.ofSeconds(5));
        simulation.runUntil(() -> mesh.nodes.stream().allMatch(
                n -> slot(n).service() == SlotStatus.Service.ATTACHED
                        && slot(n).primary().isPresent()),
                Duration.ofMinutes(1));
        simulation.run(Duration.ofSeconds(1));
    }

    private <T> T await(MeshNode node, Supplier<CompletableFuture<T>> call) {
        CompletableFuture<CompletableFuture<T>> started = new CompletableFuture<>();
        node.run(() -> started.complete(call.get()));
        simulation.runUntil(() -> started.join().isDone(), LIMIT);
        return started.join().join();
    }

    private WriteResult write(MeshNode node, Mutation mutation) {
        return await(node, () -> node.registry().write(List.of(mutation)));
    }

    private void create(MeshNode node, ObjectKey key, String value) {
        assertThat(write(node, new Mutation.Create(TestObjects.draft(key, value))))
                .isInstanceOf(WriteResult.Committed.class);
    }

    private StoredObject current(MeshNode node, ObjectKey key) {
        await(node, () -> node.registry().refresh(key));
        return node.registry().get(key).orElseThrow();
    }

    private void edit(MeshNode node, ObjectKey key, String field, String value) {
        StoredObject current = current(node, key);
        ApiObject object = current.object();
        object.tree().withObjectProperty("data").put(field, value);
        assertThat(write(node,
                new Mutation.Update(Draft.of(key, object), current.version())))
                .isInstanceOf(WriteResult.Committed.class);
    }

    private void delete(MeshNode node, ObjectKey key) {
        StoredObject current = current(node, key);
        assertThat(write(node, new Mutation.Delete(Draft.of(key, current.object()),
                current.version()))).isInstanceOf(WriteResult.Committed.class);
    }

    private List<StoredObject> list(MeshNode node, String namespace) {
        return await(node, () -> node.registry().list(GroupResource.CONFIG_MAPS, namespace))
                .objects();
    }

    private List<Long> versions(MeshNode node, String namespace) {
        return list(node, namespace).stream().map(StoredObject::version).toList();
    }

    private static String data(List<StoredObject> objects, ObjectKey key, String field) {
        return objects.stream().filter(o -> o.key().equals(key)).findFirst().orElseThrow()
                .object().tree().path("data").path(field).asText("");
    }

    @Test
    void everyNodeOfASide_servesWhatOneOfItGoesOnWith() {
        part();
        PeerId server = large.getFirst().self();
        assertThat(large).allMatch(n -> slot(n).primary().equals(Optional.of(server)));
        edit(large.get(1), KEY, "second", "2");
        edit(large.get(2), KEY, "third", "3");
        create(large.get(2), TestObjects.configMap("shop", "b"), "new");
        create(large.get(1), TestObjects.configMap("fresh", "c"), "new");
        for (MeshNode node : large) {
            List<StoredObject> found = list(node, "shop");
            assertThat(found).hasSize(2);
            assertThat(data(found, KEY, "second")).isEqualTo("2");
            assertThat(data(found, KEY, "third")).isEqualTo("3");
            assertThat(versions(node, "shop")).isEqualTo(versions(large.getFirst(), "shop"));
            assertThat(list(node, "")).hasSize(3);
        }
        edit(small.getFirst(), KEY, "other", "o");
        heal();
        for (MeshNode node : mesh.nodes) {
            List<StoredObject> found = list(node, "shop");
            assertThat(found).hasSize(2);
            assertThat(data(found, KEY, "second")).isEqualTo("2");
            assertThat(data(found, KEY, "third")).isEqualTo("3");
            assertThat(data(found, KEY, "other")).isEqualTo("o");
            assertThat(versions(node, "")).isEqualTo(versions(mesh.nodes.getFirst(), ""));
            assertThat(list(node, "")).hasSize(3);
            assertThat(node.registry().isDetached("")).isFalse();
        }
    }

    @Test
    void onlyTheNodeThatServes_decidesOnItsObjects() {
        part();
        List<Boolean> leads = new ArrayList<>();
        large.forEach(n -> n.run(() -> leads.add(n.registry().isPrimary(KEY))));
        assertThat(leads).containsExactly(true, false, false);
    }

    @Test
    void whatMustNotFork_isRefusedByEachNode() {
        part();
        ObjectKey lease = new ObjectKey(GroupResource.LEASES, "shop", "leader");
        for (MeshNode node : large) {
            assertThat(write(node, new Mutation.Create(TestObjects.draft(lease, "me"))))
                    .isInstanceOf(WriteResult.NeedsMajority.class);
        }
        assertThat(write(small.getFirst(), new Mutation.Create(TestObjects.draft(lease, "me"))))
                .isInstanceOf(WriteResult.Committed.class);
    }

    @Test
    void aWatchAtAnotherNode_hasWhatIsDoneAnywhere() {
        part();
        List<Throwable> failures = new ArrayList<>();
        ForkWatch watch = new ForkWatch(large.get(1), "shop", failures::add);
        watch.connect(large.get(1));
        simulation.run(Duration.ofSeconds(1));
        edit(large.getFirst(), KEY, "value", "two");
        create(large.get(2), TestObjects.configMap("shop", "b"), "new");
        delete(large.getFirst(), KEY);
        simulation.run(Duration.ofSeconds(1));
        assertThat(watch.isOpen()).isTrue();
        assertThat(watch.lists).isEqualTo(1);
        watch.checkEnd(list(large.getFirst(), "shop"));
        assertThat(failures).isEmpty();
    }

    @Test
    void manyObjects_areShownWhole() {
        part();
        String big = "x".repeat(300_000);
        for (int i = 0; i < 12; i++) {
            create(large.get(i % 3), TestObjects.configMap("shop", "big" + i), big);
        }
        MeshNode late = large.get(2);
        late.kill();
        simulation.run(Duration.ofSeconds(2));
        late.restart();
        simulation.runUntil(() -> late.registry().isDetached("shop"), LIMIT);
        assertThat(versions(late, "shop")).isEqualTo(versions(large.getFirst(), "shop"))
                .hasSize(13);
    }

    @Test
    void whoHasLessOfTheLog_showsWhatTheServerHas() {
        PeerId behind = large.get(1).self();
        mesh.lost = (to, message) -> to.equals(behind)
                && message instanceof RegistryMessage.Append append && !append.lines().isEmpty();
        ObjectKey gone = TestObjects.configMap("shop", "gone");
        MeshNode writer = large.getFirst();
        edit(writer, KEY, "value", "two");
        create(writer, TestObjects.configMap("shop", "late"), "new");
        simulation.run(Duration.ofMillis(300));
        part();
        mesh.lost = (to, message) -> false;
        assertThat(large.get(1).registry().get(gone)).isEmpty();
        assertThat(versions(large.get(1), "shop"))
                .isEqualTo(versions(large.getFirst(), "shop")).hasSize(2);
        edit(large.get(1), KEY, "again", "a");
        heal();
        for (MeshNode node : mesh.nodes) {
            assertThat(data(list(node, "shop"), KEY, "value")).isEqualTo("two");
            assertThat(data(list(node, "shop"), KEY, "again")).isEqualTo("a");
        }
    }

    @Test
    void theServerIsKilled_anotherGoesOn_andNothingAcknowledgedIsLost() {
        part();
        MeshNode server = large.getFirst();
        edit(large.get(1), KEY, "first", "1");
        server.kill();
        Predicate<MeshNode> serves = n -> n.isUp() && n.registry().isDetached("shop")
                && slot(n).primary().filter(p -> !p.equals(server.self())).isPresent();
        simulation.runUntil(() -> large.stream().skip(1).allMatch(serves), LIMIT);
        edit(large.get(2), KEY, "second", "2");
        assertThat(data(list(large.get(1), "shop"), KEY, "second")).isEqualTo("2");
        server.restart();
        simulation.run(Duration.ofSeconds(3));
        heal();
        for (MeshNode node : mesh.nodes) {
            assertThat(data(list(node, "shop"), KEY, "first")).isEqualTo("1");
            assertThat(data(list(node, "shop"), KEY, "second")).isEqualTo("2");
        }
    }

    /** Nobody was told that it was made; but all of that side saw it, and were refused to make it once more. */
    @Test
    void theEndOfALogThatTheOthersNeverHad_isMerged() {
        theEndOfALogIsMerged(1);
    }

    /** The others went on so far that the node gets their whole state, and not each entry. */
    @Test
    void theEndOfALogThatTheOthersNeverHad_andAreFarBeyond_isMerged() {
        theEndOfALogIsMerged(200);
    }

    private void theEndOfALogIsMerged(int others) {
        cut();
        MeshNode former = large.getFirst();
        ObjectKey made = TestObjects.configMap("shop", "made");
        StoredObject current = former.registry().get(KEY).orElseThrow();
        former.run(() -> {
            former.registry().write(TestObjects.creating(made, "new"));
            former.registry().write(TestObjects.updating(current, "changed"));
        });
        simulation.runUntil(() -> large.stream().allMatch(n -> n.registry().isDetached("shop")),
                LIMIT);
        for (MeshNode node : large) {
            assertThat(write(node, new Mutation.Create(TestObjects.draft(made, "new"))))
                    .isInstanceOf(WriteResult.AlreadyExists.class);
            assertThat(data(list(node, "shop"), KEY, "value")).isEqualTo("changed");
        }
        for (int i = 0; i < others; i++) {
            edit(small.getFirst(), KEY, "other", "o" + i);
        }
        heal();
        for (MeshNode node : mesh.nodes) {
            List<StoredObject> found = list(node, "shop");
            assertThat(found).extracting(StoredObject::key).containsExactlyInAnyOrder(KEY, made);
            assertThat(data(found, KEY, "other")).isEqualTo("o" + (others - 1));
            assertThat(data(found, KEY, "value")).isEqualTo("changed");
        }
        assertThat(large.getFirst().registry().counters().snapshots > 0).isEqualTo(others > 1);
    }

    @Test
    void manyReadsAndWritesAtOnce_areAllAnswered() {
        part();
        List<CompletableFuture<?>> asked = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            int number = i;
            MeshNode node = large.get(1 + i % 2);
            node.run(() -> {
                asked.add(node.registry().write(TestObjects.creating(
                        TestObjects.configMap("shop", "many" + number), "")));
                asked.add(node.registry().list(GroupResource.CONFIG_MAPS, "shop"));
                asked.add(node.registry().list(GroupResource.CONFIG_MAPS, ""));
            });
            simulation.run(Duration.ofMillis(1));
        }
        simulation.run(Duration.ofSeconds(2));
        assertThat(asked).allMatch(f -> f.isDone() && !f.isCompletedExceptionally());
        assertThat(list(large.get(2), "shop")).hasSize(51);
    }
}

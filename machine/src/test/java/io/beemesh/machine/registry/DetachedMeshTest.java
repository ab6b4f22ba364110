package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.SimulatedMesh.MeshNode;
import io.beemesh.machine.registry.replica.Rules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A mesh of two in which either node goes on alone, one case at a time. */
class DetachedMeshTest {
    private static final ObjectKey KEY = TestObjects.configMap("shop", "a");
    private static final int NAMESPACE_MAX = 20;
    private static final Duration LIMIT = Duration.ofSeconds(15);

    private final Simulation simulation = new Simulation(11);
    private final SimulatedMesh mesh = new SimulatedMesh(simulation, NetworkConditions.lan(),
            RegistryConfig.defaults().withNamespaceMax(NAMESPACE_MAX, 1 << 20), Rules.all())
            .withNodes(2);
    private final MeshNode left = mesh.nodes.get(0);
    private final MeshNode right = mesh.nodes.get(1);

    private <T> T await(MeshNode node, Supplier<CompletableFuture<T>> call) {
        CompletableFuture<CompletableFuture<T>> started = new CompletableFuture<>();
        node.run(() -> started.complete(call.get()));
        simulation.runUntil(() -> started.join().isDone(), LIMIT);
        return started.join().join();
    }

    private WriteResult write(MeshNode node, Mutation mutation) {
        return await(node, () -> node.registry().write(List.of(mutation)));
    }

    private StoredObject create(MeshNode node, ObjectKey key, String uid, String value) {
        ApiObject object = TestObjects.object(key, value);
        object.metadata().put("uid", uid);
        return ((WriteResult.Committed) write(node, new Mutation.Create(Draft.of(key, object))))
                .object();
    }

    private StoredObject edit(MeshNode node, ObjectKey key, Consumer<ObjectNode> data) {
        StoredObject current = node.registry().get(key).orElseThrow();
        ApiObject object = current.object();
        data.accept(object.tree().withObjectProperty("data"));
        return ((WriteResult.Committed) write(node, new Mutation.Update(Draft.of(key, object),
                current.version()))).object();
    }

    private void delete(MeshNode node, ObjectKey key) {
        StoredObject current = node.registry().get(key).orElseThrow();
        assertThat(write(node, new Mutation.Delete(Draft.of(key, current.object()),
                current.version()))).isInstanceOf(WriteResult.Committed.class);
    }

    private void part() {
        mesh.network.partition((from, to) -> !from.peerId().equals(to.peerId()));
        mesh.cut = (to, from) -> !to.equals(from);
        simulation.run(Duration.ofSeconds(8));
    }

    private void heal() {
        mesh.network.heal();
        mesh.cut = (to, from) -> false;
        simulation.run(Duration.ofSeconds(5));
        simulation.runUntil(() -> mesh.nodes.stream().allMatch(this::isAttached),
                Duration.ofMinutes(1));
    }

    private boolean isAttached(MeshNode node) {
        List<SlotStatus> slots = new ArrayList<>();
        node.run(() -> slots.addAll(node.registry().slots()));
        return slots.stream().allMatch(s -> s.service() == SlotStatus.Service.ATTACHED
                && s.primary().isPresent());
    }

    private List<StoredObject> list(MeshNode node, GroupResource type) {
        return await(node, () -> node.registry().list(type, "shop")).objects();
    }

    private String data(MeshNode node, String field) {
        List<StoredObject> found = list(node, GroupResource.CONFIG_MAPS);
        return found.stream().filter(o -> o.key().equals(KEY)).findFirst().orElseThrow().object()
                .tree().path("data").path(field).asText("");
    }

    private List<String> events(MeshNode node) {
        return list(node, GroupResource.EVENTS).stream()
                .map(e -> e.object().tree().path("message").asText()).toList();
    }

    @Test
    void oneOfTwoIsKilled_theOtherServesReadsWritesAndNewNamespaces() {
        create(left, KEY, "u1", "one");
        right.kill();
        simulation.run(Duration.ofSeconds(8));
        assertThat(left.registry().isDetached("shop")).isTrue();
        edit(left, KEY, d -> d.put("value", "two"));
        assertThat(data(left, "value")).isEqualTo("two");
        ObjectKey other = TestObjects.configMap("fresh", "b");
        create(left, other, "u2", "new");
        assertThat(await(left, () -> left.registry().list(GroupResource.CONFIG_MAPS, ""))
                .objects()).hasSize(2);
        boolean[] leads = {false};
        left.run(() -> leads[0] = left.registry().isPrimary(KEY));
        assertThat(leads[0]).as("controllers go on").isTrue();

        right.restart();
        simulation.run(Duration.ofSeconds(12));
        assertThat(left.registry().isDetached("")).isFalse();
        assertThat(data(right, "value")).isEqualTo("two");
        assertThat(right.registry().get(other)).isPresent();
        assertThat(left.registry().counters().attached.sum()).isPositive();
    }

    @Test
    void whatMustNotFork_isRefusedAlone_andTakenTogether() {
        create(left, KEY, "u1", "one");
        ObjectKey lease = new ObjectKey(GroupResource.LEASES, "shop", "leader");
        part();
        Mutation hold = new Mutation.Create(TestObjects.draft(lease, "me"));
        assertThat(write(left, hold)).isInstanceOf(WriteResult.NeedsMajority.class);
        heal();
        assertThat(write(left, hold)).isInstanceOf(WriteResult.Committed.class);
    }

    @Test
    void aNodeThatLostItsDisk_doesNotGoOnAlone() {
        create(left, KEY, "u1", "one");
        left.kill();
        right.kill();
        left.restartEmpty();
        simulation.run(Duration.ofSeconds(8));
        assertThatThrownBy(() -> list(left, GroupResource.CONFIG_MAPS))
                .hasCauseInstanceOf(UnavailableException.class);
    }

    @Test
    void editsOfDifferentFields_bothSurvive_withoutAnEvent() {
        create(left, KEY, "u1", "one");
        part();
        edit(left, KEY, d -> d.put("left", "l"));
        edit(right, KEY, d -> d.put("right", "r"));
        heal();
        for (MeshNode node : mesh.nodes) {
            assertThat(data(node, "left")).isEqualTo("l");
            assertThat(data(node, "right")).isEqualTo("r");
            assertThat(events(node)).isEmpty();
        }
        assertThat(left.registry().get(KEY).orElseThrow().version())
                .isEqualTo(right.registry().get(KEY).orElseThrow().version());
    }

    @Test
    void editsOfOneField_theLaterWins_anEventNamesTheOther() {
        create(left, KEY, "u1", "one");
        part();
        edit(left, KEY, d -> d.put("value", "early"));
        simulation.run(Duration.ofSeconds(1));
        edit(right, KEY, d -> d.put("value", "late"));
        heal();
        for (MeshNode node : mesh.nodes) {
            assertThat(data(node, "value")).isEqualTo("late");
            assertThat(events(node)).singleElement().asString().contains("data.value=\"early\"");
        }
    }

    @Test
    void deletedOnOneSide_changedOnTheOther_staysDeleted_anEventNamesTheChange() {
        create(left, KEY, "u1", "one");
        part();
        delete(left, KEY);
        edit(right, KEY, d -> d.put("value", "changed"));
        heal();
        for (MeshNode node : mesh.nodes) {
            assertThat(list(node, GroupResource.CONFIG_MAPS)).isEmpty();
            assertThat(events(node)).singleElement().asString().contains("changed");
        }
    }

    /** What was acknowledged is not refused afterwards; the next write is. */
    @Test
    void bothSidesFillANamespace_allIsThereAfterwards() {
        create(left, KEY, "u1", "one");
        part();
        for (int i = 0; i < NAMESPACE_MAX - 2; i++) {
            create(left, TestObjects.configMap("shop", "l" + i), "l" + i, "");
            create(right, TestObjects.configMap("shop", "r" + i), "r" + i, "");
        }
        heal();
        for (MeshNode node : mesh.nodes) {
            assertThat(list(node, GroupResource.CONFIG_MAPS)).hasSize(2 * NAMESPACE_MAX - 3);
            assertThat(write(node, new Mutation.Create(TestObjects.draft(
                    TestObjects.configMap("shop", "more"), ""))))
                    .isInstanceOf(WriteResult.Full.class);
        }
    }

    @Test
    void twoObjectsOfOneName_theEarlierStays_anEventNamesTheOther() {
        create(left, TestObjects.configMap("shop", "other"), "u0", "");
        part();
        create(left, KEY, "u1", "left");
        create(right, KEY, "u2", "right");
        heal();
        for (MeshNode node : mesh.nodes) {
            assertThat(data(node, "value")).isEqualTo("left");
            assertThat(events(node)).singleElement().asString().contains("u2", "right");
        }
    }

    @Test
    void aWatchGoesThroughPartAndMerge_andHasWhatIsThere() {
        create(left, KEY, "u1", "one");
        List<ForkWatch> watches = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (MeshNode node : mesh.nodes) {
            ForkWatch watch = new ForkWatch(node, "shop", failures::add);
            watch.connect(node);
            watches.add(watch);
        }
        part();
        edit(left, KEY, d -> d.put("left", "l"));
        create(right, TestObjects.configMap("shop", "b"), "u2", "right");
        heal();
        List<StoredObject> last = list(left, GroupResource.CONFIG_MAPS);
        assertThat(last).hasSize(2);
        // Each was ended, is told that its version is too old, and lists anew.
        for (int i = 0; i < 2; i++) {
            watches.forEach(w -> w.connect(mesh.nodes.get(watches.indexOf(w))));
            simulation.run(Duration.ofSeconds(1));
        }
        assertThat(watches).allMatch(w -> w.isOpen() && w.lists == 2);
        watches.forEach(w -> w.checkEnd(last));
        assertThat(failures).isEmpty();
    }

    @Test
    void aVersionOfAFork_isTooOldElsewhere() {
        create(left, KEY, "u1", "one");
        part();
        long version = edit(left, KEY, d -> d.put("value", "two")).version();
        heal();
        for (MeshNode node : mesh.nodes) {
            assertThatThrownBy(() -> await(node, () -> node.registry().watch(
                    GroupResource.CONFIG_MAPS, "shop", version,
                    new ForkWatch(node, "shop", f -> {
                    }))))
                    .hasCauseInstanceOf(VersionExpiredException.class);
        }
    }

    @Test
    void aForkOutlivesItsNode() {
        create(left, KEY, "u1", "one");
        part();
        edit(left, KEY, d -> d.put("left", "l"));
        left.crash();
        left.restart();
        simulation.run(Duration.ofSeconds(8));
        assertThat(data(left, "left")).isEqualTo("l");
        edit(left, KEY, d -> d.put("again", "a"));
        heal();
        for (MeshNode node : mesh.nodes) {
            assertThat(data(node, "left")).isEqualTo("l");
            assertThat(data(node, "again")).isEqualTo("a");
        }
    }
}

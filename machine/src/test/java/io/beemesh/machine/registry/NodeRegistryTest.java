package io.beemesh.machine.registry;

import static io.beemesh.machine.registry.TestObjects.configMap;
import static io.beemesh.machine.registry.TestObjects.creating;
import static io.beemesh.machine.registry.TestObjects.deleting;
import static io.beemesh.machine.registry.TestObjects.draft;
import static io.beemesh.machine.registry.TestObjects.updating;
import static io.beemesh.machine.registry.TestObjects.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.WriteResult.AlreadyExists;
import io.beemesh.machine.registry.WriteResult.Committed;
import io.beemesh.machine.registry.WriteResult.Conflict;
import io.beemesh.machine.registry.WriteResult.Full;
import io.beemesh.machine.registry.WriteResult.NotFound;
import io.beemesh.machine.registry.WriteResult.Unavailable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NodeRegistryTest {
    private static final ObjectKey KEY = configMap("default", "one");
    private static final ObjectKey OTHER = configMap("default", "two");

    private final Simulation simulation = new Simulation(1);
    private final SimulatedRegistry node = SimulatedRegistry.on(simulation);

    private WriteResult write(List<Mutation> mutations) {
        return node.await(() -> node.registry().write(mutations));
    }

    private StoredObject commit(List<Mutation> mutations) {
        WriteResult result = write(mutations);
        assertThat(result).isInstanceOf(Committed.class);
        return ((Committed) result).object();
    }

    private List<StoredObject> listed(String namespace) {
        return node.await(() -> node.registry().list(GroupResource.CONFIG_MAPS, namespace))
                .objects();
    }

    @Test
    void create_new_committedWithVersionInBytes() {
        StoredObject object = commit(creating(KEY, "a"));
        assertThat(object.version()).isPositive().isLessThan(1L << 62);
        assertThat(new String(object.json(), StandardCharsets.UTF_8)).startsWith(
                "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\""
                        + object.version() + "\"");
        assertThat(object.object().resourceVersion()).isEqualTo(object.version());
        assertThat(node.registry().get(KEY)).containsSame(object);
        assertThat(node.registry().version()).isEqualTo(object.version());
        assertThat(node.storage().forces()).isPositive();
    }

    @Test
    void create_existing_alreadyExists() {
        StoredObject object = commit(creating(KEY, "a"));
        assertThat(write(creating(KEY, "b"))).isEqualTo(new AlreadyExists(object));
        assertThat(node.registry().get(KEY)).containsSame(object);
    }

    @Test
    void update_staleVersion_conflict() {
        StoredObject first = commit(creating(KEY, "a"));
        StoredObject second = commit(updating(first, "b"));
        assertThat(second.version()).isGreaterThan(first.version());
        assertThat(write(updating(first, "c"))).isEqualTo(new Conflict(second));
        assertThat(write(deleting(first))).isEqualTo(new Conflict(second));
        assertThat(value(node.registry().get(KEY).orElseThrow())).isEqualTo("b");
    }

    @Test
    void updateAndDelete_absent_notFound() {
        StoredObject object = commit(creating(KEY, "a"));
        StoredObject last = commit(deleting(object));
        assertThat(last.version()).isGreaterThan(object.version());
        assertThat(write(updating(object, "b"))).isEqualTo(new NotFound(KEY));
        assertThat(write(deleting(object))).isEqualTo(new NotFound(KEY));
        assertThat(node.registry().get(KEY)).isEmpty();
    }

    @Test
    void update_unchanged_keepsVersionAndIsSilent() {
        StoredObject object = commit(creating(KEY, "a"));
        Changes changes = watch(object.version());
        assertThat(commit(updating(object, "a"))).isSameAs(object);
        simulation.run(Duration.ofSeconds(1));
        assertThat(changes.all).isEmpty();
        assertThat(node.registry().version()).isEqualTo(object.version());
    }

    @Test
    void write_severalMutations_allOrNone() {
        StoredObject object = commit(creating(KEY, "a"));
        WriteResult refused = write(List.of(new Mutation.Create(draft(OTHER, "x")),
                new Mutation.Update(draft(KEY, "b"), object.version() - 1)));
        assertThat(refused).isInstanceOf(Conflict.class);
        assertThat(node.registry().get(OTHER)).isEmpty();

        Committed committed = (Committed) write(
                List.of(new Mutation.Create(draft(OTHER, "x")),
                        new Mutation.Update(draft(KEY, "b"), object.version())));
        assertThat(committed.objects()).extracting(StoredObject::key).containsExactly(OTHER, KEY);
        assertThat(committed.objects()).extracting(StoredObject::version).doesNotHaveDuplicates()
                .isSorted();
    }

    @Test
    void write_twoSlotsOrOneKeyTwice_refused() {
        assertThatThrownBy(() -> node.registry().write(
                List.of(new Mutation.Create(draft(KEY, "")),
                        new Mutation.Create(draft(configMap("elsewhere", "x"), "")))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("spans slots");
        assertThatThrownBy(() -> node.registry().write(
                List.of(new Mutation.Create(draft(KEY, "")), new Mutation.Create(draft(KEY, "")))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("twice");
        assertThatThrownBy(() -> node.registry().write(List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void write_manyAtOnce_shareForces() {
        commit(creating(KEY, "warm"));
        long before = node.storage().forces();
        List<CompletableFuture<WriteResult>> results = new ArrayList<>();
        node.loop().run(() -> IntStream.range(0, 500).forEach(i -> results
                .add(node.registry().write(creating(configMap("default", "o" + i), "v")))));
        simulation.runUntil(() -> results.stream().allMatch(CompletableFuture::isDone),
                Duration.ofSeconds(1));
        assertThat(results).allMatch(r -> r.join() instanceof Committed);
        assertThat(node.storage().forces() - before).isLessThanOrEqualTo(2);
    }

    @Test
    void write_twoUpdatesOfOneVersion_onlyFirstWins() {
        StoredObject object = commit(creating(KEY, "a"));
        List<CompletableFuture<WriteResult>> results = new ArrayList<>();
        node.loop().run(() -> {
            results.add(node.registry().write(updating(object, "b")));
            results.add(node.registry().write(updating(object, "c")));
        });
        assertThat(results).noneMatch(CompletableFuture::isDone);
        simulation.runUntil(() -> results.stream().allMatch(CompletableFuture::isDone),
                Duration.ofSeconds(1));
        StoredObject winner = ((Committed) results.get(0).join()).object();
        assertThat(results.get(1).join()).isEqualTo(new Conflict(winner));
    }

    @Test
    void list_namespaceAndAll_inKeyOrder() {
        for (String key : List.of("b/2", "a/9", "b/1", "a/10", "ab/1")) {
            commit(creating(configMap(key.substring(0, key.indexOf('/')),
                    key.substring(key.indexOf('/') + 1)), ""));
        }
        assertThat(listed("a")).extracting(o -> o.key().name()).containsExactly("10", "9");
        assertThat(listed("")).extracting(o -> o.key().namespace()).containsExactly("a", "a", "ab",
                "b", "b");
        assertThat(listed("none")).isEmpty();
    }

    @Test
    void listAt_pastVersions_asTheyWere() {
        StoredObject first = commit(creating(KEY, "a"));
        StoredObject second = commit(updating(first, "b"));
        StoredObject other = commit(creating(OTHER, "x"));
        StoredObject gone = commit(deleting(second));
        assertThat(at(first.version())).containsExactly(first);
        assertThat(at(second.version())).containsExactly(second);
        assertThat(at(other.version())).containsExactly(second, other);
        assertThat(at(gone.version())).containsExactly(other);
    }

    private List<StoredObject> at(long version) {
        Registry.Snapshot snapshot = node.await(
                () -> node.registry().listAt(GroupResource.CONFIG_MAPS, "default", version));
        assertThat(snapshot.version()).isEqualTo(version);
        return snapshot.objects();
    }

    @Test
    void history_beyondBound_expires() {
        SimulatedRegistry small = SimulatedRegistry.on(simulation, simulation.newLoop(),
                RegistryConfig.defaults().withChanges(5, 1 << 20));
        List<Long> versions = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            int number = i;
            versions.add(((Committed) small.await(() -> small.registry()
                    .write(creating(configMap("default", "o" + number), "")))).object().version());
        }
        assertThatThrownBy(() -> small.await(() -> small.registry().watch(
                GroupResource.CONFIG_MAPS, "", versions.get(3), new Changes())))
                .hasCauseInstanceOf(VersionExpiredException.class);
        assertThatThrownBy(() -> small.await(
                () -> small.registry().listAt(GroupResource.CONFIG_MAPS, "", versions.get(3))))
                .hasCauseInstanceOf(VersionExpiredException.class);
        assertThat(small.await(
                () -> small.registry().listAt(GroupResource.CONFIG_MAPS, "", versions.get(4)))
                .objects()).hasSize(5);
    }

    @Test
    void watch_fromPast_deliversEachChangeOnceInOrder() {
        StoredObject first = commit(creating(KEY, "a"));
        StoredObject second = commit(updating(first, "b"));
        Changes changes = watch(first.version());
        commit(creating(configMap("other", "x"), ""));
        StoredObject last = commit(deleting(second));
        assertThat(changes.all).extracting(Change::kind).containsExactly(Change.Kind.MODIFIED,
                Change.Kind.DELETED);
        assertThat(changes.all).extracting(Change::version).containsExactly(second.version(),
                last.version());
        assertThat(changes.all.get(1).previous()).containsSame(second);
        assertThat(value(changes.all.get(1).object())).isEqualTo("b");
    }

    @Test
    void watch_quiet_hearsOfProgressAndEnds() {
        Changes changes = new Changes();
        Registry.Watch watch = node.await(() -> node.registry().watch(GroupResource.PODS, "",
                node.registry().version(), changes));
        StoredObject object = commit(creating(KEY, "a"));
        simulation.run(Duration.ofSeconds(30));
        assertThat(changes.progress).isEqualTo(object.version());
        watch.close();
        simulation.run(Duration.ofSeconds(1));
        changes.progress = 0;
        simulation.run(Duration.ofSeconds(60));
        assertThat(changes.progress).isZero();
    }

    @Test
    void stop_openWatch_closed() {
        Changes changes = watch(0);
        node.await(() -> node.registry().stop());
        assertThat(changes.closed).isTrue();
        assertThat(write(creating(KEY, ""))).isInstanceOf(Unavailable.class);
    }

    @Test
    void follow_everyKind_beforeTheWriterHears() {
        List<Change> seen = new ArrayList<>();
        Changes follower = new Changes();
        node.loop().run(() -> node.registry().follow(follower));
        CompletableFuture<WriteResult> result = node.registry().write(creating(KEY, "a"));
        result.thenRun(() -> seen.addAll(follower.all));
        simulation.runUntil(result::isDone, Duration.ofSeconds(1));
        assertThat(seen).hasSize(1);
    }

    @Test
    void ownedBy_ownerChanges_followed() {
        StoredObject one = commit(
                List.of(new Mutation.Create(Draft.of(KEY, TestObjects.owned(KEY, "owner")))));
        commit(List.of(new Mutation.Create(Draft.of(OTHER, TestObjects.owned(OTHER, "owner")))));
        commit(creating(configMap("default", "free"), ""));
        assertThat(owned("owner")).containsExactly("one", "two");
        StoredObject released = commit(updating(one, "a"));
        assertThat(owned("owner")).containsExactly("two");
        commit(List.of(new Mutation.Update(Draft.of(KEY, TestObjects.owned(KEY, "next")),
                released.version())));
        assertThat(owned("next")).containsExactly("one");
        commit(deleting(node.registry().get(OTHER).orElseThrow()));
        assertThat(owned("owner")).isEmpty();
    }

    private List<String> owned(String uid) {
        return node.await(() -> CompletableFuture.completedFuture(node.registry()
                .ownedBy(GroupResource.CONFIG_MAPS, "default", uid).stream()
                .map(o -> o.key().name()).toList()));
    }

    @Test
    void namespaceFull_refusedUntilRoom() {
        SimulatedRegistry small = SimulatedRegistry.on(simulation, simulation.newLoop(),
                RegistryConfig.defaults().withNamespaceMax(2, 2_000));
        StoredObject one = ((Committed) small.await(() -> small.registry()
                .write(creating(KEY, "a")))).object();
        small.await(() -> small.registry().write(creating(OTHER, "a")));
        ObjectKey third = configMap("default", "three");
        assertThat(small.await(() -> small.registry().write(creating(third, ""))))
                .isInstanceOfSatisfying(Full.class,
                        full -> assertThat(full.reason()).contains("the limit is 2"));
        assertThat(small.await(() -> small.registry().write(updating(one, "x".repeat(2_000)))))
                .isInstanceOfSatisfying(Full.class,
                        full -> assertThat(full.reason()).contains("the limit is 2000"));
        assertThat(small.await(() -> small.registry().write(creating(configMap("b", "x"), ""))))
                .isInstanceOf(Committed.class);
        small.await(() -> small.registry().write(deleting(one)));
        assertThat(small.await(() -> small.registry().write(creating(third, ""))))
                .isInstanceOf(Committed.class);
        small.stopAndRestart();
        assertThat(small.await(() -> small.registry().write(creating(KEY, ""))))
                .isInstanceOf(Full.class);
    }

    @Test
    void diskFull_refusedAndWorksAgainWithRoom() {
        StoredObject object = commit(creating(KEY, "a"));
        node.storage().fail(Optional.of(new Storage.Outcome.Full("no space left")));
        assertThat(write(updating(object, "b"))).isEqualTo(new Full("no space left"));
        assertThat(write(creating(configMap("new", "x"), ""))).isInstanceOf(Full.class);
        assertThat(node.registry().get(KEY)).containsSame(object);
        node.storage().fail(Optional.empty());
        StoredObject updated = commit(updating(object, "b"));
        commit(creating(configMap("new", "x"), ""));
        node.crashAndRestart();
        assertThat(node.registry().get(KEY)).get().extracting(StoredObject::version)
                .isEqualTo(updated.version());
    }

    @Test
    void diskBroken_unknownThenUnavailable() {
        StoredObject object = commit(creating(KEY, "a"));
        node.storage().fail(Optional.of(new Storage.Outcome.Failed("I/O error")));
        assertThat(write(updating(object, "b"))).isInstanceOfSatisfying(Unavailable.class,
                u -> assertThat(u.maybeCommitted()).isTrue());
        node.storage().fail(Optional.empty());
        assertThat(write(updating(object, "b"))).isInstanceOfSatisfying(Unavailable.class,
                u -> assertThat(u.maybeCommitted()).isFalse());
        assertThat(node.registry().get(KEY)).containsSame(object);
    }

    @Test
    void restart_afterStop_keepsAllAndGoesOnAbove() {
        StoredObject first = commit(creating(KEY, "a"));
        StoredObject gone = commit(creating(OTHER, "b"));
        StoredObject deleted = commit(deleting(gone));
        node.stopAndRestart();
        assertThat(node.storage().logSize()).as("only the new term").isLessThan(5);
        StoredObject kept = node.registry().get(KEY).orElseThrow();
        assertThat(kept).usingRecursiveComparison().isEqualTo(first);
        assertThat(node.registry().get(OTHER)).isEmpty();
        assertThat(node.registry().version()).isGreaterThan(deleted.version());
        assertThat(commit(updating(kept, "c")).version()).isGreaterThan(deleted.version());
        assertThat(listed("default")).hasSize(1);
    }

    @Test
    void stop_writesUnderWay_endedAndInTheCheckpoint() {
        commit(creating(KEY, "a"));
        List<CompletableFuture<WriteResult>> results = new ArrayList<>();
        node.loop().run(() -> IntStream.range(0, 5).forEach(i -> results
                .add(node.registry().write(creating(configMap("default", "o" + i), "v")))));
        node.await(() -> node.registry().stop());
        assertThat(results).allMatch(r -> r.isDone() && r.join() instanceof Committed);
        assertThat(node.storage().logSize()).isZero();
    }

    @Test
    void restart_withoutStop_historyBeginsAnew() {
        StoredObject first = commit(creating(KEY, "a"));
        StoredObject second = commit(updating(first, "b"));
        node.crashAndRestart();
        assertThat(node.registry().get(KEY)).get().extracting(StoredObject::version)
                .isEqualTo(second.version());
        // A checkpoint may have had the later state already, so what came between cannot be told.
        assertThatThrownBy(() -> watch(first.version()))
                .hasCauseInstanceOf(VersionExpiredException.class);
        long now = node.registry().version();
        Changes changes = watch(now);
        commit(creating(OTHER, "c"));
        assertThat(changes.all).hasSize(1);
    }

    @Test
    void awaitVersion_seenLaterOrNever_toldInTime() {
        StoredObject object = commit(creating(KEY, "a"));
        assertThat(await(object.version(), 1)).isTrue();
        assertThat(await(object.version() + 1, 1)).isFalse();
        assertThat(await(object.version() + (1L << 40), 1)).isFalse();
        CompletableFuture<Boolean> later = node.registry().awaitVersion(object.version() + 1,
                Duration.ofSeconds(3));
        simulation.run(Duration.ofMillis(10));
        assertThat(later).isNotDone();
        commit(updating(object, "b"));
        assertThat(later).isCompletedWithValue(true);
    }

    private boolean await(long version, int seconds) {
        return node.await(
                () -> node.registry().awaitVersion(version, Duration.ofSeconds(seconds)));
    }

    private Changes watch(long from) {
        Changes changes = new Changes();
        node.await(() -> node.registry().watch(GroupResource.CONFIG_MAPS, "default", from,
                changes));
        simulation.run(Duration.ofMillis(1));
        return changes;
    }

    /** Notes what a watch is told. */
    private static final class Changes implements WatchListener {
        private final List<Change> all = new ArrayList<>();
        private long progress;
        private boolean closed;

        @Override
        public void onChanges(List<Change> changes) {
            assertThat(changes).isNotEmpty();
            all.addAll(changes);
        }

        @Override
        public void onProgress(long version) {
            progress = version;
        }

        @Override
        public void onClosed(String reason) {
            closed = true;
        }
    }
}

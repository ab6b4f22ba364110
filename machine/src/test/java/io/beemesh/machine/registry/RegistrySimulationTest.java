package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Many writers on few objects, watches that come and go, a disk that fills up, checkpoints, orderly stops
 * and power cuts at any moment, from one seed. Checked throughout: what was acknowledged is there in every
 * later life; each object goes from one state to the next as if its writes had come one by one; watches
 * see each committed change once, in order, or are told 410.
 *
 * <p>{@code -Dbeemesh.seed=N} runs that seed alone, {@code -Dbeemesh.seeds=N} as many.
 */
class RegistrySimulationTest {
    private static final int STEPS = 400;

    static List<Long> seeds() {
        Long only = Long.getLong("beemesh.seed");
        if (only != null) {
            return List.of(only);
        }
        List<Long> seeds = new ArrayList<>();
        for (long seed = 1; seed <= Integer.getInteger("beemesh.seeds", 100); seed++) {
            seeds.add(seed);
        }
        return seeds;
    }

    @ParameterizedTest(name = "seed={0}")
    @MethodSource("seeds")
    void writersWatchesAndCrashes_anySeed_keepTheRules(long seed) {
        new Run(seed).run();
    }

    @Test
    void oneSeed_twice_sameRun() {
        Run one = new Run(4);
        Run two = new Run(4);
        one.run();
        two.run();
        assertThat(one.story()).isEqualTo(two.story());
        assertThat(one.story()).hasSizeGreaterThan(1_000);
    }

    /** One run of a seed. */
    private static final class Run {
        private final Simulation simulation;
        private final RandomGenerator random;
        private final SimulatedRegistry node;
        private final WriteHistory history = new WriteHistory();
        private final List<CheckedWatch> watches = new ArrayList<>();
        private final Map<Long, Map<ObjectKey, String>> snapshots = new LinkedHashMap<>();
        private final List<CompletableFuture<Void>> checks = new ArrayList<>();
        private int written;

        Run(long seed) {
            simulation = new Simulation(seed);
            random = simulation.newRandom();
            RegistryConfig config = RegistryConfig.defaults()
                    .withChanges(5 + random.nextInt(100), 1 << 20)
                    .withCheckpointBytes(1_000 + random.nextInt(20_000));
            node = SimulatedRegistry.on(simulation, simulation.newLoop(), config);
        }

        void run() {
            for (int step = 0; step < STEPS; step++) {
                step();
                simulation.run(Duration.ofNanos(random.nextInt(3_000_000)));
            }
            node.storage().fail(Optional.empty());
            settle();
            history.check(state());
            restart(true);
        }

        String story() {
            return history.toString();
        }

        private void step() {
            switch (random.nextInt(100)) {
                case 0 -> restart(false);
                case 1 -> restart(true);
                case 2, 3, 4 -> node.storage().fail(random.nextInt(3) == 0
                        ? Optional.of(new Storage.Outcome.Full("full"))
                        : Optional.empty());
                case 5, 6, 7, 8, 9, 10 -> openWatch(history.randomVersion(random));
                case 11, 12 -> openWatch(node.registry().version());
                case 13, 14, 15 -> snapshot();
                case 16, 17, 18 -> listPast();
                default -> node.loop().execute(this::write);
            }
        }

        private void write() {
            int mutations = random.nextInt(4) == 0 ? 2 : 1;
            String namespace = "ns" + random.nextInt(3);
            List<Mutation> all = new ArrayList<>();
            for (int i = 0; i < mutations; i++) {
                ObjectKey key = TestObjects.configMap(namespace, "o" + (2 * random.nextInt(2) + i));
                Optional<StoredObject> current = node.registry().get(key);
                Draft draft = TestObjects.draft(key, "value-" + written++);
                long expected = current.map(StoredObject::version).orElse(1L);
                all.add(switch (random.nextInt(current.isPresent() ? 5 : 3)) {
                    case 0, 1 -> new Mutation.Create(draft);
                    case 2 -> new Mutation.Update(draft, random.nextBoolean() ? expected : 7);
                    case 3 -> new Mutation.Update(draft, expected);
                    default -> new Mutation.Delete(
                            Draft.of(key, current.orElseThrow().object()), expected);
                });
            }
            int id = history.begin(all);
            checks.add(node.registry().write(all).thenAccept(result -> history.end(id, result)));
        }

        private void restart(boolean inOrder) {
            node.storage().fail(Optional.empty());
            if (inOrder) {
                node.stopAndRestart();
            } else {
                node.crashAndRestart();
            }
            checkAnswers();
            watches.clear();
            snapshots.clear();
            history.restarted(state());
        }

        private void settle() {
            simulation.run(Duration.ofSeconds(1));
            checkAnswers();
        }

        private void checkAnswers() {
            checks.stream().filter(CompletableFuture::isDone).forEach(CompletableFuture::join);
            checks.clear();
            watches.forEach(w -> w.check(history));
        }

        private Map<ObjectKey, StoredObject> state() {
            Map<ObjectKey, StoredObject> state = new TreeMap<>();
            node.await(() -> node.registry().list(GroupResource.CONFIG_MAPS, "")).objects()
                    .forEach(o -> state.put(o.key(), o));
            return state;
        }

        private void openWatch(long from) {
            CheckedWatch watch = new CheckedWatch(from);
            try {
                node.await(() -> node.registry().watch(GroupResource.CONFIG_MAPS, "", from, watch));
                watches.add(watch);
            } catch (CompletionException e) {
                assertThat(e.getCause()).isInstanceOfSatisfying(VersionExpiredException.class,
                        expired -> assertThat(expired.oldest()).isGreaterThan(from));
            }
        }

        private void snapshot() {
            Registry.Snapshot now = node
                    .await(() -> node.registry().list(GroupResource.CONFIG_MAPS, ""));
            snapshots.put(now.version(), values(now));
        }

        private void listPast() {
            snapshots.forEach((version, values) -> {
                try {
                    assertThat(values(node.await(() -> node.registry()
                            .listAt(GroupResource.CONFIG_MAPS, "", version)))).isEqualTo(values);
                } catch (CompletionException e) {
                    assertThat(e).hasCauseInstanceOf(VersionExpiredException.class);
                }
            });
        }

        private static Map<ObjectKey, String> values(Registry.Snapshot snapshot) {
            Map<ObjectKey, String> values = new TreeMap<>();
            snapshot.objects().forEach(o -> values.put(o.key(), TestObjects.value(o)));
            return values;
        }
    }
}

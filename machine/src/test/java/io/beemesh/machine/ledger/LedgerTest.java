package io.beemesh.machine.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.ledger.Ledger.Place;
import io.beemesh.machine.ledger.Ledger.Replacement;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class LedgerTest {
    private static final ObjectKey OWNER = new ObjectKey(GroupResource.REPLICA_SETS, "default",
            "web");
    private final Ledger three = Ledger.empty("owner").add("a").add("b").add("c");

    @Test
    void add_lowestFreeIndex_withIncarnationsThatRise() {
        assertThat(three.places().keySet()).containsExactly(0, 1, 2);
        Ledger again = three.removePod("b").add("d");
        assertThat(again.indexOf("d")).contains(1);
        assertThat(incarnation(again, 1))
                .isGreaterThan(incarnation(three, 1));
        assertThat(again.indexOf("b")).isEmpty();
    }

    @Test
    void replace_currentIncarnation_onlyOnce() {
        long incarnation = incarnation(three, 1);
        Replacement first = three.replace(1, incarnation, "x");
        assertThat(first).isInstanceOf(Replacement.Replaced.class);
        Ledger after = ((Replacement.Replaced) first).ledger();
        assertThat(after.replace(1, incarnation, "y"))
                .isEqualTo(new Replacement.Superseded(new Place(incarnation + 1, "x")));
        assertThat(after.replace(7, 1, "y")).isEqualTo(new Replacement.NotWanted());
        assertThat(after.places()).hasSize(3);
    }

    @Test
    void replace_indexGivenUpAndWantedAgain_staleClaimRefused() {
        long stale = incarnation(three, 2);
        Ledger again = three.remove(2).add("d");
        assertThat(again.replace(2, stale, "y")).isInstanceOf(Replacement.Superseded.class);
    }

    @Test
    void toObject_andBack_equal() {
        ApiObject object = ApiObject.parse(Json.write(three.toObject(OWNER).tree()));
        assertThat(Ledger.of("owner", Optional.of(object))).isEqualTo(three);
        assertThat(Ledger.of("other", Optional.of(object))).isEqualTo(Ledger.empty("other"));
        assertThat(Ledger.key(OWNER).type()).isEqualTo(GroupResource.LEDGERS);
    }

    @Test
    void merge_anyHistories_symmetricAndNeverBack() {
        SplittableRandom random = new SplittableRandom(3);
        for (int run = 0; run < 200; run++) {
            Ledger left = wander(three, random, "left");
            Ledger right = wander(three, random, "right");
            Ledger merged = left.merge(right);
            assertThat(merged).isEqualTo(right.merge(left));
            assertThat(merged.merge(left)).isEqualTo(merged);
            left.places().forEach((index, place) -> assertThat(
                    incarnation(merged, index))
                    .isGreaterThanOrEqualTo(place.incarnation()));
            assertThat(merged.nextIncarnation(merged.lowestFree()))
                    .isGreaterThan(Math.max(left.incarnationMax(), right.incarnationMax()));
        }
    }

    private static Ledger wander(Ledger from, SplittableRandom random, String name) {
        Ledger ledger = from;
        for (int step = 0; step < random.nextInt(8); step++) {
            int index = random.nextInt(4);
            ledger = switch (random.nextInt(3)) {
                case 0 -> ledger.add(name + step);
                case 1 -> ledger.remove(index);
                default -> ledger.replace(index, ledger.nextIncarnation(index) - 1,
                        name + step) instanceof Replacement.Replaced(Ledger next, _)
                                ? next
                                : ledger;
            };
        }
        return ledger;
    }

    /** Ten siblings miss the same pod at once; ledger and pod change in one entry, so one clone is made. */
    @Test
    void replace_manyClonersAtOnce_onePodIsMade() {
        Simulation simulation = new Simulation(5);
        SimulatedRegistry node = SimulatedRegistry.on(simulation);
        node.await(() -> node.registry().write(
                List.of(new Mutation.Create(Draft.of(Ledger.key(OWNER), three.toObject(OWNER))))));
        StoredObject seen = node.registry().get(Ledger.key(OWNER)).orElseThrow();
        List<CompletableFuture<WriteResult>> results = new ArrayList<>();
        for (int cloner = 0; cloner < 10; cloner++) {
            Ledger ledger = Ledger.of("owner", Optional.of(seen.object()));
            String pod = "clone-" + cloner;
            if (ledger.replace(1, incarnation(ledger, 1),
                    pod) instanceof Replacement.Replaced(Ledger next, _)) {
                results.add(node.registry().write(List.of(
                        new Mutation.Update(Draft.of(seen.key(), next.toObject(OWNER)),
                                seen.version()),
                        new Mutation.Create(Draft.of(
                                new ObjectKey(GroupResource.PODS, "default", pod), pod(pod))))));
            }
        }
        simulation.runUntil(() -> results.stream().allMatch(CompletableFuture::isDone),
                Duration.ofSeconds(1));
        assertThat(results).hasSize(10)
                .filteredOn(r -> r.join() instanceof WriteResult.Committed).hasSize(1);
        assertThat(node.await(() -> node.registry().list(GroupResource.PODS, "")).objects())
                .hasSize(1);
    }

    private static long incarnation(Ledger ledger, int index) {
        return ledger.place(index).orElseThrow().incarnation();
    }

    private static ApiObject pod(String name) {
        ApiObject pod = new ApiObject(Json.object());
        pod.metadata().put("name", name).put("uid", name);
        return pod;
    }
}

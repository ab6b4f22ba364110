package io.beemesh.machine.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.SimulatedMesh.MeshNode;
import io.beemesh.machine.registry.replica.Rules;
import io.beemesh.protocol.registry.RegistryException;
import io.beemesh.protocol.registry.RegistryMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes that come to a mesh, several at once, and go. */
class JoiningMeshTest {
    private static final ObjectKey KEY = TestObjects.configMap("shop", "a");
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Simulation simulation = new Simulation(7);
    private final SimulatedLoop clock = simulation.newLoop();
    private final SimulatedMesh mesh = new SimulatedMesh(simulation, NetworkConditions.lan(),
            RegistryConfig.defaults().withoutDetaching(), Rules.all());

    private <T> T await(MeshNode node, Supplier<CompletableFuture<T>> call) {
        CompletableFuture<CompletableFuture<T>> started = new CompletableFuture<>();
        node.run(() -> started.complete(call.get()));
        simulation.runUntil(() -> started.join().isDone(), LIMIT);
        return started.join().join();
    }

    private void write(MeshNode node, ObjectKey key) {
        assertThat(await(node,
                () -> node.registry().write(TestObjects.creating(key, "one"))))
                .isInstanceOf(WriteResult.Committed.class);
    }

    private List<StoredObject> listAll(MeshNode node) {
        return await(node, () -> node.registry().list(GroupResource.CONFIG_MAPS, "")).objects();
    }

    /** Found in simulation: slots waited for their voices, and they for the slots before they had one. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5})
    void asManyJoinAsHaveAVoice_whileSlotsAreAboutToBegin_allGoOn(int count) {
        mesh.withNodes(count);
        simulation.run(Duration.ofSeconds(1));
        for (int i = 0; i < count; i++) {
            mesh.join();
        }
        // Some are to begin a slot before they are told which there are.
        mesh.lost = (to, message) -> message instanceof RegistryMessage.Response response
                && response.kind() == Router.SLOTS;
        MeshNode first = mesh.nodes.getFirst();
        for (int i = 0; i < 20; i++) {
            ObjectKey key = TestObjects.configMap("namespace-" + i, "a");
            first.run(() -> first.registry().write(TestObjects.creating(key, "one")));
        }
        simulation.run(Duration.ofMillis(400));
        mesh.lost = (to, message) -> false;
        simulation.run(Duration.ofSeconds(8));
        assertThat(mesh.nodes.subList(count, 2 * count))
                .allMatch(node -> node.registry().isCaughtUp());
        write(first, KEY);
        for (MeshNode node : mesh.nodes) {
            assertThat(listAll(node)).hasSize(21);
        }
    }

    /** As real nodes do: each hears of the others in its own time, and makes its Node as soon as it can. */
    @Test
    void nineJoinAtOnce_eachHasItsNodeSoon() {
        for (long seed : seeds()) {
            try {
                new JoiningMeshTest().nineJoin(new SplittableRandom(seed));
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed=" + seed + ": " + e.getMessage(), e);
            }
        }
    }

    private static List<Long> seeds() {
        Long only = Long.getLong("beemesh.seed");
        return only != null
                ? List.of(only)
                : LongStream.rangeClosed(1, Integer.getInteger("beemesh.seeds", 20)).boxed()
                        .toList();
    }

    private void nineJoin(RandomGenerator random) {
        mesh.withNodes(1);
        MeshNode first = mesh.nodes.getFirst();
        for (int i = 0; i < 10; i++) {
            write(first, TestObjects.configMap("old-" + i, "a"));
        }
        mesh.late = Duration.ofMillis(20);
        Set<MeshNode> done = new HashSet<>();
        for (int i = 0; i < 9; i++) {
            simulation.run(Duration.ofMillis(random.nextInt(150)));
            List<MeshNode> strangers = mesh.nodes.stream().skip(1).toList();
            MeshNode node = mesh.join(strangers);
            strangers.forEach(earlier -> introduce(earlier, node, random));
            ObjectKey key = TestObjects.configMap("node-" + i, "a");
            onceCaughtUp(node, () -> create(node, key, done));
            begin(random, "early-" + i);
        }
        simulation.run(Duration.ofSeconds(20));
        for (MeshNode node : mesh.nodes.subList(1, 10)) {
            assertThat(node.registry().isCaughtUp()).isTrue();
            assertThat(done).as(() -> mesh.describe(SlotMap.ofNamespace(
                    "node-" + (mesh.nodes.indexOf(node) - 1)))).contains(node);
        }
    }

    /** Two nodes hear of each other, each in its own time. */
    private void introduce(MeshNode earlier, MeshNode later, RandomGenerator random) {
        clock.schedule(Duration.ofMillis(random.nextInt(1_500)),
                () -> earlier.hearsOf(later));
        clock.schedule(Duration.ofMillis(random.nextInt(300)),
                () -> later.hearsOf(earlier));
    }

    private void onceCaughtUp(MeshNode node, Runnable task) {
        clock.schedule(Duration.ofMillis(10), () -> {
            if (node.registry().isCaughtUp()) {
                node.run(task);
            } else {
                onceCaughtUp(node, task);
            }
        });
    }

    private void create(MeshNode node, ObjectKey key, Set<MeshNode> done) {
        node.registry().write(TestObjects.creating(key, "one")).thenAccept(result -> {
            if (result instanceof WriteResult.Unavailable) {
                node.host().loop().schedule(Duration.ofSeconds(1),
                        () -> create(node, key, done));
            } else {
                done.add(node);
            }
        });
    }

    /** What came while a registry was being started made it wait for slots that others lead. */
    @Test
    void messagesComeBeforeTheRegistryStarts_itStarts() {
        mesh.withNodes(1);
        write(mesh.nodes.getFirst(), KEY);
        mesh.late = Duration.ofMillis(500);
        MeshNode node = mesh.join();
        node.wanted = false;
        simulation.run(Duration.ofSeconds(3));
        assertThat(node.registry().isCaughtUp()).isTrue();
    }

    /** On real nodes: who had asked for votes while fewer were there asked the same few for ever. */
    @Test
    void moreJoinWhileVotesAreAskedFor_allAreAsked() {
        mesh.withNodes(1);
        simulation.run(Duration.ofSeconds(1));
        mesh.lost = (to, message) -> message instanceof RegistryMessage.Response response
                && response.kind() == Router.SLOTS;
        mesh.join();
        want(0);
        MeshNode first = mesh.nodes.getFirst();
        first.run(() -> first.registry().write(TestObjects.creating(KEY, "one")));
        simulation.run(Duration.ofMillis(100));
        mesh.join();
        mesh.lost = (to, message) -> false;
        want(0);
        simulation.run(Duration.ofSeconds(3));
        assertThat(mesh.nodes).allMatch(node -> node.registry().isCaughtUp());
        for (MeshNode node : mesh.nodes) {
            assertThat(await(node, () -> node.registry().list(GroupResource.CONFIG_MAPS, "shop"))
                    .objects()).hasSize(1);
        }
    }

    /** Found with seed 351 of {@code MeshRegistrySimulationTest}: in its next life it had a voice at once. */
    @Test
    void killedBeforeTheyHaveAll_beginNothingThatIsThereWhenTheyComeBack() {
        mesh.withNodes(1);
        MeshNode first = mesh.nodes.getFirst();
        write(first, KEY);
        partition(1);
        List<MeshNode> joining = List.of(mesh.join(), mesh.join());
        simulation.run(Duration.ofSeconds(1));
        joining.forEach(MeshNode::kill);
        joining.forEach(MeshNode::restart);
        simulation.run(Duration.ofSeconds(1));
        assertThat(writeBy(1, "two")).isNotInstanceOf(WriteResult.Committed.class);
        allRead("one");
        assertThat(mesh.nodes).allMatch(node -> node.registry().isCaughtUp());
    }

    /** Two majorities that do not meet: of those that the founder knows, and of all. */
    @Test
    void founderHasNotHeardOfThoseThatJoined_whoToldThemDoNotHelpIt() {
        mesh.withNodes(3);
        simulation.run(Duration.ofSeconds(1));
        MeshNode founder = mesh.nodes.getFirst();
        joinUnknownTo(founder);
        simulation.run(Duration.ofSeconds(1));
        partition(2);
        assertThat(writeBy(0, "one")).isInstanceOf(WriteResult.Unavailable.class);
        assertThat(writeBy(2, "two")).isInstanceOf(WriteResult.Committed.class);
        founder.unknown = List.of();
        allRead("two");
    }

    /** The same, where the vote was given before. */
    @Test
    void voteIsGivenBeforeOthersJoin_theyHaveNoVoiceInThatSlot() {
        MeshNode founder = mesh.withNodes(3).nodes.getFirst();
        RegistryMessage vote = lostVoteFor(founder);
        mesh.lost = (to, message) -> false;
        joinUnknownTo(founder);
        partition(2);
        takes(founder, vote);
        assertThat(writeBy(0, "one")).isInstanceOf(WriteResult.Committed.class);
        assertThat(writeBy(2, "two")).isInstanceOf(WriteResult.Unavailable.class);
        founder.unknown = List.of();
        allRead("one");
    }

    /** The same, where the founder told them later and they count on that. */
    @Test
    void voteIsGivenBeforeOthersJoin_founderTellsThem_itDoesNotBeginWithoutThem() {
        MeshNode founder = mesh.withNodes(3).nodes.getFirst();
        RegistryMessage vote = lostVoteFor(founder);
        mesh.lost = (to, message) -> false;
        joinUnheard(founder);
        partition(2);
        takes(founder, vote);
        assertThat(writeBy(0, "one")).isInstanceOf(WriteResult.Unavailable.class);
        assertThat(writeBy(2, "two")).isInstanceOf(WriteResult.Committed.class);
        allRead("two");
    }

    /** A slot that one without a voice has an entry of, so that those who tell know of none. */
    @Test
    void founderTellsThatItHasBegun_itIsNotBegunByThoseThatHaveNothingOfItYet() {
        MeshNode founder = mesh.withNodes(2).nodes.getFirst();
        simulation.run(Duration.ofSeconds(1));
        MeshNode mute = mesh.join();
        mesh.lost = (to, message) -> to.equals(mute.self())
                ? message instanceof RegistryMessage.Response response
                        && response.kind() == Router.SLOTS && response.payload().length > 0
                : message instanceof RegistryMessage.Append
                        || message instanceof RegistryMessage.SnapshotPart;
        assertThat(writeBy(0, "one")).isInstanceOf(WriteResult.Committed.class);
        joinUnheard(founder);
        mesh.network.partition((from,
                to) -> isOf(founder, mute, from.peerId()) != isOf(founder, mute, to.peerId()));
        mesh.lost = (to, message) -> false;
        assertThat(writeBy(3, "two")).isInstanceOf(WriteResult.Unavailable.class);
        allRead("one");
    }

    private static boolean isOf(MeshNode one, MeshNode other, PeerId peer) {
        return one.self().equals(peer) || other.self().equals(peer);
    }

    /** Who told the others has forgotten it, and the founder whom it had asked for votes last. */
    @Test
    void votesWereAskedForBeforeOthersJoined_muchLaterTheyAreAskedToo() {
        MeshNode founder = mesh.withNodes(3).nodes.getFirst();
        lostVoteFor(founder);
        mesh.join();
        mesh.join();
        simulation.run(Duration.ofSeconds(2));
        mesh.lost = (to, message) -> false;
        want(0);
        simulation.run(Duration.ofMinutes(1));
        partition(2);
        simulation.run(Duration.ofMinutes(2));
        assertThat(writeBy(2, "two")).isInstanceOf(WriteResult.Committed.class);
        assertThat(writeBy(0, "one")).isInstanceOf(WriteResult.Unavailable.class);
        allRead("two");
    }

    /** A vote for the founder of a slot; all such votes are lost, and it waits for none. */
    private RegistryMessage lostVoteFor(MeshNode founder) {
        simulation.run(Duration.ofSeconds(1));
        List<RegistryMessage> votes = new ArrayList<>();
        mesh.lost = (to, message) -> message instanceof RegistryMessage.VoteReply reply
                && reply.granted() && !reply.trial() && votes.add(reply);
        want(0);
        founder.run(() -> founder.registry().write(TestObjects.creating(KEY, "lost")));
        // It tries seldom once nobody waits for it.
        simulation.run(Duration.ofSeconds(6));
        votes.clear();
        simulation.runUntil(() -> votes.size() == 2, LIMIT);
        return votes.getFirst();
    }

    private void takes(MeshNode founder, RegistryMessage vote) {
        founder.run(() -> {
            try {
                founder.registry().onMessage(mesh.nodes.get(1).self(), vote);
            } catch (RegistryException e) {
                throw new AssertionError(e);
            }
        });
    }

    /** Two nodes join of which {@code ignorant} does not hear. */
    private void joinUnknownTo(MeshNode ignorant) {
        mesh.network.partition((from,
                to) -> from.peerId().equals(ignorant.self()) != to.peerId().equals(ignorant.self())
                        && isNew(from.peerId()) != isNew(to.peerId()));
        MeshNode one = mesh.join();
        ignorant.unknown = List.of(one);
        simulation.runUntil(() -> one.registry().isCaughtUp(), LIMIT);
        MeshNode two = mesh.join();
        ignorant.unknown = List.of(one, two);
        simulation.runUntil(() -> two.registry().isCaughtUp(), LIMIT);
    }

    /** Two nodes join of which {@code other} hears later, as they of it; then it tells them. */
    private void joinUnheard(MeshNode other) {
        for (int i = 0; i < 2; i++) {
            MeshNode joining = mesh.join(List.of(other));
            simulation.runUntil(() -> joining.registry().isCaughtUp(), LIMIT);
        }
        for (MeshNode joined : mesh.nodes.subList(3, 5)) {
            joined.hearsOf(other);
            other.hearsOf(joined);
        }
        simulation.run(Duration.ofMillis(1_150));
    }

    private boolean isNew(PeerId peer) {
        return mesh.nodes.stream().skip(3).anyMatch(n -> n.self().equals(peer));
    }

    /** The first nodes are cut off from the others. */
    private void partition(int count) {
        List<PeerId> side = mesh.nodes.stream().limit(count).map(MeshNode::self).toList();
        mesh.network.partition(
                (from, to) -> side.contains(from.peerId()) != side.contains(to.peerId()));
    }

    /** The slots are to be that node's. */
    private void want(int index) {
        mesh.nodes.forEach(n -> n.wanted = mesh.nodes.indexOf(n) == index);
    }

    private WriteResult writeBy(int index, String value) {
        want(index);
        MeshNode node = mesh.nodes.get(index);
        return await(node, () -> node.registry().write(TestObjects.creating(KEY, value)));
    }

    private void allRead(String value) {
        mesh.network.heal();
        mesh.nodes.forEach(n -> n.wanted = true);
        simulation.run(Duration.ofSeconds(10));
        for (MeshNode node : mesh.nodes) {
            await(node, () -> node.registry().refresh(KEY));
            assertThat(node.registry().get(KEY).map(TestObjects::value)).hasValue(value);
        }
    }

    /** On real nodes a list had hung once after a node of ten had left. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void tenJoinTogether_oneIsKilledAndComesBack_oneLeaves_allAnswer(long seed) {
        RandomGenerator random = new SplittableRandom(seed);
        mesh.withNodes(1);
        for (int i = 0; i < 9; i++) {
            mesh.join();
            simulation.run(Duration.ofMillis(random.nextInt(300)));
            begin(random, "early-" + i);
        }
        MeshNode killed = any(random);
        killed.kill();
        begin(random, "meanwhile");
        simulation.run(Duration.ofMillis(random.nextInt(4_000)));
        killed.restart();
        begin(random, "after");
        simulation.run(Duration.ofSeconds(10));
        assertThat(mesh.nodes).allMatch(node -> node.registry().isCaughtUp());
        int there = listAll(mesh.nodes.getFirst()).size();
        MeshNode leaving = any(random);
        leaving.wanted = false;
        simulation.runUntil(() -> !isHome(leaving), Duration.ofSeconds(30));
        begin(random, "last");
        List<MeshNode> staying = mesh.nodes.stream().filter(node -> node != leaving).toList();
        // One does not hear of it, and holds it for dead.
        staying.get(random.nextInt(9)).uninformed = seed % 2 == 0;
        leaving.leave();
        for (MeshNode node : staying) {
            write(node, TestObjects.configMap("new-" + mesh.nodes.indexOf(node), "a"));
        }
        simulation.run(Duration.ofSeconds(1));
        for (MeshNode node : staying) {
            long before = simulation.nanoTime();
            assertThat(listAll(node)).hasSizeGreaterThanOrEqualTo(there + 9);
            assertThat(await(node, () -> node.registry().list(GroupResource.NODES, "")).objects())
                    .isEmpty();
            assertThat(Duration.ofNanos(simulation.nanoTime() - before))
                    .isLessThan(Duration.ofSeconds(1));
        }
    }

    private static boolean isHome(MeshNode node) {
        boolean[] is = {false};
        node.run(() -> is[0] = node.registry().isHome());
        return is[0];
    }

    private MeshNode any(RandomGenerator random) {
        return mesh.nodes.get(random.nextInt(mesh.nodes.size()));
    }

    /** Some node is about to begin a few slots. */
    private void begin(RandomGenerator random, String name) {
        for (int i = 0; i < 3; i++) {
            ObjectKey key = TestObjects.configMap(name + i, "a");
            MeshNode node = any(random);
            if (node.isUp()) {
                node.run(() -> node.registry().write(TestObjects.creating(key, "one")));
            }
        }
    }
}

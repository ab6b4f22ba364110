package io.beemesh.sidecar.ratis;

import io.beemesh.libp2p.Waiting;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.protocol.sidecar.FenceTiming;
import io.beemesh.protocol.sidecar.GroupState;
import io.beemesh.protocol.sidecar.GroupView;
import io.beemesh.sidecar.stateful.Answer;
import io.beemesh.sidecar.stateful.Group;
import io.beemesh.sidecar.stateful.Operation;
import io.beemesh.sidecar.stateful.ReplicatedLog.Standing;
import io.beemesh.sidecar.stateful.UnavailableException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** Members of one group in this process, each with a Ratis server and a directory of its own. */
final class TestCluster implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final RatisSettings.Timing TIMING = new RatisSettings.Timing(
            Duration.ofMillis(300), Duration.ofMillis(600), 100);

    private static final FenceTiming FENCE = new FenceTiming(Duration.ofMillis(500),
            Duration.ofMillis(500), Duration.ofMillis(200));

    final TestNetwork network = new TestNetwork();
    private final NettyLoop loop = new NettyLoop("members");
    private final UUID group = UUID.randomUUID();
    private final Path directory;
    private final Map<Integer, Member> members = new ConcurrentSkipListMap<>();
    private final List<Integer> wanted = new ArrayList<>();
    private final Set<Integer> uninformed = new HashSet<>();
    private PeerId founder;
    private long generation;

    /** One pod. */
    record Member(int ordinal, PeerId peer, Path directory, Group part,
            List<GroupState> told) {}

    private final PrivateKey firstKey = PrivateKey.generate(new SecureRandom());

    TestCluster(Path directory) {
        this.directory = directory;
        this.founder = firstKey.peerId();
    }

    Member start(int ordinal) {
        return start(ordinal, ordinal == 0
                ? founder
                : PrivateKey.generate(new SecureRandom()).peerId());
    }

    Member start(int ordinal, PeerId peer) {
        Path own = directory.resolve(peer.toString());
        List<GroupState> told = new ArrayList<>();
        Group part = new Group(loop, peer,
                RatisLog.opener(own, network.link(peer), TIMING), network.link(peer),
                new Random(ordinal), new Group.Times(Duration.ofSeconds(4), FENCE), told::add);
        Member member = new Member(ordinal, peer, own, part, told);
        members.put(ordinal, member);
        if (!wanted.contains(ordinal)) {
            wanted.add(ordinal);
        }
        on(part::start);
        view();
        return member;
    }

    /** Ends the process of a member; its directory stays. */
    void kill(int ordinal) {
        Member member = member(ordinal);
        members.remove(ordinal);
        network.stop(member.peer);
        // Outside of the loop, as it waits for answers that come there.
        member.part.close();
    }

    /** All processes end, and begin again with their logs. */
    void restart() {
        List<Member> before = List.copyOf(members.values());
        before.forEach(member -> kill(member.ordinal));
        before.forEach(member -> start(member.ordinal, member.peer));
    }

    /** The set is to have the ordinals below. */
    void scale(int replicas) {
        wanted.clear();
        wanted.addAll(IntStream.range(0, replicas).boxed().toList());
        view();
    }

    /** A member begins the next generation. */
    void recover(int ordinal) {
        founder = member(ordinal).peer;
        generation++;
        view();
    }

    /** The machines of these are cut off from the registry, and go on with what they know; of none, all are told. */
    void uninformed(Integer... ordinals) {
        uninformed.clear();
        uninformed.addAll(List.of(ordinals));
        view();
    }

    private void view() {
        int end = wanted.stream().mapToInt(Integer::intValue).max().orElse(-1) + 1;
        List<GroupView.Member> all = members.values().stream()
                .map(member -> new GroupView.Member(member.peer, member.ordinal, "")).toList();
        members.values().forEach(member -> on(() -> member.part.view(
                new GroupView(group, uninformed.contains(member.ordinal) ? 0 : generation,
                        member.peer.equals(founder), 0, end, all))));
    }

    private void on(Runnable task) {
        CompletableFuture.runAsync(task, loop).orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    Member member(int ordinal) {
        return Objects.requireNonNull(members.get(ordinal));
    }

    Standing standing(int ordinal) {
        return CompletableFuture.supplyAsync(member(ordinal).part::standing, loop).join();
    }

    /** Its present state as the machine was told. */
    Optional<GroupState.Role> role(int ordinal) {
        return CompletableFuture.supplyAsync(() -> {
            List<GroupState> told = member(ordinal).told;
            return told.isEmpty()
                    ? Optional.<GroupState.Role>empty()
                    : Optional.of(told.getLast().role());
        }, loop).join();
    }

    /** How far its log goes, once it has told that it is alone. */
    Optional<GroupState.LogEnd> logEnd(int ordinal) {
        return CompletableFuture.supplyAsync(() -> {
            List<GroupState> told = member(ordinal).told;
            return told.isEmpty()
                    ? Optional.<GroupState.LogEnd>empty()
                    : told.getLast().log();
        }, loop).join();
    }

    /** True if the member may speak for its ordinal now. */
    boolean speaks(Member member) {
        return CompletableFuture.supplyAsync(() -> member.part.lease().isOpen(), loop).join();
    }

    CompletableFuture<Answer> submit(int ordinal, Operation operation) {
        Member member = members.get(ordinal);
        if (member == null) {
            return CompletableFuture
                    .failedFuture(new UnavailableException(ordinal + " is down", false));
        }
        Group part = member.part;
        return CompletableFuture.supplyAsync(() -> part.submit(operation), loop)
                .thenCompose(answer -> answer);
    }

    /** Waits until all of these are voters, one of them leads and nobody else votes. */
    int awaitVoters(int... ordinals) {
        int[] leader = {-1};
        await("voters " + Arrays.toString(ordinals), () -> {
            leader[0] = -1;
            for (int ordinal : ordinals) {
                Standing now = standing(ordinal);
                List<Integer> voters = now.voters().stream().map(v -> v.ordinal()).sorted()
                        .toList();
                if (!voters.equals(Arrays.stream(ordinals).boxed().toList())) {
                    return false;
                }
                if (now.isLeader()) {
                    leader[0] = ordinal;
                }
            }
            return leader[0] >= 0;
        });
        return leader[0];
    }

    static void await(String what, BooleanSupplier condition) {
        Waiting.until(LIMIT, condition, () -> what);
    }

    @Override
    public void close() {
        List.copyOf(members.keySet()).forEach(this::kill);
        loop.close();
    }
}

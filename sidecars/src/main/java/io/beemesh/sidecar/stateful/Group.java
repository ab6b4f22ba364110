package io.beemesh.sidecar.stateful;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.sidecar.FenceTiming;
import io.beemesh.protocol.sidecar.GroupState;
import io.beemesh.protocol.sidecar.GroupView;
import io.beemesh.sidecar.stateful.ReplicatedLog.Settled;
import io.beemesh.sidecar.stateful.ReplicatedLog.Standing;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This pod's part in the group of its StatefulSet: opens the log once the machine says which group it is,
 * as the leader lets the voters follow the set, and passes the application's operations to whoever leads. On the
 * loop only.
 */
public final class Group implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Group.class);
    private static final Duration TICK = Duration.ofMillis(250);
    private static final Duration REOPEN = Duration.ofSeconds(2);
    private static final Duration HELLO = Duration.ofSeconds(2);
    /** Without a leader, until its log's end is told: elections take less. */
    private static final Duration ALONE = Duration.ofSeconds(5);
    private static final Standing NOTHING = new Standing(false, false, Optional.empty(), 0,
            Set.of(), ReplicatedLog.End.EMPTY);

    private final Loop loop;
    private final PeerId self;
    private final ReplicatedLog.Opener opener;
    private final PeerLink link;
    private final Consumer<GroupState> tell;
    private final Submissions submissions;
    private final Lease lease;
    private final Set<Voter> answering = new HashSet<>();
    private final Set<Voter> greeted = new HashSet<>();
    private @Nullable GroupView view;
    private @Nullable ReplicatedLog log;
    private @Nullable GroupState told;
    private Standing standing = NOTHING;
    private long led;
    private boolean opening;
    private boolean changing;
    private boolean closed;

    /**
     * How long things take.
     *
     * @param operation until one fails if nobody decides it
     * @param fence of the lease
     */
    public record Times(Duration operation, FenceTiming fence) {}

    /**
     * @param self this pod's identity
     * @param tell what the machine is to know
     */
    public Group(Loop loop, PeerId self, ReplicatedLog.Opener opener, PeerLink link,
            RandomGenerator random, Times times, Consumer<GroupState> tell) {
        this.loop = loop;
        this.self = self;
        this.opener = opener;
        this.link = link;
        this.tell = tell;
        this.submissions = new Submissions(loop, link, random, times.operation);
        this.led = loop.nanoTime();
        this.lease = new Lease(loop, times.fence, self, link, this::settled);
    }

    /** While it is open this pod speaks for its ordinal. */
    public Lease lease() {
        return lease;
    }

    private Optional<Settled> settled() {
        ReplicatedLog open = log;
        return open == null ? Optional.empty() : open.settled();
    }

    /** Serves the others; does nothing itself before a view has come. */
    public void start() {
        link.serve((peer, question) -> {
            CompletableFuture<byte[]> answer = new CompletableFuture<>();
            loop.execute(() -> answer(peer, question).whenComplete((bytes, failure) -> {
                if (failure == null) {
                    answer.complete(bytes);
                } else {
                    answer.completeExceptionally(failure);
                }
            }));
            return answer;
        });
        tick();
    }

    /** What the machine says of the group. */
    public void view(GroupView newView) {
        GroupView former = view;
        if (former != null && !former.group().equals(newView.group())) {
            LOG.error("Another group, ignored group={} other={}", former.group(),
                    newView.group());
            return;
        }
        if (former != null && former.generation() > newView.generation()) {
            LOG.warn("Former generation, ignored generation={} other={}", former.generation(),
                    newView.generation());
            return;
        }
        view = newView;
        if (former != null && former.generation() < newView.generation()) {
            LOG.warn("Group begins anew generation={}", newView.generation());
            end();
        }
        submissions.members(newView.members().stream().map(GroupView.Member::peer)
                .filter(peer -> !peer.equals(self)).toList());
        if (own().filter(voter -> voter.ordinal() >= (long) newView.first()
                + GroupView.VOTERS_MAX).isPresent()) {
            lease.spare();
        }
        openIfDue();
    }

    /** Decides an operation; fails with an {@link UnavailableException}. */
    public CompletableFuture<Answer> submit(Operation operation) {
        return submissions.submit(operation);
    }

    /** What this member knows now. */
    public Standing standing() {
        return standing;
    }

    private Optional<Voter> own() {
        GroupView known = view;
        return known == null
                ? Optional.empty()
                : known.members().stream().filter(member -> member.peer().equals(self))
                        .map(member -> new Voter(member.ordinal(), self)).findFirst();
    }

    private void openIfDue() {
        GroupView known = view;
        // Whoever is beyond the wanted ordinals was removed, and is to end.
        Optional<Voter> own = own().filter(voter -> known != null && voter.ordinal() < known.end()
                && voter.ordinal() >= known.first());
        if (known == null || own.isEmpty() || opening || log != null || closed) {
            return;
        }
        opening = true;
        opener.open(known, own.get()).whenComplete((opened, failure) -> loop.execute(() -> {
            opening = false;
            GroupView now = view;
            if (failure != null) {
                LOG.error("Log not opened group={} reason=\"{}\"", known.group(),
                        failure.toString());
                loop.schedule(REOPEN, this::openIfDue);
            } else if (closed) {
                opened.abandon();
            } else {
                log = opened;
                if (now != null && now.generation() > known.generation()) {
                    end();
                }
            }
        }));
    }

    /** The log of a former generation ends, before that of the next is opened. */
    private void end() {
        ReplicatedLog open = log;
        if (open == null) {
            return;
        }
        log = null;
        standing = NOTHING;
        submissions.leader(standing, null);
        opening = true;
        open.abandon().whenComplete((done, failure) -> loop.execute(() -> {
            opening = false;
            openIfDue();
        }));
    }

    private void tick() {
        if (closed) {
            return;
        }
        loop.schedule(TICK, this::tick);
        ReplicatedLog open = log;
        standing = open == null ? NOTHING : open.standing();
        if (open != null && !standing.isRunning()) {
            // A voter that was removed ends its log by itself.
            LOG.warn("Log has ended, opened again");
            log = null;
            open.abandon();
            loop.schedule(REOPEN, this::openIfDue);
        }
        submissions.leader(standing, log);
        lease.observe();
        report();
        GroupView known = view;
        if (open != null && known != null && standing.isLeader()) {
            follow(open, known);
        }
    }

    private void report() {
        boolean member = standing.voters().stream().anyMatch(voter -> voter.peer().equals(self));
        GroupState.Role role = !member || standing.leader().isEmpty()
                ? GroupState.Role.FENCED
                : standing.isLeader() ? GroupState.Role.LEADER : GroupState.Role.FOLLOWER;
        if (role != GroupState.Role.FENCED || log == null) {
            led = loop.nanoTime();
        }
        GroupState now = new GroupState(role, standing.term(),
                standing.voters().stream().map(Voter::ordinal).sorted().toList(), end(member));
        if (!now.equals(told)) {
            told = now;
            tell.accept(now);
        }
    }

    /** Told once nobody has led for long. */
    private Optional<GroupState.LogEnd> end(boolean isVoter) {
        GroupView known = view;
        return known != null && loop.nanoTime() - led >= ALONE.toNanos()
                ? Optional.of(new GroupState.LogEnd(known.generation(), isVoter,
                        standing.end().term(), standing.end().entries()))
                : Optional.empty();
    }

    /** As the leader, makes the next change of voters. */
    private void follow(ReplicatedLog open, GroupView known) {
        Set<Voter> voters = new LinkedHashSet<>(standing.voters());
        for (GroupView.Member member : known.members()) {
            greet(new Voter(member.ordinal(), member.peer()), voters);
        }
        if (changing) {
            return;
        }
        MembershipPlan.next(voters, known, answering::contains).ifPresent(next -> {
            changing = true;
            LOG.info("Voters change from={} to={}", voters, next);
            open.change(voters, next).whenComplete((done, failure) -> loop.execute(() -> {
                changing = false;
                answering.clear();
                if (failure != null) {
                    LOG.warn("Voters not changed reason=\"{}\"", failure.toString());
                }
            }));
        });
    }

    private void greet(Voter voter, Set<Voter> voters) {
        if (voters.contains(voter) || answering.contains(voter) || !greeted.add(voter)) {
            return;
        }
        link.ask(voter.peer(), new byte[]{Submissions.HELLO}, HELLO)
                .whenComplete((answer, failure) -> loop.execute(() -> {
                    greeted.remove(voter);
                    if (failure == null) {
                        answering.add(voter);
                    }
                }));
    }

    private CompletableFuture<byte[]> answer(PeerId peer, byte[] question) {
        ReplicatedLog open = log;
        if (open != null && question.length > 0 && question[0] == Lease.QUESTION) {
            // Also of one that is no member any more, which is how it learns that.
            return CompletableFuture
                    .completedFuture(Lease.vote(open.settled(), peer, question));
        }
        if (open == null || question.length == 0 || !isOfGroup(peer)) {
            return CompletableFuture.failedFuture(
                    new IOException(open == null ? "no log here yet" : peer + " is no member"));
        }
        return switch (question[0]) {
            case Submissions.HELLO -> CompletableFuture.completedFuture(new byte[0]);
            case Submissions.SUBMIT -> submissions.serve(question);
            default -> open.answer(peer, question);
        };
    }

    private boolean isOfGroup(PeerId peer) {
        GroupView known = view;
        return known != null
                && (known.members().stream().anyMatch(member -> member.peer().equals(peer))
                        || standing.voters().stream()
                                .anyMatch(voter -> voter.peer().equals(peer)));
    }

    /** Closes the log; blocks until it is on disk. */
    @Override
    public void close() {
        closed = true;
        ReplicatedLog open = log;
        if (open != null) {
            open.close();
        }
    }
}

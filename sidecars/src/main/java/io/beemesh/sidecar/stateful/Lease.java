package io.beemesh.sidecar.stateful;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.sidecar.FenceTiming;
import io.beemesh.protocol.sidecar.Gate;
import io.beemesh.sidecar.stateful.ReplicatedLog.Settled;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This pod's right to speak for its ordinal, which a majority of the voters gives for a short time, whoever leads.
 * It asks them all; each says yes while the latest voters in its log are committed, are those that this pod
 * knows (the same entry), and have this pod among them. When a majority said so the lease runs from when the
 * question was sent.
 *
 * <p>Why nobody else speaks meanwhile: to put another pod in this one's place is an entry of the same log, for which
 * a majority of those voters is needed. One of them has said yes before it wrote that entry, so the entry is
 * committed after the question was sent. The other pod waits from there for {@link FenceTiming#handOver}, longer
 * than the lease and what other pods take upon it. It asks only when somebody wants to know. On the loop only.
 */
public final class Lease implements Gate {
    static final byte QUESTION = 18;
    private static final Logger LOG = LoggerFactory.getLogger(Lease.class);
    private static final Duration ROUND = Duration.ofMillis(500);
    private static final byte YES = 0;
    private static final byte NOT_NOW = 1;
    private static final byte NO_VOTER = 2;
    private static final int QUESTION_BYTES = 1 + 2 * Long.BYTES;
    private static final int VOTE_BYTES = 1 + Long.BYTES;

    private final Loop loop;
    private final FenceTiming timing;
    private final PeerId self;
    private final PeerLink link;
    private final Supplier<Optional<Settled>> settled;
    private final Set<Waiting> waiting = new LinkedHashSet<>();
    private @Nullable Settled known;
    private boolean isSpared;
    private boolean isVoter;
    private boolean isReplaced;
    private long replacedBy = -1;
    private long speaksFrom;
    private boolean granted;
    private long until;
    private boolean wanted;
    private boolean asking;

    /** @param settled the voters as this pod knows them, now */
    public Lease(Loop loop, FenceTiming timing, PeerId self, PeerLink link,
            Supplier<Optional<Settled>> settled) {
        this.loop = loop;
        this.timing = timing;
        this.self = self;
        this.link = link;
        this.settled = settled;
    }

    /** This pod is to have none, as its ordinal never votes: it speaks without. */
    void spare() {
        if (!isSpared) {
            isSpared = true;
            List.copyOf(waiting).forEach(Waiting::onOpen);
        }
    }

    /** Looks at the voters; to be called a few times a second. */
    public void observe() {
        Optional<Settled> now = settled.get();
        if (now.isEmpty()) {
            return;
        }
        if (!now.get().isVoter(self)) {
            lose(now.get().index());
        } else if (!isVoter && now.get().index() > replacedBy) {
            isVoter = true;
            known = now.get();
            isReplaced = false;
            granted = false;
            speaksFrom = loop.nanoTime() + timing.handOver().toNanos();
            loop.schedule(timing.handOver(), this::askIfWanted);
        }
    }

    private void lose(long index) {
        if (isVoter && index > replacedBy) {
            LOG.warn("Ordinal is another pod's");
            isVoter = false;
            isReplaced = true;
            granted = false;
            replacedBy = index;
            List.copyOf(waiting).forEach(Waiting::onLost);
        }
    }

    @Override
    public boolean isOpen() {
        if (isSpared) {
            return true;
        }
        long now = loop.nanoTime();
        if (!isVoter || speaksFrom - now > 0) {
            wanted = true;
            return false;
        }
        if (!isHeld(now) || until - now < timing.lease().toNanos() / 2) {
            wanted |= !isHeld(now);
            ask();
        }
        return isHeld(now);
    }

    /** True once another pod has this one's ordinal. */
    boolean isReplaced() {
        return isReplaced;
    }

    private boolean isHeld(long now) {
        return granted && until - now > 0;
    }

    private void ask() {
        if (asking) {
            return;
        }
        again();
        // Before this pod's own vote, as before those of others.
        long asked = loop.nanoTime();
        Optional<Settled> now = settled.get();
        if (now.isPresent() && now.get().isVoter(self)) {
            known = now.get();
        }
        // Without its own vote it asks too: whoever is replaced may never hear it from the log.
        Settled voters = known;
        if (voters != null) {
            new Round(voters, asked, now.filter(voters::equals).isPresent() ? 1 : 0).start();
        }
    }

    /** The next question is no sooner than a round later. */
    private void again() {
        asking = true;
        loop.schedule(ROUND, () -> {
            asking = false;
            askIfWanted();
        });
    }

    private void askIfWanted() {
        if (wanted && isVoter && speaksFrom - loop.nanoTime() <= 0) {
            ask();
        }
    }

    @Override
    public void add(Waiting one) {
        waiting.add(one);
    }

    @Override
    public void remove(Waiting one) {
        waiting.remove(one);
    }

    /** What a voter answers, as it knows the voters at that moment. */
    static byte[] vote(Optional<Settled> known, PeerId asking, byte[] question) {
        ByteBuffer in = ByteBuffer.wrap(question);
        byte vote = NOT_NOW;
        long index = -1;
        if (known.isPresent() && question.length == QUESTION_BYTES
                && in.getLong(1) == known.get().generation()) {
            index = known.get().index();
            if (!known.get().isVoter(asking)) {
                vote = NO_VOTER;
            } else if (in.getLong(1 + Long.BYTES) == index) {
                vote = YES;
            }
        }
        return ByteBuffer.allocate(VOTE_BYTES).put(vote).putLong(index).array();
    }

    /** One question to all voters. */
    private final class Round {
        private final Settled voters;
        private final long asked;
        private int votes;

        Round(Settled voters, long asked, int votes) {
            this.voters = voters;
            this.asked = asked;
            this.votes = votes;
        }

        void start() {
            byte[] question = ByteBuffer.allocate(QUESTION_BYTES).put(QUESTION)
                    .putLong(voters.generation()).putLong(voters.index()).array();
            voters.voters().stream().filter(voter -> !voter.peer().equals(self))
                    .forEach(voter -> link.ask(voter.peer(), question, timing.lease())
                            .whenComplete((vote, failure) -> {
                                if (failure == null) {
                                    loop.execute(() -> count(vote));
                                }
                            }));
            grantIfDue();
        }

        private void count(byte[] vote) {
            if (vote.length != VOTE_BYTES) {
                return;
            }
            long index = ByteBuffer.wrap(vote).getLong(1);
            if (vote[0] == NO_VOTER && index > voters.index()) {
                lose(index);
            } else if (vote[0] == YES && index == voters.index()) {
                votes++;
                grantIfDue();
            }
        }

        private void grantIfDue() {
            if (!isVoter || votes != voters.voters().size() / 2 + 1) {
                return;
            }
            long end = asked + timing.lease().toNanos();
            until = granted ? Math.max(until, end) : end;
            granted = true;
            if (wanted && isHeld(loop.nanoTime())) {
                wanted = false;
                List.copyOf(waiting).forEach(Waiting::onOpen);
            }
        }
    }
}

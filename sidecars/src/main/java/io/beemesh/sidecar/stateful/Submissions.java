package io.beemesh.sidecar.stateful;

import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.sidecar.stateful.ReplicatedLog.NotLeaderException;
import io.beemesh.sidecar.stateful.ReplicatedLog.Standing;
import io.beemesh.sidecar.stateful.ReplicatedLog.Ticket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Takes operations to whoever leads the group, and tries again under the same ticket while it is not known who
 * that is: the log does each ticket once. On the loop only.
 */
final class Submissions {
    static final byte HELLO = 16;
    static final byte SUBMIT = 17;
    private static final byte DONE = 0;
    private static final byte ELSEWHERE = 1;
    private static final Duration ATTEMPT = Duration.ofSeconds(1);
    private static final Duration RETRY = Duration.ofMillis(100);
    private static final int PENDING_MAX = 256;
    private static final int CLIENT_BYTES = 16;

    private final Loop loop;
    private final PeerLink link;
    private final Duration limit;
    private final byte[] client = new byte[CLIENT_BYTES];
    private List<PeerId> members = List.of();
    private Optional<PeerId> leader = Optional.empty();
    private @Nullable ReplicatedLog leading;
    private @Nullable ReplicatedLog log;
    private long calls;
    private int turn;
    private int pending;

    Submissions(Loop loop, PeerLink link, RandomGenerator random, Duration limit) {
        this.loop = loop;
        this.link = link;
        this.limit = limit;
        random.nextBytes(client);
    }

    /** Whom to ask if no leader is known. */
    void members(List<PeerId> peers) {
        members = peers;
    }

    void leader(Standing standing, @Nullable ReplicatedLog own) {
        log = own;
        leading = standing.isLeader() ? own : null;
        leader = standing.leader().map(Voter::peer);
    }

    CompletableFuture<Answer> submit(Operation operation) {
        if (pending >= PENDING_MAX) {
            return CompletableFuture.failedFuture(new UnavailableException(
                    PENDING_MAX + " operations are waiting already", false));
        }
        pending++;
        Attempt attempt = new Attempt(operation, new Ticket(client.clone(), ++calls));
        attempt.next();
        return attempt.result.whenComplete((answer, failure) -> pending--);
    }

    /** Works on what another member was asked. */
    CompletableFuture<byte[]> serve(byte[] question) {
        ReplicatedLog own = log;
        if (own == null) {
            return CompletableFuture.completedFuture(new byte[]{ELSEWHERE});
        }
        try {
            ByteBuffer in = ByteBuffer.wrap(question);
            if (question.length < 1 + CLIENT_BYTES + Long.BYTES) {
                throw new FormatException("submission has " + question.length + " bytes");
            }
            in.get();
            byte[] asker = new byte[CLIENT_BYTES];
            in.get(asker);
            long call = in.getLong();
            byte[] operation = new byte[in.remaining()];
            in.get(operation);
            return own.submit(new Ticket(asker, call), Operation.fromBytes(operation))
                    .handle((answer, failure) -> {
                        if (failure == null) {
                            byte[] bytes = answer.toBytes();
                            return ByteBuffer.allocate(1 + bytes.length).put(DONE).put(bytes)
                                    .array();
                        }
                        if (isElsewhere(failure)) {
                            return new byte[]{ELSEWHERE};
                        }
                        throw new CompletionException(failure);
                    });
        } catch (FormatException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Answer read(byte[] bytes) {
        if (bytes.length == 0 || bytes[0] != DONE) {
            throw new CompletionException(new NotLeaderException());
        }
        byte[] rest = new byte[bytes.length - 1];
        System.arraycopy(bytes, 1, rest, 0, rest.length);
        try {
            return Answer.fromBytes(rest);
        } catch (FormatException e) {
            throw new CompletionException(e);
        }
    }

    private static boolean isElsewhere(Throwable failure) {
        return failure instanceof NotLeaderException
                || (failure.getCause() != null && isElsewhere(failure.getCause()));
    }

    private final class Attempt {
        private final CompletableFuture<Answer> result = new CompletableFuture<>();
        private final Operation operation;
        private final Ticket ticket;
        private final long deadline = loop.nanoTime() + limit.toNanos();
        private boolean isUnknown;
        private String last = "no leader is known";

        Attempt(Operation operation, Ticket ticket) {
            this.operation = operation;
            this.ticket = ticket;
        }

        void next() {
            if (loop.nanoTime() - deadline >= 0) {
                result.completeExceptionally(new UnavailableException(last,
                        isUnknown && operation.kind() != Operation.Kind.GET));
                return;
            }
            ReplicatedLog own = leading;
            PeerId to = leader.or(() -> members.isEmpty()
                    ? Optional.empty()
                    : Optional.of(members.get(Math.floorMod(turn++, members.size()))))
                    .orElse(null);
            if (own != null) {
                settleOnce(own.submit(ticket, operation));
            } else if (to == null) {
                later();
            } else {
                settleOnce(link.ask(to, question(), ATTEMPT).thenApply(Submissions::read));
            }
        }

        /** A leader that was cut off answers late: what comes after that is the next attempt's. */
        private void settleOnce(CompletableFuture<Answer> answered) {
            CompletableFuture<Answer> first = new CompletableFuture<>();
            Loop.Timer limited = loop.schedule(ATTEMPT, () -> first.completeExceptionally(
                    new Libp2pException("the leader did not decide within " + ATTEMPT)));
            answered.whenComplete((answer, failure) -> loop.execute(() -> {
                limited.cancel();
                if (failure == null) {
                    first.complete(answer);
                } else {
                    first.completeExceptionally(failure);
                }
            }));
            first.whenComplete(this::settle);
        }

        private byte[] question() {
            byte[] bytes = operation.toBytes();
            return ByteBuffer.allocate(1 + CLIENT_BYTES + Long.BYTES + bytes.length).put(SUBMIT)
                    .put(ticket.client()).putLong(ticket.call()).put(bytes).array();
        }

        private void settle(@Nullable Answer answer, @Nullable Throwable failure) {
            if (answer != null) {
                result.complete(answer);
                return;
            }
            if (failure != null && !isElsewhere(failure)) {
                isUnknown = true;
                last = String.valueOf(failure.getMessage());
            }
            later();
        }

        private void later() {
            loop.schedule(RETRY, this::next);
        }
    }
}

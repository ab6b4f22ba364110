package io.beemesh.machine.siblings;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.membership.Members;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.exchange.Exchange;
import io.beemesh.protocol.siblings.CloneAnswer;
import io.beemesh.protocol.siblings.CloneAnswer.Kind;
import io.beemesh.protocol.siblings.CloneTask;
import io.beemesh.protocol.siblings.CloneTask.Owner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Brings clone tasks to whoever decides on their owner's slot: this node, the primary as far as known, or, as that
 * may be dead, the others in turn. On the loop.
 */
public final class CloneRequests {
    private static final Duration TIMEOUT = Duration.ofSeconds(4);
    private static final int ASKED_MAX = 8;

    private final Exchange exchange;
    private final Registry registry;
    private final Members members;
    private final CloneJudge judge;

    public CloneRequests(Host host, Registry registry, Members members, CloneJudge judge) {
        this.exchange = new Exchange(host, Protocols.CLONE, CloneTask.BYTES_MAX, TIMEOUT);
        this.registry = registry;
        this.members = members;
        this.judge = judge;
    }

    /** Serves others. */
    public void start() {
        exchange.serve((peer, question) -> {
            try {
                return judge.judge(CloneTask.fromBytes(question)).thenApply(CloneAnswer::toBytes);
            } catch (FormatException e) {
                return CompletableFuture.failedFuture(e);
            }
        });
    }

    /** The key of an owner; empty if such a kind has no replicas that are cloned. */
    public static Optional<ObjectKey> key(Owner owner) {
        for (GroupResource type : List.of(GroupResource.REPLICA_SETS,
                GroupResource.REPLICATION_CONTROLLERS)) {
            if (type.resource().equals(owner.resource())) {
                return Optional.of(new ObjectKey(type, owner.namespace(), owner.name()));
            }
        }
        return Optional.empty();
    }

    /** Asks until somebody decides; never fails. */
    CompletableFuture<CloneAnswer> replace(CloneTask task) {
        Optional<ObjectKey> owner = key(task.owner());
        if (owner.isEmpty()) {
            return CompletableFuture.completedFuture(CloneAnswer.of(Kind.NOT_WANTED));
        }
        if (registry.isPrimary(owner.get())) {
            return judge.judge(task);
        }
        Set<PeerId> asked = new LinkedHashSet<>();
        registry.primary(owner.get()).filter(members::isAlive).ifPresent(asked::add);
        members.everyone().stream().filter(members::isAlive).forEach(asked::add);
        asked.remove(members.self());
        return next(new ArrayList<>(asked).subList(0, Math.min(ASKED_MAX, asked.size())),
                task);
    }

    private CompletableFuture<CloneAnswer> next(List<PeerId> rest, CloneTask task) {
        if (rest.isEmpty()) {
            return CompletableFuture.completedFuture(CloneAnswer.of(Kind.UNAVAILABLE));
        }
        return exchange.ask(rest.getFirst(), task.toBytes()).handle((bytes, failure) -> {
            if (failure == null) {
                try {
                    return CloneAnswer.fromBytes(bytes);
                } catch (FormatException e) {
                    return CloneAnswer.of(Kind.NOT_PRIMARY);
                }
            }
            return CloneAnswer.of(Kind.NOT_PRIMARY);
        }).thenCompose(answer -> answer.kind() == Kind.NOT_PRIMARY
                ? next(rest.subList(1, rest.size()), task)
                : CompletableFuture.completedFuture(answer));
    }
}

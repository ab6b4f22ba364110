package io.beemesh.machine.siblings;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.pubsub.MessageValidator.Verdict;
import io.beemesh.libp2p.pubsub.Pubsub;
import io.beemesh.libp2p.pubsub.PubsubMessage;
import io.beemesh.machine.ledger.Ledger;
import io.beemesh.machine.membership.Members;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.protocol.siblings.CloneAnswer;
import io.beemesh.protocol.siblings.CloneTask;
import io.beemesh.protocol.siblings.CloneTask.Owner;
import io.beemesh.protocol.siblings.Presence;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/**
 * Presence by gossip among members: a topic for each owner, signed by the machines whose pods are told of. On the
 * loop.
 */
public final class MeshSiblings implements SelfCloner.Siblings {
    private final Pubsub pubsub;
    private final Registry registry;
    private final Members members;
    private final Predicate<PeerId> lost;
    private final CloneRequests requests;
    private final Map<String, Pubsub.Subscription> topics = new HashMap<>();
    private Hearer hearer = (ownerUid, machine, presence) -> false;

    /** Takes what machines say; see {@link SelfCloner#heard}. */
    public interface Hearer {
        boolean heard(String ownerUid, PeerId machine, Presence presence);
    }

    /** @param lost whether membership holds a member for dead, or it has left */
    public MeshSiblings(Pubsub pubsub, Registry registry, Members members,
            Predicate<PeerId> lost, CloneRequests requests) {
        this.pubsub = pubsub;
        this.registry = registry;
        this.members = members;
        this.lost = lost;
        this.requests = requests;
    }

    /** Passes on what is heard. */
    public void hear(Hearer newHearer) {
        hearer = newHearer;
    }

    @Override
    public void follow(Owner owner, boolean follow) {
        if (follow) {
            topics.put(owner.uid(), pubsub.subscribe(Presence.topic(owner.uid()), message -> {
                // The validator has taken it.
            }, (message, source) -> take(owner.uid(), message)));
        } else {
            Optional.ofNullable(topics.remove(owner.uid()))
                    .ifPresent(Pubsub.Subscription::close);
        }
    }

    private Verdict take(String ownerUid, PubsubMessage message) {
        if (!members.isMember(message.author())) {
            return Verdict.IGNORE;
        }
        try {
            return hearer.heard(ownerUid, message.author(), Presence.fromBytes(message.data()))
                    ? Verdict.ACCEPT
                    : Verdict.IGNORE;
        } catch (FormatException e) {
            return Verdict.REJECT;
        }
    }

    @Override
    public void publish(Owner owner, Presence presence) {
        pubsub.publish(Presence.topic(owner.uid()), presence.toBytes());
    }

    @Override
    public boolean isLost(PeerId machine) {
        return lost.test(machine);
    }

    @Override
    public CompletableFuture<CloneAnswer> replace(CloneTask task) {
        return requests.replace(task);
    }

    @Override
    public Optional<Ledger> ledger(Owner owner) {
        Optional<ObjectKey> key = CloneRequests.key(owner);
        return key.flatMap(k -> registry.get(Ledger.key(k))).map(StoredObject::object)
                .map(stored -> Ledger.of(owner.uid(), Optional.of(stored)));
    }
}

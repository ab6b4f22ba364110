package io.beemesh.machine.siblings;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.ledger.Ledger;
import io.beemesh.protocol.siblings.CloneAnswer;
import io.beemesh.protocol.siblings.CloneTask;
import io.beemesh.protocol.siblings.CloneTask.Owner;
import io.beemesh.protocol.siblings.Presence;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * Watches over the siblings of this machine's pods on their behalf, and has lost ones cloned.
 *
 * <p>1. What tells a pod from a dead one is its own sidecar: its connection to its machine. 2. Machines that have
 * pods of one owner share a topic, in which each says what it has whenever that changes, and nothing while nothing
 * changes. Whether a machine is there at all, membership knows already. 3. A replica is missed if its machine is
 * dead, or says that the sidecar went without a goodbye. 4. Of the machines with a sibling that is alive the first in
 * an order that differs from replica to replica asks at once for the next incarnation, each further one a turn
 * later if nothing has come of it: so that a hundred losses are spread over the survivors, and nobody has to be
 * waited for who is dead too. 5. Who is asked compares and sets: of many who ask, one makes a pod.
 *
 * <p>On the loop only; without I/O. At most {@value #OWNERS_MAX} owners are watched, the others are left to their
 * controllers.
 */
public final class SelfCloner {
    /** Topics are kept by every neighbour in gossip, see its own bound of 4,096. */
    static final int OWNERS_MAX = 1000;

    private final Loop loop;
    private final RandomGenerator random;
    private final PeerId self;
    private final Siblings siblings;
    private final CloneMeters meters;
    private final long generation;
    /** In the order in which they came, by uid. */
    private final Map<String, OwnerWatch> owners = new LinkedHashMap<>();
    /** By uid of pod. */
    private final Map<String, Own> pods = new LinkedHashMap<>();

    /** What it sees and does in the mesh. */
    public interface Siblings {
        /** Begins or ends to hear of an owner's replicas, by {@link #heard}. */
        void follow(Owner owner, boolean follow);

        /** Says what this machine has. */
        void publish(Owner owner, Presence presence);

        /** Whether membership holds the machine for dead, or it has left. */
        boolean isLost(PeerId machine);

        /** Asks the primary of the owner's slot; never fails. */
        CompletableFuture<CloneAnswer> replace(CloneTask task);

        /** The owner's ledger as known here; empty if it is not. */
        Optional<Ledger> ledger(Owner owner);
    }

    private record Own(OwnerWatch watch, int index, long incarnation) {}

    /** Makes one; nothing happens before a pod is told of. */
    public SelfCloner(Loop loop, RandomGenerator random, PeerId self, Siblings siblings,
            CloneMeters meters) {
        this.loop = loop;
        this.random = random;
        this.self = self;
        this.siblings = siblings;
        this.meters = meters;
        this.generation = loop.wallTime().toEpochMilli();
    }

    /** A pod of this machine is there: its sidecar is connected. */
    public void here(String podUid, Owner owner, int index, long incarnation) {
        loop.assertInside();
        Own known = pods.get(podUid);
        if (known != null && !(known.watch.owner().uid().equals(owner.uid())
                && known.index == index && known.incarnation == incarnation)) {
            // It was released, adopted or given another index.
            goodbye(podUid);
        }
        OwnerWatch watch = owners.get(owner.uid());
        if (watch == null) {
            if (owners.size() >= OWNERS_MAX) {
                return;
            }
            watch = new OwnerWatch(loop, random, self, owner, siblings, meters, generation);
            owners.put(owner.uid(), watch);
            siblings.follow(owner, true);
        }
        pods.put(podUid, new Own(watch, index, incarnation));
        watch.own().put(index, incarnation, false);
    }

    /** Its sidecar went without a goodbye. Says nothing of a pod that never was there. */
    public void missing(String podUid) {
        loop.assertInside();
        Own own = pods.get(podUid);
        if (own != null) {
            own.watch.own().put(own.index, own.incarnation, true);
        }
    }

    /** The pod ends in order: goodbye. */
    public void goodbye(String podUid) {
        loop.assertInside();
        Own own = pods.remove(podUid);
        if (own == null) {
            return;
        }
        own.watch.own().remove(own.index, own.incarnation);
        if (own.watch.own().isEmpty()) {
            own.watch.close();
            owners.remove(own.watch.owner().uid());
            siblings.follow(own.watch.owner(), false);
        }
    }

    /** A machine says what it has; false if that is old or too much. */
    public boolean heard(String ownerUid, PeerId machine, Presence presence) {
        loop.assertInside();
        OwnerWatch watch = owners.get(ownerUid);
        return watch != null && !machine.equals(self) && watch.heard(machine, presence);
    }

    /** Membership holds other machines for dead than before. */
    public void machinesChanged() {
        loop.assertInside();
        List.copyOf(owners.values()).forEach(OwnerWatch::look);
    }

    /** The ledger of an owner has changed. */
    public void ledgerChanged(String ownerUid) {
        loop.assertInside();
        OwnerWatch watch = owners.get(ownerUid);
        if (watch != null) {
            watch.look();
        }
    }

    /** Owners that are watched; for metrics. */
    int size() {
        return owners.size();
    }
}

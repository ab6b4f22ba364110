package io.beemesh.machine.network;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Chooses addresses of this node's share for its pods, in turn, so that an address that was given up rests
 * before another pod has it. On the loop only.
 */
public final class PodAddresses {
    private final Registry registry;
    private final PodShares shares;
    private int next;

    /** @param first where in the share to begin, any number */
    public PodAddresses(Registry registry, PodShares shares, int first) {
        this.registry = registry;
        this.shares = shares;
        this.next = first;
    }

    /**
     * An address for a pod; empty while this node has no share, or all of it is in use.
     *
     * @param local whether a pod of this machine has the address and may not have told it yet
     */
    public Optional<String> choose(String podUid, Predicate<String> local) {
        if (shares.own().isEmpty()) {
            return Optional.empty();
        }
        Set<String> used = new HashSet<>();
        for (StoredObject pod : registry.peek(GroupResource.PODS, "")) {
            // One that has ended keeps an address in its status that another may have now.
            if (!pod.uid().equals(podUid)
                    && !Pods.isTerminal(pod.fields().getOrDefault("status.phase", ""))) {
                used.add(pod.fields().getOrDefault("status.podIP", ""));
            }
        }
        return PodRange.address(shares.own().getAsInt(), next++,
                address -> used.contains(address) || local.test(address));
    }
}

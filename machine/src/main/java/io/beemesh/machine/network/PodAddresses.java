package io.beemesh.machine.network;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;

/** Chooses addresses for pods that no other pod in the registry has. On the loop only. */
public final class PodAddresses {
    private final Registry registry;

    public PodAddresses(Registry registry) {
        this.registry = registry;
    }

    /** @param local whether a pod of this machine has the address and may not have told it yet */
    public String choose(String podUid, Predicate<String> local) {
        Set<String> used = new HashSet<>();
        for (StoredObject pod : registry.peek(GroupResource.PODS, "")) {
            if (!pod.uid().equals(podUid)) {
                used.add(pod.fields().getOrDefault("status.podIP", ""));
            }
        }
        return PodRange.address(podUid, address -> used.contains(address) || local.test(address))
                .orElseThrow(() -> new IllegalStateException("no address is free for " + podUid));
    }
}

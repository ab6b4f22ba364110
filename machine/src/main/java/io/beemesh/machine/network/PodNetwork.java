package io.beemesh.machine.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.runtime.ContainerSpec;
import io.beemesh.machine.runtime.RuntimeFailure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** How pods get a network of their own with a sidecar as the only way in and out. On the loop only. */
public interface PodNetwork {
    /** With this annotation set to {@code disabled} a pod is on Podman's network instead. */
    String ANNOTATION = "beemesh.io/sidecar";

    /** The sidecar's name among the pod's containers in the runtime; the API does not show it. */
    String CONTAINER = "beemesh-sidecar";

    /** True if the pod is to have a sidecar. */
    boolean covers(ApiObject pod);

    /** True if a sandbox with this address is for a pod with a sidecar; one of an earlier setting may not be. */
    boolean contains(String address);

    /** The pods' share of addresses as {@code spec.podCIDR} of the Node; empty if there is none, or not yet. */
    String podCidr();

    /** Calls {@code listener} once {@link #podCidr} is there. */
    void onPodCidr(Runnable listener);

    /**
     * An address for a new sandbox of the pod, of this machine's share.
     *
     * @throws RuntimeFailure if there is none now
     */
    String chooseAddress(String podUid) throws RuntimeFailure;

    /**
     * Gives the pod an identity, the same as before if it has one, and lets its sidecar in.
     *
     * @param running the {@link SidecarFacts#identity} that a sidecar of the pod runs with, which is kept if it can
     *     be; empty if none runs, or it is not known
     */
    CompletableFuture<SidecarFacts> admit(ApiObject pod, String address, String running);

    /** True while the pod's sidecar is connected, so that traffic flows. */
    boolean isConnected(String podUid);

    /** Calls {@code listener} with the uid whenever {@link #isConnected} has changed. */
    void onChange(Consumer<String> listener);

    /** The pod is gone, or has ended: others may have its address and its ports. */
    void remove(String podUid);

    /** Resolvers of pods that have a sidecar. */
    List<String> nameServers();

    /**
     * What a pod's sidecar is run with.
     *
     * @param image by name; must be on this machine
     * @param identity of the pod, by where it is kept: a sidecar with another one is not let in
     */
    record SidecarFacts(String image, Map<String, String> env, List<ContainerSpec.Mount> mounts,
            String identity) {}

    /** No pod has a sidecar. */
    static PodNetwork none() {
        return new NoPodNetwork();
    }

    /** Which container asks for which right over the network, if any does. */
    static Optional<String> networkRight(ApiObject pod) {
        return NetworkRights.asked(pod);
    }

    /** The same of one container, which may have been added to the pod later. */
    static Optional<String> networkRight(JsonNode container) {
        return NetworkRights.asked(container);
    }
}

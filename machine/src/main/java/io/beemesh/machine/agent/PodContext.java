package io.beemesh.machine.agent;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.runtime.SandboxSpec;
import java.util.Map;

/** What a container's state machine sees of its pod, and whom it tells. */
interface PodContext {
    /** The pod's latest state. */
    ApiObject pod();

    /** Empty before there is one. */
    String sandboxId();

    /** The sandbox that there is now has none of the containers that were in the one before. */
    void sandboxReplaced();

    /** Empty while unknown. */
    String podIp();

    /** Paths on this machine by volume name. */
    Map<String, String> volumes();

    /** Paths on this machine by path in the container. */
    Map<String, String> files();

    /** Whether the pod is being stopped, so that nothing may be started. */
    boolean isStopping();

    /** Whether programs may run, because what they send gets somewhere. */
    boolean isNetworkReady();

    /** Runs {@code start} once {@link #isNetworkReady}; at once if it is so now. */
    void whenNetworkReady(Runnable start);

    /** Something to act on or to tell has changed. */
    void changed();

    /** What is known of the containers may be wrong: ask the runtime. */
    void refresh();

    /** Nothing that the runtime was asked before now tells the truth any more. */
    void invalidateReads();

    /** The pod's names. */
    default SandboxSpec.PodName podName() {
        return new SandboxSpec.PodName(pod().namespace(), pod().name(), pod().uid());
    }

    /** As Kubernetes names pods in messages: {@code name_namespace(uid)}. */
    default String podText() {
        return pod().name() + "_" + pod().namespace() + "(" + pod().uid() + ")";
    }
}

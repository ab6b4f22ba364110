package io.beemesh.machine.agent;

import io.beemesh.machine.network.PodNetwork;
import io.beemesh.machine.runtime.ContainerRuntime;
import io.beemesh.machine.runtime.Prober;
import io.beemesh.machine.runtime.VolumeStore;

/** What the agent drives on this machine. */
public record Machine(ContainerRuntime runtime, VolumeStore volumes, Prober prober,
        ServiceAccountTokens tokens, PodNetwork network) {
    /** A machine whose pods have no sidecars. */
    public Machine(ContainerRuntime runtime, VolumeStore volumes, Prober prober,
            ServiceAccountTokens tokens) {
        this(runtime, volumes, prober, tokens, PodNetwork.none());
    }
}

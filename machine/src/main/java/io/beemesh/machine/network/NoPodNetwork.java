package io.beemesh.machine.network;

import io.beemesh.machine.object.ApiObject;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Leaves all pods to the runtime's own network. */
final class NoPodNetwork implements PodNetwork {
    @Override
    public boolean covers(ApiObject pod) {
        return false;
    }

    @Override
    public boolean contains(String address) {
        return false;
    }

    @Override
    public String podCidr() {
        return "";
    }

    @Override
    public void onPodCidr(Runnable listener) {
        // There never is one.
    }

    @Override
    public String chooseAddress(String podUid) {
        throw new IllegalStateException("no pod has a sidecar");
    }

    @Override
    public CompletableFuture<SidecarFacts> admit(ApiObject pod, String address, String running) {
        throw new IllegalStateException("no pod has a sidecar");
    }

    @Override
    public boolean isConnected(String podUid) {
        return false;
    }

    @Override
    public void onChange(Consumer<String> listener) {
        // Nothing ever changes.
    }

    @Override
    public void remove(String podUid) {
        // Nothing is kept.
    }

    @Override
    public List<String> nameServers() {
        return List.of();
    }
}

package io.beemesh.machine.agent;

import io.beemesh.machine.network.PodNetwork;
import io.beemesh.machine.object.ApiObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/** Gives every pod a sidecar that is connected at once, or when the test says so. */
final class SimulatedPodNetwork implements PodNetwork {
    private final List<Consumer<String>> listeners = new ArrayList<>();
    /** Pods whose address others may have. */
    final List<String> removed = new ArrayList<>();
    /** Where a pod's identity is. */
    Function<ApiObject, String> identity = pod -> "pod";
    /** Of the last admission. */
    String lastRunning = "";
    private boolean connected = true;
    private int addresses;

    /** Sidecars connect from now on, or do not. */
    void connected(boolean now, String podUid) {
        connected = now;
        listeners.forEach(listener -> listener.accept(podUid));
    }

    @Override
    public boolean covers(ApiObject pod) {
        return true;
    }

    @Override
    public boolean contains(String address) {
        return address.startsWith("10.244.");
    }

    @Override
    public String podCidr() {
        return "10.244.0.0/24";
    }

    @Override
    public void onPodCidr(Runnable listener) {
        listener.run();
    }

    @Override
    public String chooseAddress(String podUid) {
        return "10.244.0." + ++addresses;
    }

    @Override
    public CompletableFuture<SidecarFacts> admit(ApiObject pod, String address, String running) {
        lastRunning = running;
        return CompletableFuture.completedFuture(
                new SidecarFacts("docker.io/library/app:1", Map.of(), List.of(),
                        identity.apply(pod)));
    }

    @Override
    public boolean isConnected(String podUid) {
        return connected;
    }

    @Override
    public void onChange(Consumer<String> listener) {
        listeners.add(listener);
    }

    @Override
    public void remove(String podUid) {
        removed.add(podUid);
    }

    @Override
    public List<String> nameServers() {
        return List.of();
    }
}

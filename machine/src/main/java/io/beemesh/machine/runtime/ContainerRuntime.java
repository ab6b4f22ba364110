package io.beemesh.machine.runtime;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Runs pod sandboxes and containers on this machine, and touches only those that carry this node's
 * labels.
 *
 * <p>Asynchronous: every method is called, and every future completes, on the node's loop. Futures
 * fail with a {@link RuntimeFailure}, which says whether the runtime itself was out of reach.
 */
public interface ContainerRuntime extends AutoCloseable {
    /** Begins to tell {@code listener}, on the loop, what changes. Called once, before all else. */
    void start(Consumer<RuntimeEvent> listener);

    /** Who runs the containers; fails while out of reach. */
    CompletableFuture<RuntimeInfo> info();

    /** Everything of this node, running or not. */
    CompletableFuture<List<RuntimePod>> list();

    /** What there is of one pod. */
    CompletableFuture<RuntimePod> pod(String podUid);

    /** Makes the sandbox and starts it. */
    CompletableFuture<SandboxState> createSandbox(SandboxSpec spec);

    /** Ends a sandbox's own process and network, for a pod that has run to its end. */
    CompletableFuture<Void> stopSandbox(String sandboxId);

    /** Removes a sandbox and all containers in it; what does not exist counts as removed. */
    CompletableFuture<Void> removeSandbox(String sandboxId);

    /** The image as it lies on this machine. */
    CompletableFuture<Optional<ImageState>> image(String reference);

    /** Fetches the image; tries the credentials in order, and none if there are none. */
    CompletableFuture<ImageState> pullImage(String reference, List<RegistryCredential> credentials);

    /** Makes a container without starting it. */
    CompletableFuture<ContainerState> createContainer(ContainerSpec spec);

    /** Does what a start can do before the program runs, so that {@link #startContainer} is short. */
    CompletableFuture<Void> initContainer(String containerId);

    /** Starts a made container; what runs already counts as started. */
    CompletableFuture<ContainerState> startContainer(String containerId);

    /** Sends a signal such as {@code SIGTERM}; what has ended or is gone counts as signalled. */
    CompletableFuture<Void> signal(String containerId, String signal);

    /** Removes a container, killing it if it runs; what does not exist counts as removed. */
    CompletableFuture<Void> removeContainer(String containerId);

    /** Runs a command to its end, for probes and hooks; output beyond a bound is dropped. */
    CompletableFuture<ExecResult> exec(String containerId, List<String> command, Duration limit);

    /** CPU and memory of the running containers of this node. */
    CompletableFuture<List<ContainerStats>> stats();

    /** Ends the calls under way; no future completes after that. Containers go on. */
    @Override
    void close();
}

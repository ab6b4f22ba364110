package io.beemesh.machine.runtime;

import io.beemesh.libp2p.Loop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A runtime without containers, for users of the API and for tests: whatever is started runs until it
 * is told to stop. Nothing outlives the process.
 */
public final class SimulatedRuntime implements ContainerRuntime {
    private static final Duration START = Duration.ofMillis(20);
    private static final int EXIT_SIGTERM = 143;
    private static final int EXIT_SIGKILL = 137;
    private static final long IMAGE_BYTES = 1_000_000;
    /** Pods use so many thousandths of a processor, and so much memory, times a number of their own. */
    private static final int SIMULATED_CPU = 1_000;
    private static final long SIMULATED_MEMORY = 4L << 20;
    private static final int SIMULATED_SIZES = 10;

    private final Loop loop;
    private final String version;
    private final String addressPrefix;
    private final Map<String, Sandbox> sandboxes = new LinkedHashMap<>();
    private final Map<String, Held> containers = new LinkedHashMap<>();
    private @Nullable Consumer<RuntimeEvent> listener;
    private int sequence;

    private record Sandbox(SandboxSpec.PodName pod, SandboxState state) {}

    private record Held(String sandboxId, ContainerState state) {}

    /**
     * @param version what the Node says of it
     * @param addressPrefix the first two bytes of pod addresses, such as {@code 10.244}
     */
    public SimulatedRuntime(Loop loop, String version, String addressPrefix) {
        this.loop = loop;
        this.version = version;
        this.addressPrefix = addressPrefix;
    }

    @Override
    public void start(Consumer<RuntimeEvent> newListener) {
        listener = newListener;
        loop.execute(() -> tell(new RuntimeEvent.Connected()));
    }

    @Override
    public CompletableFuture<RuntimeInfo> info() {
        return later(new RuntimeInfo("simulated", version));
    }

    @Override
    public CompletableFuture<List<RuntimePod>> list() {
        Map<String, SandboxSpec.PodName> pods = new LinkedHashMap<>();
        sandboxes.values().forEach(s -> pods.put(s.pod().uid(), s.pod()));
        List<RuntimePod> list = new ArrayList<>();
        pods.values().forEach(pod -> list.add(of(pod)));
        return later(list);
    }

    @Override
    public CompletableFuture<RuntimePod> pod(String podUid) {
        for (Sandbox sandbox : sandboxes.values()) {
            if (sandbox.pod().uid().equals(podUid)) {
                return later(of(sandbox.pod()));
            }
        }
        return later(new RuntimePod(podUid, "", "", List.of(), List.of()));
    }

    private RuntimePod of(SandboxSpec.PodName pod) {
        List<SandboxState> own = new ArrayList<>();
        sandboxes.values().stream().filter(s -> s.pod().uid().equals(pod.uid()))
                .forEach(s -> own.add(s.state()));
        List<ContainerState> states = new ArrayList<>();
        containers.values().stream().filter(c -> c.state().podUid().equals(pod.uid()))
                .forEach(c -> states.add(c.state()));
        return new RuntimePod(pod.uid(), pod.namespace(), pod.name(), own, states);
    }

    @Override
    public CompletableFuture<SandboxState> createSandbox(SandboxSpec spec) {
        int number = ++sequence;
        String ip = addressPrefix + "." + (number >> 8 & 255) + "." + (number & 255);
        SandboxState state = new SandboxState("sandbox-" + number, true, ip, spec.attempt());
        sandboxes.put(state.id(), new Sandbox(spec.pod(), state));
        return after(START, state);
    }

    @Override
    public CompletableFuture<Void> stopSandbox(String sandboxId) {
        sandboxes.computeIfPresent(sandboxId, (_, old) -> new Sandbox(old.pod(), new SandboxState(
                sandboxId, false, "", old.state().attempt())));
        return done();
    }

    @Override
    public CompletableFuture<Void> removeSandbox(String sandboxId) {
        sandboxes.remove(sandboxId);
        containers.values().removeIf(held -> held.sandboxId().equals(sandboxId));
        return done();
    }

    @Override
    public CompletableFuture<Optional<ImageState>> image(String reference) {
        return later(Optional.of(imageOf(reference)));
    }

    @Override
    public CompletableFuture<ImageState> pullImage(String reference,
            List<RegistryCredential> credentials) {
        return after(START, imageOf(reference));
    }

    private static ImageState imageOf(String reference) {
        return new ImageState(reference, reference, IMAGE_BYTES, "", "");
    }

    @Override
    public CompletableFuture<ContainerState> createContainer(ContainerSpec spec) {
        if (!sandboxes.containsKey(spec.sandboxId())) {
            return CompletableFuture.failedFuture(new RuntimeFailure(
                    RuntimeFailure.Kind.NOT_FOUND, "no such sandbox: " + spec.sandboxId()));
        }
        ContainerState state = new ContainerState("container-" + ++sequence, spec.pod().uid(),
                spec.name(), spec.attempt(), ContainerState.Status.CREATED, 0, false,
                Instant.EPOCH, Instant.EPOCH, spec.image(), spec.found().reference(), "",
                spec.found().stopSignal(), spec.mark());
        containers.put(state.id(), new Held(spec.sandboxId(), state));
        return later(state);
    }

    @Override
    public CompletableFuture<Void> initContainer(String containerId) {
        return done();
    }

    @Override
    public CompletableFuture<ContainerState> startContainer(String containerId) {
        Held held = change(containerId, old -> old.isRunning()
                ? old
                : with(old, ContainerState.Status.RUNNING, 0, loop.wallTime(), Instant.EPOCH));
        return held == null
                ? CompletableFuture.failedFuture(new RuntimeFailure(
                        RuntimeFailure.Kind.NOT_FOUND, "no such container: " + containerId))
                : after(START, held.state());
    }

    @Override
    public CompletableFuture<Void> signal(String containerId, String signal) {
        exit(containerId, signal.equals("SIGKILL") ? EXIT_SIGKILL : EXIT_SIGTERM);
        return done();
    }

    /** Lets a container end by itself, as its program would. On the loop. */
    public void exit(String containerId, int exitCode) {
        Held held = containers.get(containerId);
        if (held == null || !held.state().isRunning()) {
            return;
        }
        change(containerId, old -> with(old, ContainerState.Status.EXITED, exitCode,
                old.startedAt(), loop.wallTime()));
        loop.execute(() -> tell(new RuntimeEvent.PodChanged(held.state().podUid())));
    }

    @Override
    public CompletableFuture<Void> removeContainer(String containerId) {
        containers.remove(containerId);
        return done();
    }

    @Override
    public CompletableFuture<ExecResult> exec(String containerId, List<String> command,
            Duration limit) {
        return later(new ExecResult(0, ""));
    }

    @Override
    public CompletableFuture<List<ContainerStats>> stats() {
        List<ContainerStats> stats = new ArrayList<>();
        for (Held held : containers.values()) {
            ContainerState state = held.state();
            if (state.isRunning()) {
                long running = Duration.between(state.startedAt(), loop.wallTime()).toNanos();
                int size = Math.floorMod(state.podUid().hashCode(), SIMULATED_SIZES) + 1;
                stats.add(new ContainerStats(state.podUid(), state.name(), state.id(),
                        running / SIMULATED_CPU * size, SIMULATED_MEMORY * size));
            }
        }
        return later(stats);
    }

    @Override
    public void close() {
        listener = null;
    }

    private @Nullable Held change(String id, UnaryOperator<ContainerState> how) {
        return containers.computeIfPresent(id,
                (_, held) -> new Held(held.sandboxId(), how.apply(held.state())));
    }

    private static ContainerState with(ContainerState old, ContainerState.Status status,
            int exitCode, Instant startedAt, Instant finishedAt) {
        return new ContainerState(old.id(), old.podUid(), old.name(), old.attempt(), status,
                exitCode, false, startedAt, finishedAt, old.image(), old.imageId(), "",
                old.stopSignal(), old.mark());
    }

    private void tell(RuntimeEvent event) {
        Consumer<RuntimeEvent> told = listener;
        if (told != null) {
            told.accept(event);
        }
    }

    private CompletableFuture<Void> done() {
        CompletableFuture<Void> future = new CompletableFuture<>();
        loop.execute(() -> future.complete(null));
        return future;
    }

    private <T> CompletableFuture<T> later(T value) {
        CompletableFuture<T> future = new CompletableFuture<>();
        loop.execute(() -> future.complete(value));
        return future;
    }

    private <T> CompletableFuture<T> after(Duration delay, T value) {
        CompletableFuture<T> future = new CompletableFuture<>();
        loop.schedule(delay, () -> future.complete(value));
        return future;
    }
}

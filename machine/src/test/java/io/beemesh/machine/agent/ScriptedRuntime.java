package io.beemesh.machine.agent;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.runtime.ContainerRuntime;
import io.beemesh.machine.runtime.ContainerSpec;
import io.beemesh.machine.runtime.ContainerState;
import io.beemesh.machine.runtime.ContainerStats;
import io.beemesh.machine.runtime.ExecResult;
import io.beemesh.machine.runtime.ImageState;
import io.beemesh.machine.runtime.RegistryCredential;
import io.beemesh.machine.runtime.RuntimeEvent;
import io.beemesh.machine.runtime.RuntimeFailure;
import io.beemesh.machine.runtime.RuntimeInfo;
import io.beemesh.machine.runtime.RuntimePod;
import io.beemesh.machine.runtime.SandboxSpec;
import io.beemesh.machine.runtime.SandboxState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A machine whose programs follow a script, and whose calls can fail: before they did anything, or
 * after they did all.
 */
final class ScriptedRuntime implements ContainerRuntime {
    private static final Duration CALL = Duration.ofMillis(3);

    /** What the programs of one container name do. */
    static final class Script {
        /** Runs for this long, then ends with {@link #exitCode}; zero: for ever. */
        Duration lifetime = Duration.ZERO;
        /** It has ended by the time that its start is answered. */
        boolean endsAtOnce;
        int exitCode;
        /** How long it takes to end after SIGTERM; negative: it does not. */
        Duration afterTerm = Duration.ZERO;
        int exec;
        boolean oomKilled;
    }

    final Map<String, Script> scripts = new HashMap<>();
    final List<String> calls = new ArrayList<>();
    final Set<String> images = new LinkedHashSet<>();
    /** Of all images. */
    String stopSignal = "";
    final Map<String, ContainerSpec> specs = new TreeMap<>();
    BooleanSupplier failsBefore = () -> false;
    BooleanSupplier failsAfter = () -> false;
    boolean down;

    private final Loop machine;
    private final Map<String, Box> sandboxes = new LinkedHashMap<>();
    private final Map<String, Held> containers = new LinkedHashMap<>();
    private @Nullable Loop node;
    private @Nullable Consumer<RuntimeEvent> listener;
    private int sequence;

    private record Box(SandboxSpec.PodName pod, SandboxState state) {}

    private record Held(String sandboxId, ContainerState state) {}

    /** @param machine time that goes on while the node is down */
    ScriptedRuntime(Loop machine) {
        this.machine = machine;
    }

    /** The node's loop, anew after each restart of the node. */
    void attach(Loop loop) {
        node = loop;
        listener = null;
    }

    Script script(String container) {
        return scripts.computeIfAbsent(container, _ -> new Script());
    }

    List<ContainerState> states() {
        return containers.values().stream().map(Held::state).toList();
    }

    List<String> sandboxPods() {
        return sandboxes.values().stream().map(box -> box.pod().name()).sorted().toList();
    }

    int sandboxCount() {
        return sandboxes.size();
    }

    /** The containers of a name that run now. */
    long running(String name) {
        return states().stream().filter(s -> s.name().equals(name) && s.isRunning()).count();
    }

    /** Ends all sandboxes and containers, as a reboot does. */
    void reboot() {
        sandboxes.replaceAll((id, box) -> new Box(box.pod(),
                new SandboxState(id, false, "", box.state().attempt())));
        List.copyOf(containers.keySet()).forEach(id -> exit(id, 137));
    }

    /** Podman stops or starts answering. */
    void down(boolean now) {
        down = now;
        tell(now
                ? new RuntimeEvent.Disconnected("connection refused")
                : new RuntimeEvent.Connected());
    }

    @Override
    public void start(Consumer<RuntimeEvent> newListener) {
        listener = newListener;
        tell(new RuntimeEvent.Connected());
    }

    @Override
    public CompletableFuture<RuntimeInfo> info() {
        return call("info", () -> new RuntimeInfo("podman", "9.9"));
    }

    @Override
    public CompletableFuture<List<RuntimePod>> list() {
        return call("list", () -> {
            Map<String, SandboxSpec.PodName> pods = new LinkedHashMap<>();
            sandboxes.values().forEach(s -> pods.put(s.pod().uid(), s.pod()));
            return pods.values().stream().map(p -> of(p.uid())).toList();
        });
    }

    @Override
    public CompletableFuture<RuntimePod> pod(String podUid) {
        return call("pod", () -> of(podUid));
    }

    private RuntimePod of(String uid) {
        String namespace = "";
        String name = "";
        List<SandboxState> own = new ArrayList<>();
        for (Box box : sandboxes.values()) {
            if (box.pod().uid().equals(uid)) {
                namespace = box.pod().namespace();
                name = box.pod().name();
                own.add(box.state());
            }
        }
        List<ContainerState> states = states().stream().filter(s -> s.podUid().equals(uid))
                .toList();
        return new RuntimePod(uid, namespace, name, own, states);
    }

    @Override
    public CompletableFuture<SandboxState> createSandbox(SandboxSpec spec) {
        return call("createSandbox", () -> {
            int number = ++sequence;
            String own = spec.namespaces().address();
            SandboxState state = new SandboxState("sandbox-" + number, true,
                    own.isEmpty() ? "10.0.0." + number : own, spec.attempt());
            sandboxes.put(state.id(), new Box(spec.pod(), state));
            return state;
        });
    }

    @Override
    public CompletableFuture<Void> stopSandbox(String sandboxId) {
        return run("stopSandbox", () -> sandboxes.computeIfPresent(sandboxId,
                (id, box) -> new Box(box.pod(),
                        new SandboxState(id, false, "", box.state().attempt()))));
    }

    @Override
    public CompletableFuture<Void> removeSandbox(String sandboxId) {
        return run("removeSandbox", () -> {
            sandboxes.remove(sandboxId);
            containers.values().removeIf(held -> held.sandboxId().equals(sandboxId));
        });
    }

    @Override
    public CompletableFuture<Optional<ImageState>> image(String reference) {
        return call("image", () -> images.contains(reference)
                ? Optional.of(new ImageState(reference, reference, 5, "", stopSignal))
                : Optional.empty());
    }

    @Override
    public CompletableFuture<ImageState> pullImage(String reference,
            List<RegistryCredential> credentials) {
        CompletableFuture<ImageState> pulled = call("pull", () -> new ImageState(reference,
                reference, 5, "", stopSignal));
        return images.contains(reference)
                ? pulled
                : pulled.thenCompose(_ -> CompletableFuture.failedFuture(new RuntimeFailure(
                        RuntimeFailure.Kind.REFUSED, "no such host")));
    }

    @Override
    public CompletableFuture<ContainerState> createContainer(ContainerSpec spec) {
        return call("create " + spec.name(), () -> {
            ContainerState state = new ContainerState("c" + ++sequence, spec.pod().uid(),
                    spec.name(), spec.attempt(), ContainerState.Status.CREATED, 0, false,
                    Instant.EPOCH, Instant.EPOCH, spec.image(), spec.found().reference(), "",
                    spec.found().stopSignal(), spec.mark());
            specs.put(spec.name(), spec);
            containers.put(state.id(), new Held(spec.sandboxId(), state));
            return state;
        });
    }

    @Override
    public CompletableFuture<Void> initContainer(String containerId) {
        return call("init", () -> Optional.ofNullable(containers.get(containerId)).orElseThrow())
                .thenAccept(_ -> {
                });
    }

    @Override
    public CompletableFuture<ContainerState> startContainer(String containerId) {
        return call("start", () -> {
            Held held = Optional.ofNullable(containers.get(containerId)).orElseThrow();
            ContainerState state = with(held.state(), ContainerState.Status.RUNNING, 0,
                    machine.wallTime(), Instant.EPOCH);
            containers.put(containerId, new Held(held.sandboxId(), state));
            Script script = script(state.name());
            if (script.endsAtOnce) {
                ContainerState ended = with(state, ContainerState.Status.EXITED, script.exitCode,
                        machine.wallTime(), machine.wallTime());
                containers.put(containerId, new Held(held.sandboxId(), ended));
                return ended;
            }
            if (!script.lifetime.isZero()) {
                machine.schedule(script.lifetime, () -> exit(containerId, script.exitCode));
            }
            return state;
        });
    }

    @Override
    public CompletableFuture<Void> signal(String containerId, String signal) {
        Held held = containers.get(containerId);
        String name = held == null ? "?" : held.state().name();
        return run(signal + " " + name, () -> {
            Script script = script(name);
            if (signal.equals("SIGKILL")) {
                exit(containerId, 137);
            } else if (!script.afterTerm.isNegative()) {
                machine.schedule(script.afterTerm, () -> exit(containerId, script.exitCode));
            }
        });
    }

    void exit(String containerId, int exitCode) {
        Held held = containers.get(containerId);
        if (held != null && held.state().isRunning()) {
            containers.put(containerId, new Held(held.sandboxId(), with(held.state(),
                    ContainerState.Status.EXITED, exitCode, held.state().startedAt(),
                    machine.wallTime())));
            tell(new RuntimeEvent.PodChanged(held.state().podUid()));
        }
    }

    @Override
    public CompletableFuture<Void> removeContainer(String containerId) {
        return run("remove", () -> containers.remove(containerId));
    }

    @Override
    public CompletableFuture<ExecResult> exec(String containerId, List<String> command,
            Duration limit) {
        Held held = containers.get(containerId);
        String name = held == null ? "?" : held.state().name();
        return call("exec " + name + " " + String.join(" ", command),
                () -> new ExecResult(script(name).exec, "said no"));
    }

    @Override
    public CompletableFuture<List<ContainerStats>> stats() {
        return call("stats", List::of);
    }

    @Override
    public void close() {
        listener = null;
    }

    private ContainerState with(ContainerState old, ContainerState.Status status,
            int exitCode, Instant startedAt, Instant finishedAt) {
        return new ContainerState(old.id(), old.podUid(), old.name(), old.attempt(), status,
                exitCode, status == ContainerState.Status.EXITED && script(old.name()).oomKilled,
                startedAt, finishedAt, old.image(), old.imageId(), "", old.stopSignal(),
                old.mark());
    }

    private void tell(RuntimeEvent event) {
        Consumer<RuntimeEvent> told = listener;
        Loop to = node;
        if (told != null && to != null && (!down || event instanceof RuntimeEvent.Disconnected)) {
            to.execute(() -> told.accept(event));
        }
    }

    private CompletableFuture<Void> run(String name, Runnable work) {
        return call(name, () -> {
            work.run();
            return "";
        }).thenApply(_ -> null);
    }

    private <T> CompletableFuture<T> call(String name, Supplier<T> work) {
        calls.add(name);
        CompletableFuture<T> future = new CompletableFuture<>();
        Loop to = Objects.requireNonNull(node);
        machine.schedule(CALL, () -> {
            RuntimeFailure failure = failure(failsBefore);
            T value = null;
            if (failure == null) {
                try {
                    value = work.get();
                    failure = failure(failsAfter);
                } catch (NoSuchElementException e) {
                    failure = new RuntimeFailure(RuntimeFailure.Kind.NOT_FOUND, "no container");
                }
            }
            T result = value;
            RuntimeFailure thrown = failure;
            to.execute(() -> {
                if (thrown != null || result == null) {
                    future.completeExceptionally(thrown == null
                            ? new IllegalStateException("no value")
                            : thrown);
                } else {
                    future.complete(result);
                }
            });
        });
        return future;
    }

    private @Nullable RuntimeFailure failure(BooleanSupplier fails) {
        if (down) {
            return new RuntimeFailure(RuntimeFailure.Kind.UNREACHABLE, "connection refused");
        }
        return fails.getAsBoolean()
                ? new RuntimeFailure(RuntimeFailure.Kind.REFUSED, "injected fault")
                : null;
    }
}

package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.runtime.ContainerRuntime;
import io.beemesh.machine.runtime.ContainerSpec;
import io.beemesh.machine.runtime.ContainerState;
import io.beemesh.machine.runtime.ImageState;
import io.beemesh.machine.runtime.Prober.ProbeResult;
import io.beemesh.machine.runtime.RuntimeFailure;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * One try to start a container: image, creation, start, postStart hook. All but the start is done while the pod's
 * network is still being made.
 */
final class ContainerStart {
    /** A hook has no limit of its own in Kubernetes; this only bounds what leaks. */
    private static final Duration POST_START_MAX = Duration.ofHours(1);

    private final AgentParts parts;
    private final PodContext pod;
    private final JsonNode container;
    private final Listener listener;
    private String sandboxId = "";
    private boolean abandoned;
    private boolean abandonable = true;

    /** What comes of it. Exactly one of the ends is called, unless it was abandoned. */
    interface Listener {
        /** The runtime has it; its hook may still run. */
        void onRunning(ContainerState state);

        /** It runs and its hook has succeeded. */
        void onStarted();

        /** It could not be made. */
        void onFailed(StartFailure failure);

        /** It was made and could not be started. */
        void onStartError(ContainerState state, String message);

        /** It runs and its hook has failed. */
        void onHookFailed();

        /** The runtime was out of reach, so nothing is known. */
        void onUnreachable();
    }

    ContainerStart(AgentParts parts, PodContext pod, JsonNode container, Listener listener) {
        this.parts = parts;
        this.pod = pod;
        this.container = container;
        this.listener = listener;
    }

    /** Begins; {@code leftovers} are removed before a new one is made. */
    void run(int attempt, List<String> leftovers) {
        new Images(parts).ensure(pod.pod(), container)
                .thenCompose(image -> create(image, attempt, leftovers))
                .whenComplete((made, thrown) -> {
                    if (abandoned) {
                        return;
                    }
                    if (thrown == null) {
                        start(made);
                    } else {
                        fail(thrown, StartFailure.CREATE_ERROR);
                    }
                });
    }

    /** Gives up if that leaves nothing half done, as while an image is fetched or the network awaited. */
    boolean abandon() {
        abandoned |= abandonable;
        return abandoned;
    }

    private CompletableFuture<ContainerState> create(ImageState image, int attempt,
            List<String> leftovers) {
        checkWanted();
        ContainerRuntime runtime = parts.machine().runtime();
        CompletableFuture<?> clean = CompletableFuture.completedFuture(null);
        for (String id : leftovers) {
            clean = clean.thenCompose(_ -> runtime.removeContainer(id));
        }
        return clean
                .thenCompose(_ -> new ContainerSpecs(parts, pod, container).build(image, attempt))
                .thenCompose(this::create);
    }

    private CompletableFuture<ContainerState> create(ContainerSpec spec) {
        checkWanted();
        abandonable = false;
        sandboxId = spec.sandboxId();
        pod.invalidateReads();
        return parts.machine().runtime().createContainer(spec);
    }

    private void checkWanted() {
        if (abandoned || pod.isStopping()) {
            throw new StartFailure(StartFailure.ABANDONED, "the pod is being stopped").thrown();
        }
    }

    private void start(ContainerState made) {
        pod.invalidateReads();
        parts.normal(pod.pod(), "Created", "Created container: " + made.name());
        if (pod.isNetworkReady() || pod.isStopping()) {
            release(made);
            return;
        }
        parts.machine().runtime().initContainer(made.id()).whenComplete((_, thrown) -> {
            pod.invalidateReads();
            if (thrown != null) {
                startError(made, RuntimeFailure.of(thrown));
            } else if (pod.isStopping()) {
                release(made);
            } else {
                abandonable = true;
                pod.whenNetworkReady(() -> {
                    if (!abandoned) {
                        abandonable = false;
                        release(made);
                    }
                });
            }
        });
    }

    /** Lets the program run, if its pod and its sandbox are still there. */
    private void release(ContainerState made) {
        if (pod.isStopping() || !pod.sandboxId().equals(sandboxId)) {
            listener.onFailed(new StartFailure(StartFailure.ABANDONED, "the sandbox is going"));
            return;
        }
        pod.invalidateReads();
        parts.machine().runtime().startContainer(made.id()).whenComplete((state, thrown) -> {
            pod.invalidateReads();
            if (thrown == null) {
                parts.normal(pod.pod(), "Started", "Started container " + made.name());
                listener.onRunning(state);
                postStart(state);
            } else {
                startError(made, RuntimeFailure.of(thrown));
            }
        });
    }

    private void startError(ContainerState made, RuntimeFailure failure) {
        if (failure.kind() == RuntimeFailure.Kind.UNREACHABLE) {
            listener.onUnreachable();
            return;
        }
        parts.warning(pod.pod(), "Failed", "Error: " + failure.text());
        // It may run all the same; nothing may follow while that is not known.
        parts.machine().runtime().removeContainer(made.id()).whenComplete((_, _) -> {
            pod.invalidateReads();
            listener.onStartError(made, failure.text());
            pod.refresh();
        });
    }

    private void postStart(ContainerState state) {
        JsonNode hook = container.path("lifecycle").path("postStart");
        if (hook.isMissingNode()) {
            listener.onStarted();
            return;
        }
        new Hooks(parts)
                .run(hook, new Hooks.Target(container, state.id(), pod.podIp()), POST_START_MAX)
                .exceptionally(_ -> new ProbeResult(false, "")).thenAccept(result -> {
                    if (result.success()) {
                        listener.onStarted();
                    } else {
                        // The hook's words stay out of the event: they may hold secrets.
                        parts.warning(pod.pod(), "FailedPostStartHook", "PostStartHook failed");
                        listener.onHookFailed();
                    }
                });
    }

    private void fail(Throwable thrown, String otherwise) {
        Throwable cause = thrown;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        pod.invalidateReads();
        if (cause instanceof StartFailure failure) {
            if (!failure.reason().equals(StartFailure.ABANDONED)) {
                parts.warning(pod.pod(), "Failed", "Error: " + eventText(failure));
            }
            listener.onFailed(failure);
            return;
        }
        RuntimeFailure failure = RuntimeFailure.of(cause);
        if (failure.kind() == RuntimeFailure.Kind.UNREACHABLE) {
            listener.onUnreachable();
            return;
        }
        parts.warning(pod.pod(), "Failed", "Error: " + failure.text());
        listener.onFailed(new StartFailure(otherwise, failure.text()));
    }

    private static String eventText(StartFailure failure) {
        return switch (failure.reason()) {
            case Images.ERR_PULL, Images.ERR_NEVER_PULL, Images.INVALID_NAME -> failure.reason();
            default -> failure.text();
        };
    }
}

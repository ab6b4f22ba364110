package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.agent.ContainerWorker.Role;
import io.beemesh.machine.runtime.RuntimeFailure;
import io.beemesh.machine.runtime.SandboxState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The end of a pod: containers stopped in order, sandbox and files removed, then the object.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination">pod
 *     termination</a>
 */
final class PodShutdown {
    private static final Duration RETRY = Duration.ofSeconds(2);
    private static final long GRACE_DEFAULT_SECONDS = 30;

    private final AgentParts parts;
    private final PodWorker pod;
    private final List<ContainerWorker> containers;
    private boolean begun;
    private boolean objectGone;
    private boolean cleaning;
    private boolean finished;
    private boolean sandboxStopped;
    private boolean networkLeft;
    private long deadlineNanos;

    PodShutdown(AgentParts parts, PodWorker pod, List<ContainerWorker> containers) {
        this.parts = parts;
        this.pod = pod;
        this.containers = containers;
    }

    /** The pod is being deleted. */
    boolean isBegun() {
        return begun;
    }

    /** The API no longer has the pod. */
    boolean isObjectGone() {
        return objectGone;
    }

    /** Nothing of the pod is left on the machine. */
    boolean isFinished() {
        return finished;
    }

    /** What the deletion leaves of the grace, from now. */
    Duration remaining() {
        Instant until = pod.pod().deletionTimestamp().orElse(parts.loop().wallTime());
        Duration left = Duration.between(parts.loop().wallTime(), until);
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** Begins, or hurries what has begun. */
    void begin(Duration grace) {
        long deadline = parts.loop().nanoTime() + grace.toNanos();
        if (!begun) {
            begun = true;
            deadlineNanos = deadline;
            containers.forEach(ContainerWorker::abandon);
        } else {
            deadlineNanos = Math.min(deadlineNanos, deadline);
        }
        pod.changed();
    }

    /** Deleted by force, or with the last finalizer. */
    void objectGone() {
        objectGone = true;
        begin(Duration.ZERO);
        if (finished) {
            parts.loop().execute(pod::finished);
        }
    }

    void step() {
        if (finished || cleaning) {
            return;
        }
        if (stopContainers(Duration.ofNanos(
                Math.max(0, deadlineNanos - parts.loop().nanoTime())))
                && !pod.setup().isBusy()) {
            clean();
        }
    }

    /** Ends what still runs of a pod that has failed or succeeded, and keeps its logs. */
    void stopAll() {
        containers.forEach(ContainerWorker::abandon);
        boolean ended = stopContainers(podGrace());
        if (ended && pod.setup().hasSandbox() && !sandboxStopped && !pod.setup().isBusy()) {
            sandboxStopped = true;
            pod.invalidateReads();
            parts.machine().runtime().stopSandbox(pod.sandboxId())
                    .whenComplete((_, _) -> pod.refresh());
        }
        if (ended && !pod.setup().hasSandbox() && !networkLeft && !pod.setup().isBusy()) {
            networkLeft = true;
            parts.machine().network().remove(pod.pod().uid());
        }
    }

    /** What the pod's spec gives its containers to end. */
    Duration podGrace() {
        JsonNode seconds = pod.pod().tree().path("spec").path("terminationGracePeriodSeconds");
        return Duration.ofSeconds(seconds.asLong(GRACE_DEFAULT_SECONDS));
    }

    /** Mains first, then sidecars from the last to the first; true once all have ended. */
    private boolean stopContainers(Duration grace) {
        boolean ended = true;
        for (ContainerWorker container : containers) {
            if (container.role() != Role.SIDECAR) {
                container.stop("Stopping container " + container.name(), grace);
                ended &= !container.isRunning() && !container.isBusy();
            }
        }
        for (ContainerWorker container : containers.reversed()) {
            if (container.role() == Role.SIDECAR && ended) {
                container.stop("Stopping container " + container.name(), grace);
                ended = !container.isRunning() && !container.isBusy();
            }
        }
        return ended;
    }

    private void clean() {
        cleaning = true;
        pod.invalidateReads();
        String sandbox = pod.sandboxId();
        String uid = pod.pod().uid();
        parts.machine().runtime().pod(uid)
                .thenCompose(seen -> {
                    CompletableFuture<Void> all = CompletableFuture
                            .completedFuture(null);
                    for (SandboxState one : seen.sandboxes()) {
                        all = all.thenCompose(
                                _ -> parts.machine().runtime().removeSandbox(one.id()));
                    }
                    return all;
                }).thenCompose(_ -> parts.machine().volumes().remove(uid))
                .whenComplete((_, thrown) -> {
                    cleaning = false;
                    if (thrown == null) {
                        finished = true;
                        containers.forEach(this::endUnstarted);
                        pod.finished();
                        return;
                    }
                    RuntimeFailure failure = RuntimeFailure.of(thrown);
                    if (failure.kind() != RuntimeFailure.Kind.UNREACHABLE) {
                        parts.warning(pod.pod(), "FailedKillPod", "error killing pod: "
                                + failure.text() + " sandbox=" + sandbox);
                    }
                    parts.loop().schedule(RETRY, pod::changed);
                });
    }

    private void endUnstarted(ContainerWorker container) {
        if (container.memory().end() == null) {
            container.memory().endUnstarted(
                    ContainerEnd.vanished(Instant.EPOCH, parts.loop().wallTime(), ""));
        }
    }
}

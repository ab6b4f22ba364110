package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.runtime.RuntimeFailure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Stops one running container: preStop hook, stop signal, and SIGKILL once the grace is over. Goes on
 * until {@link #cancel}, which its owner calls when the container has ended.
 */
final class ContainerStop {
    /** What a container gets after its hook has eaten the grace. */
    private static final Duration GRACE_MIN = Duration.ofSeconds(2);
    private static final Duration KILL_AGAIN = Duration.ofSeconds(5);

    private final AgentParts parts;
    private final PodContext pod;
    private final JsonNode container;
    private final String containerId;
    private final String signal;
    private long deadlineNanos;
    private Loop.@Nullable Timer timer;
    private boolean signalled;
    private boolean cancelled;

    ContainerStop(AgentParts parts, PodContext pod, JsonNode container, String containerId,
            String signal) {
        this.parts = parts;
        this.pod = pod;
        this.container = container;
        this.containerId = containerId;
        this.signal = signal;
    }

    /** Begins. */
    void start(Duration grace) {
        deadlineNanos = parts.loop().nanoTime() + grace.toNanos();
        JsonNode hook = container.path("lifecycle").path("preStop");
        if (hook.isMissingNode() || grace.isZero() || grace.isNegative()) {
            signal();
            return;
        }
        timer = parts.loop().schedule(grace, this::signal);
        new Hooks(parts).run(hook, new Hooks.Target(container, containerId, pod.podIp()), grace)
                .whenComplete((result, thrown) -> {
                    if (cancelled) {
                        return;
                    }
                    if (thrown != null || !result.success()) {
                        parts.warning(pod.pod(), "FailedPreStopHook", "PreStopHook failed");
                    }
                    signal();
                });
    }

    /** Leaves it less time; more is not given. */
    void shorten(Duration grace) {
        long deadline = parts.loop().nanoTime() + grace.toNanos();
        if (deadline >= deadlineNanos) {
            return;
        }
        deadlineNanos = deadline;
        if (signalled) {
            schedule(Duration.ofNanos(Math.max(0, deadline - parts.loop().nanoTime())));
        } else if (grace.isZero() || grace.isNegative()) {
            signal();
        }
    }

    /** The container has ended, or is no longer known. */
    void cancel() {
        cancelled = true;
        stopTimer();
    }

    private void signal() {
        if (cancelled || signalled) {
            return;
        }
        signalled = true;
        send(signal);
        long left = deadlineNanos - parts.loop().nanoTime();
        schedule(Duration.ofNanos(Math.max(left, GRACE_MIN.toNanos())));
    }

    private void kill() {
        if (cancelled) {
            return;
        }
        send("SIGKILL");
        pod.refresh();
        schedule(KILL_AGAIN);
    }

    private void send(String name) {
        parts.machine().runtime().signal(containerId, name).exceptionally(thrown -> {
            RuntimeFailure failure = RuntimeFailure.of(thrown);
            if (!cancelled && failure.kind() == RuntimeFailure.Kind.REFUSED) {
                parts.warning(pod.pod(), "FailedKillPod",
                        "error killing pod: " + failure.text());
            }
            pod.refresh();
            return null;
        });
    }

    private void schedule(Duration delay) {
        stopTimer();
        timer = parts.loop().schedule(delay, this::kill);
    }

    private void stopTimer() {
        Loop.Timer pending = timer;
        if (pending != null) {
            pending.cancel();
        }
    }
}

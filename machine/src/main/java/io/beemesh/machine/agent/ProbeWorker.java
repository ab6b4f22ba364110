package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.runtime.Prober.ProbeResult;
import io.beemesh.machine.runtime.RuntimeFailure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Probes one container in one way, for as long as it runs.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes">probes</a>
 */
final class ProbeWorker {
    private final AgentParts parts;
    private final Hooks hooks;
    private final JsonNode probe;
    private final Hooks.Target target;
    private final Listener listener;
    private Loop.@Nullable Timer timer;
    private boolean stopped;
    private boolean lastSuccess;
    private int run;

    /** What comes of it. */
    interface Listener {
        /** A single try failed; the text is for an Unhealthy event. */
        void onFailure(String text);

        /** A threshold was reached. */
        void onVerdict(boolean success);
    }

    ProbeWorker(AgentParts parts, JsonNode probe, Hooks.Target target, Listener listener) {
        this.parts = parts;
        this.hooks = new Hooks(parts);
        this.probe = probe;
        this.target = target;
        this.listener = listener;
    }

    /** Begins after {@code delay}. */
    void start(Duration delay) {
        timer = parts.loop().schedule(delay, this::check);
    }

    /** Ends; no callback follows. */
    void stop() {
        stopped = true;
        Loop.Timer pending = timer;
        if (pending != null) {
            pending.cancel();
        }
    }

    /** Seconds between tries. */
    static Duration period(JsonNode probe) {
        return Duration.ofSeconds(Math.max(1, probe.path("periodSeconds").asLong(10)));
    }

    private void check() {
        if (stopped) {
            return;
        }
        long began = parts.loop().nanoTime();
        Duration limit = Duration.ofSeconds(Math.max(1, probe.path("timeoutSeconds").asLong(1)));
        hooks.run(probe, target, limit).whenComplete((result, thrown) -> {
            if (stopped) {
                return;
            }
            if (thrown == null) {
                judge(result);
            } else if (RuntimeFailure.of(thrown).kind() != RuntimeFailure.Kind.UNREACHABLE) {
                listener.onFailure(" probe errored and resulted in unknown state: "
                        + RuntimeFailure.of(thrown).text());
            }
            if (!stopped) {
                long spent = parts.loop().nanoTime() - began;
                start(Duration.ofNanos(Math.max(0, period(probe).toNanos() - spent)));
            }
        });
    }

    private void judge(ProbeResult result) {
        run = result.success() == lastSuccess ? run + 1 : 1;
        lastSuccess = result.success();
        if (!result.success()) {
            listener.onFailure(" probe failed: " + result.message());
        }
        int threshold = result.success()
                ? probe.path("successThreshold").asInt(1)
                : probe.path("failureThreshold").asInt(3);
        if (run >= threshold && !stopped) {
            listener.onVerdict(result.success());
        }
    }

}

package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The probes of one running container: startup first, then liveness and readiness. */
final class ContainerProbes {
    private final AgentParts parts;
    private final Hooks.Target target;
    private final Events events;
    private final List<ProbeWorker> workers = new ArrayList<>();
    private boolean started;
    private boolean ready;
    private boolean adopted;

    /** What the container's owner does about it. */
    interface Events {
        /** Started or ready has changed. */
        void onChange();

        /** Text of an Unhealthy event. */
        void onUnhealthy(String text);

        /** It must be killed, for the failed {@code probe}. */
        void onDead(JsonNode probe, String kind);
    }

    ContainerProbes(AgentParts parts, Hooks.Target target, Events events) {
        this.parts = parts;
        this.target = target;
        this.events = events;
    }

    boolean started() {
        return started;
    }

    boolean ready() {
        return started && ready;
    }

    /**
     * Begins.
     *
     * @param running for how long the container has been running already
     * @param wasStarted what was known of it before this node was restarted
     * @param wasReady likewise
     */
    void start(Duration running, boolean wasStarted, boolean wasReady) {
        JsonNode startup = target.container().path("startupProbe");
        adopted = wasStarted;
        ready = wasReady;
        if (startup.isMissingNode() || wasStarted) {
            begin(running);
            return;
        }
        run(startup, "Startup", running, success -> {
            stop();
            if (success) {
                begin(running.plus(ProbeWorker.period(startup)));
                events.onChange();
            } else {
                events.onDead(startup, "startup");
            }
        });
    }

    /** Ends all probing; the verdicts stay as they are. */
    void stop() {
        workers.forEach(ProbeWorker::stop);
        workers.clear();
    }

    /** While its pod is being deleted only readiness is of interest. */
    void keepReadinessOnly() {
        boolean wasReady = ready;
        stop();
        ready = wasReady;
        JsonNode readiness = target.container().path("readinessProbe");
        if (started && !readiness.isMissingNode()) {
            runReadiness(readiness, ProbeWorker.period(readiness));
        }
    }

    private void begin(Duration running) {
        started = true;
        JsonNode readiness = target.container().path("readinessProbe");
        if (readiness.isMissingNode()) {
            ready = true;
        } else {
            runReadiness(readiness, running);
        }
        JsonNode liveness = target.container().path("livenessProbe");
        if (!liveness.isMissingNode()) {
            run(liveness, "Liveness", running, success -> {
                if (!success) {
                    stop();
                    events.onDead(liveness, "liveness");
                }
            });
        }
    }

    private void runReadiness(JsonNode readiness, Duration running) {
        run(readiness, "Readiness", running, success -> {
            if (ready != success) {
                ready = success;
                events.onChange();
            }
        });
    }

    private void run(JsonNode probe, String kind, Duration running, Consumer<Boolean> verdict) {
        ProbeWorker worker = new ProbeWorker(parts, probe, target, new ProbeWorker.Listener() {
            @Override
            public void onFailure(String text) {
                events.onUnhealthy(kind + text);
            }

            @Override
            public void onVerdict(boolean success) {
                verdict.accept(success);
            }
        });
        workers.add(worker);
        Duration delay = Duration.ofSeconds(probe.path("initialDelaySeconds").asLong(0))
                .minus(running);
        // Adopted ones are spread over a period, so that a restart is no storm of probes.
        Duration spread = adopted
                ? Duration.ofMillis(parts.random().nextLong(ProbeWorker.period(probe).toMillis()))
                : Duration.ZERO;
        worker.start((delay.isNegative() ? Duration.ZERO : delay).plus(spread));
    }
}

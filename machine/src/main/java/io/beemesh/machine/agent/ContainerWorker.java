package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.runtime.ContainerState;
import io.beemesh.machine.runtime.VolumeStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The life of one container of a pod: started when its pod says so, probed, stopped, started again
 * with growing delays.
 *
 * <p>What it knows comes from the runtime ({@link #observe}); what it wants follows from that and from
 * the spec, so that any step may be repeated, and it goes on after a restart of the node.
 */
final class ContainerWorker {
    private static final Duration RETRY = Duration.ofSeconds(10);
    private static final Duration BACKOFF_SHOWN = Duration.ofSeconds(2);
    private static final Duration GRACE_DEFAULT = Duration.ofSeconds(30);
    private static final String STOP_SIGNAL_DEFAULT = "SIGTERM";

    /** What a container is for its pod. */
    enum Role {
        INIT, SIDECAR, MAIN,
        /** Added to debug a pod that runs: started once, and no part of its health. */
        EPHEMERAL
    }

    private final AgentParts parts;
    private final PodContext pod;
    private final Role role;
    private final ContainerMemory memory;
    private final RestartBackoff crashes = new RestartBackoff();
    private final RestartBackoff pulls = new RestartBackoff();
    private JsonNode spec;
    private List<String> leftovers = List.of();
    private @Nullable ContainerStart start;
    private @Nullable ContainerStop stop;
    private @Nullable ContainerProbes probes;
    private Loop.@Nullable Timer retry;
    private boolean hookRunning;
    private boolean restartWanted;
    private boolean abandoned;

    ContainerWorker(AgentParts parts, PodContext pod, JsonNode spec, Role role) {
        this.parts = parts;
        this.pod = pod;
        this.spec = spec;
        this.role = role;
        this.memory = new ContainerMemory(spec.path("name").asText());
    }

    String name() {
        return memory.name();
    }

    Role role() {
        return role;
    }

    JsonNode spec() {
        return spec;
    }

    ContainerMemory memory() {
        return memory;
    }

    /** What the API says now; a changed image makes the container start anew. */
    void update(JsonNode newSpec) {
        spec = newSpec;
    }

    /** A container of this name runs, or did a moment ago for all that is known. */
    boolean isRunning() {
        ContainerState current = memory.current();
        return current != null && current.isRunning();
    }

    /** A start or a read of its end is under way, so its state is not settled. */
    boolean isBusy() {
        return start != null || memory.isReadingEnd();
    }

    boolean isStarted() {
        ContainerProbes running = probes;
        return isRunning() && !hookRunning && running != null && running.started();
    }

    boolean isReady() {
        ContainerProbes running = probes;
        return isRunning() && !hookRunning && running != null && running.ready();
    }

    boolean isHookRunning() {
        return hookRunning;
    }

    /** It has ended and will not be started again. */
    boolean isFinished() {
        ContainerEnd end = memory.end();
        return end != null && !isBusy() && !mustRestart(end);
    }

    /** It has ended well, which is all that an init container is for. */
    boolean hasSucceeded() {
        ContainerEnd end = memory.end();
        return end != null && end.exitCode() == 0;
    }

    /** It has ended well, and not only in a sandbox that the pod had before. */
    boolean hasPrepared() {
        return hasSucceeded() && memory.isOfSandbox();
    }

    /** It has been started in the sandbox that the pod has now, or is just being so. */
    boolean hasBegun() {
        return start != null || isRunning() || memory.isOfSandbox();
    }

    /** What init containers do they do for one sandbox. */
    void sandboxReplaced() {
        memory.sandboxReplaced(role == Role.INIT);
    }

    private boolean mustRestart(ContainerEnd end) {
        return role != Role.EPHEMERAL && (restartWanted
                || RestartRule.restarts(pod.pod().tree().path("spec"), spec, end.exitCode()));
    }

    /** What the runtime has of this name, oldest first; empty if nothing. */
    void observe(List<ContainerState> states) {
        if (start != null) {
            // Its own steps tell more than a list that was asked for before them.
            return;
        }
        List<String> old = new ArrayList<>();
        for (int i = 0; i < states.size(); i++) {
            ContainerState state = states.get(i);
            boolean last = i == states.size() - 1;
            boolean previous = i == states.size() - 2 && state.isExited();
            if (!last && state.isRunning()) {
                removeDouble(state.id());
            } else if ((!last && !previous)
                    || state.status() == ContainerState.Status.CREATED) {
                old.add(state.id());
            }
        }
        leftovers = old;
        ContainerState seen = states.isEmpty() ? null : states.getLast();
        if (seen != null && seen.status() == ContainerState.Status.CREATED) {
            // Left by a crash between making and starting it: it never ran.
            seen = states.size() > 1 ? states.get(states.size() - 2) : null;
        }
        ContainerState before = memory.current();
        if (seen == null) {
            if (before != null && before.isRunning()) {
                ended(before, ContainerEnd.vanished(before.startedAt(), parts.loop().wallTime(),
                        memory.containerId()));
            }
            return;
        }
        if (before != null && before.id().equals(seen.id()) && before.status() == seen.status()) {
            return;
        }
        memory.current(seen);
        if (seen.isRunning()) {
            beginProbes(seen, true);
        } else {
            readEnd(seen);
        }
    }

    /** One that runs beside a newer one: its end was reported when it had not come. */
    private void removeDouble(String id) {
        pod.invalidateReads();
        parts.machine().runtime().removeContainer(id).whenComplete((_, _) -> {
            pod.invalidateReads();
            pod.refresh();
        });
    }

    /** Does what is next, if it is this container's turn. */
    void step() {
        if (isBusy() || pod.isStopping()) {
            return;
        }
        if (isRunning()) {
            ContainerState current = memory.current();
            if (current != null && stop == null && !current.image().isEmpty()
                    && !current.image().equals(spec.path("image").asText())) {
                restartWanted = true;
                stop("Container " + name() + " definition changed, will be restarted",
                        podGrace());
            }
            return;
        }
        if (retry != null) {
            return;
        }
        ContainerEnd end = memory.end();
        if (end == null || (role == Role.INIT && !memory.isOfSandbox())) {
            begin();
        } else if (mustRestart(end)) {
            restart(end);
        }
    }

    private void restart(ContainerEnd end) {
        long now = parts.loop().nanoTime();
        long ended = now - Math.max(0,
                Duration.between(end.finishedAt(), parts.loop().wallTime()).toNanos());
        long left = restartWanted ? 0 : crashes.remainingNanos(ended, now);
        if (left == 0) {
            if (!restartWanted) {
                crashes.next(ended);
            }
            begin();
            return;
        }
        memory.waiting("CrashLoopBackOff", "back-off " + crashes.text()
                + " restarting failed container=" + name() + " pod=" + pod.podText());
        parts.warning(pod.pod(), "BackOff", "Back-off restarting failed container " + name()
                + " in pod " + pod.podText());
        retryAfter(Duration.ofNanos(left));
        pod.changed();
    }

    private void begin() {
        restartWanted = false;
        ContainerStart running = new ContainerStart(parts, pod, spec, new Progress());
        start = running;
        running.run(memory.nextAttempt(), leftovers);
    }

    private void retryAfter(Duration delay) {
        cancelRetry();
        retry = parts.loop().schedule(delay, () -> {
            retry = null;
            pod.changed();
        });
    }

    private void cancelRetry() {
        Loop.Timer pending = retry;
        if (pending != null) {
            pending.cancel();
            retry = null;
        }
    }

    /** Gives up what can be given up: waits for nothing that has not begun. */
    void abandon() {
        cancelRetry();
        ContainerStart running = start;
        if (running != null && running.abandon()) {
            start = null;
        }
        ContainerProbes probing = probes;
        if (probing != null && !abandoned) {
            probing.keepReadinessOnly();
        }
        abandoned = true;
    }

    /** Begins to stop it if it runs; once more with less grace hurries it. */
    void stop(String message, Duration grace) {
        ContainerState current = memory.current();
        if (current == null || !current.isRunning()) {
            return;
        }
        ContainerStop stopping = stop;
        if (stopping != null) {
            stopping.shorten(grace);
            return;
        }
        parts.normal(pod.pod(), "Killing", message);
        String ofImage = current.stopSignal().isEmpty()
                ? STOP_SIGNAL_DEFAULT
                : current.stopSignal();
        String signal = spec.path("lifecycle").path("stopSignal").asText(ofImage);
        stopping = new ContainerStop(parts, pod, spec, current.id(), signal);
        stop = stopping;
        stopping.start(grace);
    }

    /** Ends all timers, because the pod is gone or the node is. */
    void close() {
        cancelRetry();
        endRun();
        ContainerStart running = start;
        if (running != null) {
            running.abandon();
        }
    }

    private Duration podGrace() {
        JsonNode grace = pod.pod().tree().path("spec").path("terminationGracePeriodSeconds");
        return grace.isNumber() ? Duration.ofSeconds(grace.asLong()) : GRACE_DEFAULT;
    }

    private void endRun() {
        ContainerStop stopping = stop;
        if (stopping != null) {
            stopping.cancel();
            stop = null;
        }
        ContainerProbes probing = probes;
        if (probing != null) {
            probing.stop();
            probes = null;
        }
        hookRunning = false;
    }

    private void beginProbes(ContainerState state, boolean adopted) {
        ContainerProbes old = probes;
        if (old != null) {
            old.stop();
        }
        ContainerProbes running = new ContainerProbes(parts,
                new Hooks.Target(spec, state.id(), pod.podIp()), new ProbeEvents());
        probes = running;
        Duration age = Duration.between(state.startedAt(), parts.loop().wallTime());
        boolean known = adopted && memory.wasStarted(state.id());
        running.start(age.isNegative() ? Duration.ZERO : age, known,
                known && memory.wasReady());
    }

    private void readEnd(ContainerState state) {
        endRun();
        memory.readingEnd(true);
        VolumeStore volumes = parts.machine().volumes();
        boolean fallback = spec.path("terminationMessagePolicy").asText("")
                .equals("FallbackToLogsOnError") && state.exitCode() != 0;
        String uid = pod.pod().uid();
        volumes.terminationMessage(uid, name(), state.attempt())
                .thenCompose(message -> message.isEmpty() && fallback
                        ? volumes.logTail(uid, name(), state.attempt())
                        : CompletableFuture.completedFuture(message))
                .exceptionally(_ -> "").thenAccept(message -> {
                    memory.readingEnd(false);
                    ended(state, ContainerEnd.of(state, message, memory.containerId()));
                });
    }

    private void ended(ContainerState state, ContainerEnd end) {
        endRun();
        memory.ended(state, end);
        pod.changed();
    }

    /** What its probes find. */
    private final class ProbeEvents implements ContainerProbes.Events {
        @Override
        public void onChange() {
            pod.changed();
        }

        @Override
        public void onUnhealthy(String text) {
            parts.warning(pod.pod(), "Unhealthy", text);
        }

        @Override
        public void onDead(JsonNode probe, String kind) {
            JsonNode own = probe.path("terminationGracePeriodSeconds");
            stop("Container " + name() + " failed " + kind + " probe, will be restarted",
                    own.isNumber() ? Duration.ofSeconds(own.asLong()) : podGrace());
        }
    }

    /** What becomes of a start. */
    private final class Progress implements ContainerStart.Listener {
        @Override
        public void onRunning(ContainerState state) {
            memory.current(state);
            pulls.reset();
            start = null;
            if (state.isRunning()) {
                hookRunning = spec.path("lifecycle").has("postStart");
            } else {
                // It ended before its start was answered: nothing else tells of that end.
                readEnd(state);
            }
            pod.refresh();
        }

        @Override
        public void onStarted() {
            hookRunning = false;
            ContainerState current = memory.current();
            if (current != null && current.isRunning() && stop == null) {
                beginProbes(current, false);
            }
            pod.changed();
        }

        @Override
        public void onHookFailed() {
            memory.waiting("PostStartHookError", "PostStartHook failed");
            stop("FailedPostStartHook", podGrace());
            pod.changed();
        }

        @Override
        public void onFailed(StartFailure failure) {
            start = null;
            if (failure.reason().equals(StartFailure.ABANDONED)) {
                pod.refresh();
                pod.changed();
                return;
            }
            memory.waiting(failure.reason(), failure.text());
            if (failure.reason().equals(Images.ERR_PULL)) {
                backOffPull(failure.text());
            } else {
                retryAfter(RETRY);
            }
            pod.refresh();
            pod.changed();
        }

        private void backOffPull(String message) {
            long now = parts.loop().nanoTime();
            pulls.next(now);
            Duration delay = Duration.ofNanos(pulls.remainingNanos(now, now));
            String image = spec.path("image").asText();
            retryAfter(delay);
            parts.loop().schedule(BACKOFF_SHOWN, () -> {
                if (start == null && retry != null
                        && memory.isWaitingFor(Images.ERR_PULL)) {
                    memory.waiting(Images.PULL_BACKOFF, "Back-off pulling image \"" + image
                            + "\": " + Images.ERR_PULL + ": " + message);
                    parts.normal(pod.pod(), "BackOff",
                            "Back-off pulling image \"" + image + "\"");
                    parts.warning(pod.pod(), "Failed", "Error: " + Images.PULL_BACKOFF);
                    pod.changed();
                }
            });
        }

        @Override
        public void onStartError(ContainerState state, String message) {
            start = null;
            memory.current(state);
            memory.waiting(StartFailure.RUN_ERROR, message);
            ended(state, ContainerEnd.startError(message, parts.loop().wallTime(),
                    memory.containerId()));
        }

        @Override
        public void onUnreachable() {
            start = null;
            memory.waitingDefault();
            retryAfter(RETRY);
            pod.refresh();
        }
    }
}

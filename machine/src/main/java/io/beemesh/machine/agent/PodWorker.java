package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.agent.ContainerWorker.Role;
import io.beemesh.machine.network.PodNetwork;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.runtime.ContainerState;
import io.beemesh.machine.runtime.RuntimePod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one pod on this machine, from the moment it is bound here until nothing is left of it.
 *
 * <p>Level-triggered: {@link #changed} asks for a step, and a step looks at what is and begins what is
 * next. Whatever fails leaves things as they are, and a later step tries again; so it does not matter
 * at which point the node, the runtime or the machine went down.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/">pod lifecycle</a>
 */
final class PodWorker implements PodContext {
    private static final Logger LOG = LoggerFactory.getLogger(PodWorker.class);

    private final AgentParts parts;
    private final Consumer<PodWorker> onGone;
    private final List<ContainerWorker> containers = new ArrayList<>();
    /** Of container ids, such as {@code podman}. */
    private final String scheme;
    private final PodSetup setup;
    private final PodStatusWriter writer;
    private final PodShutdown shutdown;
    private final Instant startTime;
    /** Starts of containers that are made; those that were given up do nothing. */
    private final List<Runnable> awaitingNetwork = new ArrayList<>();
    private ApiObject pod;
    private PodStatus.Failure failure = PodStatus.Failure.NONE;
    private boolean stepScheduled;
    private boolean statusWritten;
    private boolean reading;
    private boolean readAgain;
    private long reads;
    private boolean connected = true;
    private boolean closed;
    private Loop.@Nullable Timer deadline;

    PodWorker(AgentParts parts, ApiObject pod, String scheme, Consumer<PodWorker> onGone) {
        this.parts = parts;
        this.pod = pod;
        this.scheme = scheme;
        this.onGone = onGone;
        this.setup = new PodSetup(parts, this);
        this.shutdown = new PodShutdown(parts, this, containers);
        this.writer = new PodStatusWriter(parts,
                new ObjectKey(GroupResource.PODS, pod.namespace(), pod.name()), pod.uid(),
                this::withStatus, this::onStatusWritten);
        JsonNode status = pod.tree().path("status");
        this.startTime = status.hasNonNull("startTime")
                ? Instant.parse(status.path("startTime").asText())
                : parts.loop().wallTime();
        for (JsonNode spec : pod.tree().path("spec").path("initContainers")) {
            add(spec, RestartRule.isSidecar(spec) ? Role.SIDECAR : Role.INIT, scheme,
                    status.path("initContainerStatuses"));
        }
        for (JsonNode spec : pod.tree().path("spec").path("containers")) {
            add(spec, Role.MAIN, scheme, status.path("containerStatuses"));
        }
        addEphemeral(pod);
        if (status.path("phase").asText("").equals(PodPhase.FAILED)
                && !status.path("reason").asText("").isEmpty()) {
            failure = new PodStatus.Failure(status.path("reason").asText(),
                    status.path("message").asText(""));
        }
    }

    /** Those that were added to debug the pod and are not known yet. */
    private void addEphemeral(ApiObject latest) {
        for (JsonNode spec : latest.tree().path("spec").path("ephemeralContainers")) {
            String name = spec.path("name").asText();
            if (containers.stream().noneMatch(c -> c.name().equals(name))) {
                add(spec, Role.EPHEMERAL, scheme,
                        latest.tree().path("status").path("ephemeralContainerStatuses"));
            }
        }
    }

    private void add(JsonNode spec, Role role, String scheme, JsonNode statuses) {
        ContainerWorker worker = new ContainerWorker(parts, this, spec, role);
        worker.memory().recall(PodPhase.status(statuses, worker.name()), scheme);
        containers.add(worker);
    }

    @Override
    public ApiObject pod() {
        return pod;
    }

    @Override
    public String sandboxId() {
        return setup.sandboxId();
    }

    @Override
    public void sandboxReplaced() {
        containers.forEach(ContainerWorker::sandboxReplaced);
    }

    @Override
    public String podIp() {
        return setup.podIp();
    }

    @Override
    public Map<String, String> volumes() {
        return setup.volumes();
    }

    @Override
    public Map<String, String> files() {
        return setup.files();
    }

    /** The API says so, or the pod has failed as a whole, or come to its end. */
    @Override
    public boolean isStopping() {
        return closed || shutdown.isBegun() || isTerminal();
    }

    /** The pod has failed, succeeded, or will in a moment: it uses nothing any more. */
    boolean isTerminal() {
        return !failure.isNone()
                || PodPhase.isTerminal(pod.tree().path("status").path("phase").asText(""));
    }

    /** True while the pod has never been let in, so that admission is still to be decided. */
    boolean isNew() {
        return !setup.hasSandbox() && !pod.tree().path("status").has("startTime");
    }

    /** The object has changed. */
    void update(ApiObject newer) {
        ApiObject before = pod;
        pod = newer;
        JsonNode spec = newer.tree().path("spec");
        for (ContainerWorker container : containers) {
            String list = switch (container.role()) {
                case INIT, SIDECAR -> "initContainers";
                case MAIN -> "containers";
                case EPHEMERAL -> "ephemeralContainers";
            };
            JsonNode own = PodPhase.status(spec.path(list), container.name());
            if (!own.isMissingNode()) {
                container.update(own);
            }
        }
        addEphemeral(newer);
        if (!before.labels().equals(newer.labels())
                || !before.annotations().equals(newer.annotations())) {
            setup.refreshVolumes();
        }
        if (newer.isDeleting()) {
            shutdown.begin(shutdown.remaining());
        }
        changed();
    }

    /** The object is gone: stop at once, and take nothing from anyone for it. */
    void deleted() {
        shutdown.objectGone();
        changed();
    }

    /** An object that its volumes are made of has changed. */
    void refreshVolumes() {
        setup.refreshVolumes();
    }

    /** Ends the pod as failed. */
    void fail(PodStatus.Failure why) {
        if (failure.isNone()) {
            failure = why;
            changed();
        }
    }

    /** What the runtime has of this pod, from a list that was asked for now. */
    void observe(RuntimePod seen) {
        if (closed) {
            return;
        }
        connected = true;
        boolean lost = setup.observe(seen.sandboxes());
        setup.observeSidecar(named(seen, PodNetwork.CONTAINER));
        for (ContainerWorker container : containers) {
            container.observe(named(seen, container.name()));
        }
        if (lost && !isStopping()) {
            parts.normal(pod, "SandboxChanged",
                    "Pod sandbox changed, it will be killed and re-created.");
        }
        if (pod.isDeleting()) {
            shutdown.begin(shutdown.remaining());
        }
        changed();
    }

    private static List<ContainerState> named(RuntimePod seen, String name) {
        List<ContainerState> own = new ArrayList<>();
        for (ContainerState state : seen.containers()) {
            if (state.name().equals(name)) {
                own.add(state);
            }
        }
        return own;
    }

    /** The runtime does not answer: nothing is known, so nothing is said or done. */
    void disconnected() {
        connected = false;
    }

    @Override
    public void invalidateReads() {
        reads++;
    }

    /** Changes whenever a list that was asked for before is no longer true. */
    long readMark() {
        return reads;
    }

    @Override
    public void refresh() {
        if (reading) {
            readAgain = true;
            return;
        }
        reading = true;
        long asked = ++reads;
        parts.machine().runtime().pod(pod.uid()).whenComplete((seen, thrown) -> {
            reading = false;
            boolean stale = asked != reads;
            if (thrown == null && !stale && !closed) {
                observe(seen);
            }
            if ((readAgain || stale) && !closed && connected && thrown == null) {
                readAgain = false;
                refresh();
            }
        });
    }

    @Override
    public boolean isNetworkReady() {
        return setup.isNetworkReady();
    }

    @Override
    public void whenNetworkReady(Runnable start) {
        if (isNetworkReady()) {
            start.run();
        } else {
            awaitingNetwork.add(start);
        }
    }

    private void releaseContainers() {
        if (!awaitingNetwork.isEmpty() && isNetworkReady()) {
            List<Runnable> waiting = List.copyOf(awaitingNetwork);
            awaitingNetwork.clear();
            waiting.forEach(Runnable::run);
        }
    }

    @Override
    public void changed() {
        if (!stepScheduled && !closed) {
            stepScheduled = true;
            parts.loop().execute(() -> {
                stepScheduled = false;
                if (!closed) {
                    step();
                }
            });
        }
    }

    private void step() {
        if (!connected) {
            return;
        }
        releaseContainers();
        if (shutdown.isBegun()) {
            shutdown.step();
        } else if (isTerminal()) {
            shutdown.stopAll();
        } else {
            watchDeadline();
            if (setup.hasSandbox() || !mainsFinished()) {
                setup.step();
            }
            if (mainsFinished()) {
                stopSidecars();
            } else if (setup.isReady()) {
                stepContainers();
            }
        }
        if (!shutdown.isObjectGone() && !isSettling()) {
            writer.touch();
        }
    }

    /** An end is being read: its exit code and its message appear together. */
    private boolean isSettling() {
        return containers.stream().anyMatch(c -> c.memory().isReadingEnd());
    }

    private boolean mainsFinished() {
        return containers.stream().allMatch(c -> c.role() != Role.MAIN || c.isFinished());
    }

    private void stopSidecars() {
        for (ContainerWorker container : containers.reversed()) {
            if (container.role() == Role.SIDECAR && (container.isRunning()
                    || container.isBusy())) {
                container.stop("Stopping container " + container.name(), shutdown.podGrace());
                return;
            }
        }
    }

    private void stepContainers() {
        boolean mainStarted = containers.stream()
                .anyMatch(c -> c.role() == Role.MAIN && c.hasBegun());
        for (ContainerWorker container : containers) {
            if (container.role() == Role.MAIN || container.role() == Role.EPHEMERAL) {
                container.step();
                continue;
            }
            if (container.role() == Role.SIDECAR) {
                container.step();
                if (!container.isStarted() && !mainStarted) {
                    return;
                }
            } else if (!container.hasPrepared() && !mainStarted) {
                container.step();
                return;
            }
        }
    }

    private void watchDeadline() {
        JsonNode seconds = pod.tree().path("spec").path("activeDeadlineSeconds");
        if (!seconds.isNumber() || deadline != null) {
            return;
        }
        Duration left = Duration.between(parts.loop().wallTime(),
                startTime.plusSeconds(seconds.asLong()));
        deadline = parts.loop().schedule(left.isNegative() ? Duration.ZERO : left, () -> {
            if (!isStopping()) {
                String text = "Pod was active on the node longer than the specified deadline";
                parts.normal(pod, "DeadlineExceeded", text);
                fail(new PodStatus.Failure("DeadlineExceeded", text));
            }
        });
    }

    private ApiObject withStatus(ApiObject latest) {
        PodStatus.Facts facts = new PodStatus.Facts(setup.podIp(), setup.hasSandbox(), failure,
                isStopping(), startTime);
        // A pod that is being deleted keeps its phase until all its containers have ended.
        latest.tree().set("status",
                new PodStatus(parts.config(), latest, containers).build(facts,
                        parts.loop().wallTime()));
        return latest;
    }

    private void onStatusWritten() {
        if (shutdown.isFinished() && !shutdown.isObjectGone() && !statusWritten) {
            statusWritten = true;
            writer.delete();
        }
    }

    /** For the shutdown: the sandbox to remove, if any. */
    PodSetup setup() {
        return setup;
    }

    /** All that the pod had on this machine is gone. */
    void finished() {
        if (shutdown.isObjectGone()) {
            parts.machine().network().remove(pod.uid());
            LOG.info("Pod removed pod={}/{} uid={}", pod.namespace(), pod.name(), pod.uid());
            close();
            onGone.accept(this);
        } else {
            statusWritten = false;
            changed();
        }
    }

    /** Ends all timers; containers go on. */
    void close() {
        closed = true;
        containers.forEach(ContainerWorker::close);
        setup.close();
        writer.close();
        Loop.Timer pending = deadline;
        if (pending != null) {
            pending.cancel();
        }
    }
}

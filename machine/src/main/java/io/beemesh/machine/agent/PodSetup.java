package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.runtime.ContainerState;
import io.beemesh.machine.runtime.RuntimeFailure;
import io.beemesh.machine.runtime.SandboxSpec;
import io.beemesh.machine.runtime.SandboxState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** What a pod needs before its containers: volumes, sandbox, files. Each step is retried. */
final class PodSetup {
    private static final Duration RETRY = Duration.ofSeconds(2);
    private static final Duration RETRY_MAX = Duration.ofSeconds(60);
    private static final String NO_SANDBOX = "none";
    private static final String TOKEN_FAILED = "failed to fetch token: ";

    private final AgentParts parts;
    private final PodContext pod;
    private final Map<String, String> tokens = new LinkedHashMap<>();
    private final List<String> extras = new ArrayList<>();
    private Map<String, String> volumes = Map.of();
    private Map<String, String> files = Map.of();
    private @Nullable SandboxState sandbox;
    /** The latest sandbox that could be used; empty while nothing is known. */
    private String lastSandbox = "";
    private boolean volumesReady;
    private boolean filesReady;
    private boolean busy;
    private boolean volumesStale;
    private int failures;
    private int attempt;
    private Loop.@Nullable Timer retry;
    /** Absent if the pod is to be on the runtime's network. */
    private final Optional<SidecarWorker> sidecar;

    PodSetup(AgentParts parts, PodContext pod) {
        this.parts = parts;
        this.pod = pod;
        this.sidecar = parts.machine().network().covers(pod.pod())
                ? Optional.of(new SidecarWorker(parts, pod))
                : Optional.empty();
    }

    Map<String, String> volumes() {
        return volumes;
    }

    Map<String, String> files() {
        return files;
    }

    String sandboxId() {
        SandboxState known = sandbox;
        return known == null ? "" : known.id();
    }

    /** The pod's address, empty while there is none. */
    String podIp() {
        if (pod.pod().tree().path("spec").path("hostNetwork").asBoolean(false)) {
            return parts.config().nodeIp();
        }
        SandboxState known = sandbox;
        return known == null || !known.running() ? "" : known.ip();
    }

    boolean hasSandbox() {
        SandboxState known = sandbox;
        return known != null && known.running();
    }

    boolean isBusy() {
        return busy || sidecar.map(SidecarWorker::isBusy).orElse(false);
    }

    /** Containers may be made. */
    boolean isReady() {
        return volumesReady && filesReady && hasSandbox();
    }

    /** They may run: what they send gets somewhere. */
    boolean isNetworkReady() {
        return hasSandbox() && sidecar().map(SidecarWorker::isReady).orElse(true);
    }

    /** A sandbox that was made before pods had sidecars keeps the network that it has. */
    private Optional<SidecarWorker> sidecar() {
        SandboxState known = sandbox;
        return sidecar.filter(_ -> known == null || !known.running()
                || parts.machine().network().contains(known.ip()));
    }

    /** What the runtime has of the pod's sidecar. */
    void observeSidecar(List<ContainerState> states) {
        sidecar.ifPresent(worker -> worker.observe(states));
    }

    /** What the runtime has. Returns true if the pod's sandbox is no longer usable. */
    boolean observe(List<SandboxState> sandboxes) {
        if (busy) {
            return false;
        }
        boolean had = hasSandbox();
        String id = sandboxId();
        SandboxState chosen = null;
        for (SandboxState one : sandboxes) {
            attempt = Math.max(attempt, one.attempt() + 1);
            boolean better = chosen == null || !chosen.running() || one.id().equals(id);
            chosen = better && (one.running() || chosen == null) ? one : chosen;
        }
        sandbox = chosen;
        extras.clear();
        for (SandboxState one : sandboxes) {
            if (!one.equals(chosen)) {
                // Made by a call whose answer got lost.
                extras.add(one.id());
            }
        }
        if (hasSandbox() && !had) {
            filesReady = false;
        }
        noteSandbox();
        return had && !hasSandbox();
    }

    /** Tells the pod if this sandbox is another; the first that a node sees may have been there before it. */
    private void noteSandbox() {
        if (!hasSandbox()) {
            lastSandbox = lastSandbox.isEmpty() ? NO_SANDBOX : lastSandbox;
            return;
        }
        boolean another = !lastSandbox.isEmpty() && !lastSandbox.equals(sandboxId());
        lastSandbox = sandboxId();
        if (another) {
            pod.sandboxReplaced();
        }
    }

    /** The sandbox cannot be used any more: the next step makes a new one. */
    void step() {
        if (hasSandbox() && !pod.isStopping()) {
            sidecar().ifPresent(worker -> worker.step(podIp()));
        }
        if (busy || retry != null) {
            return;
        }
        if (!volumesReady || volumesStale) {
            prepareVolumes();
        } else if (!extras.isEmpty()) {
            removeExtras();
        } else if (!hasSandbox()) {
            makeSandbox();
        } else if (!filesReady) {
            writeFiles();
        }
    }

    /** What the volumes are made of has changed. */
    void refreshVolumes() {
        volumesStale = true;
        pod.changed();
    }

    void close() {
        sidecar.ifPresent(SidecarWorker::close);
        Loop.Timer pending = retry;
        if (pending != null) {
            pending.cancel();
        }
    }

    private void prepareVolumes() {
        volumesStale = false;
        busy = true;
        fetchTokens().thenCompose(_ -> {
            try {
                DownwardFields fields = new DownwardFields(pod.pod(), podIp(), parts.config());
                return parts.machine().volumes().prepare(pod.pod().uid(),
                        new VolumePlan(parts, fields, tokens).resolve());
            } catch (StartFailure e) {
                throw e.thrown();
            }
        }).whenComplete((paths, thrown) -> {
            busy = false;
            if (thrown == null) {
                volumes = paths;
                volumesReady = true;
                done();
            } else {
                failed("FailedMount", "", thrown);
            }
        });
    }

    private CompletableFuture<?> fetchTokens() {
        ApiObject object = pod.pod();
        CompletableFuture<?> all = CompletableFuture.completedFuture(null);
        for (JsonNode source : VolumePlan.tokenSources(object)) {
            String account = object.tree().path("spec").path("serviceAccountName")
                    .asText("default");
            Duration lifetime = Duration.ofSeconds(source.path("expirationSeconds").asLong(3600));
            all = all.thenCompose(_ -> parts.machine().tokens().token(
                    new PodStreams.PodRef(object.namespace(), object.name(), object.uid()),
                    account, source.path("audience").asText(""), lifetime))
                    .handle((token, thrown) -> {
                        if (thrown != null) {
                            throw StartFailure.config(
                                    TOKEN_FAILED + RuntimeFailure.of(thrown).text())
                                    .thrown();
                        }
                        tokens.put(VolumePlan.tokenKey(source), token);
                        // Kubernetes renews a token when a fifth of its life is left.
                        parts.loop().schedule(lifetime.multipliedBy(4).dividedBy(5),
                                this::refreshVolumes);
                        return token;
                    });
        }
        return all;
    }

    private void removeExtras() {
        busy = true;
        pod.invalidateReads();
        parts.machine().runtime().removeSandbox(extras.getFirst()).whenComplete((_, thrown) -> {
            busy = false;
            pod.invalidateReads();
            if (thrown == null) {
                extras.removeFirst();
                done();
            } else {
                failed("FailedKillPod", "error killing pod: ", thrown);
            }
        });
    }

    private void makeSandbox() {
        busy = true;
        noteSandbox();
        SandboxState old = sandbox;
        CompletableFuture<Void> removed = old == null
                ? CompletableFuture.completedFuture(null)
                : parts.machine().runtime().removeSandbox(old.id());
        pod.invalidateReads();
        sidecar.ifPresent(SidecarWorker::reset);
        removed.thenCompose(_ -> createSandbox())
                .whenComplete((made, thrown) -> {
                    busy = false;
                    pod.invalidateReads();
                    if (thrown == null) {
                        sandbox = made;
                        attempt = Math.max(attempt, made.attempt() + 1);
                        filesReady = false;
                        noteSandbox();
                        done();
                    } else {
                        failed("FailedCreatePodSandBox", "Failed to create pod sandbox: ",
                                thrown);
                        pod.refresh();
                    }
                });
    }

    private CompletableFuture<SandboxState> createSandbox() {
        try {
            return parts.machine().runtime().createSandbox(spec(sidecar.isPresent()
                    ? parts.machine().network().chooseAddress(pod.pod().uid())
                    : ""));
        } catch (RuntimeFailure e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private SandboxSpec spec(String address) {
        JsonNode spec = pod.pod().tree().path("spec");
        Map<String, String> sysctls = new HashMap<>();
        for (JsonNode sysctl : spec.path("securityContext").path("sysctls")) {
            sysctls.put(sysctl.path("name").asText(), sysctl.path("value").asText());
        }
        List<SandboxSpec.PortMapping> ports = new ArrayList<>();
        boolean hostNetwork = spec.path("hostNetwork").asBoolean(false);
        for (JsonNode container : spec.path("containers")) {
            for (JsonNode port : container.path("ports")) {
                int hostPort = port.path("hostPort").asInt(0);
                if (hostPort > 0 && !hostNetwork) {
                    ports.add(new SandboxSpec.PortMapping(hostPort,
                            port.path("containerPort").asInt(),
                            port.path("protocol").asText("TCP").toLowerCase(Locale.ROOT),
                            port.path("hostIP").asText("")));
                }
            }
        }
        return new SandboxSpec(pod.podName(), podFiles().hostname(),
                attempt,
                new SandboxSpec.Namespaces(hostNetwork, spec.path("hostPID").asBoolean(false),
                        spec.path("hostIPC").asBoolean(false),
                        spec.path("shareProcessNamespace").asBoolean(false),
                        address),
                sysctls, ports);
    }

    private PodFiles podFiles() {
        return new PodFiles(pod.pod(), parts.config(),
                sidecar().isPresent()
                        ? parts.machine().network().nameServers()
                        : parts.config().dns().servers());
    }

    private void writeFiles() {
        busy = true;
        parts.machine().volumes()
                .podFiles(pod.pod().uid(),
                        podFiles().contents(podIp()))
                .whenComplete((paths, thrown) -> {
                    busy = false;
                    if (thrown == null) {
                        files = paths;
                        filesReady = true;
                        done();
                    } else {
                        failed("Failed", "error making pod data directories: ", thrown);
                    }
                });
    }

    private void done() {
        failures = 0;
        pod.changed();
    }

    private void failed(String reason, String prefix, Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause instanceof StartFailure failure
                ? failure.text()
                : RuntimeFailure.of(cause).text();
        boolean unreachable = cause instanceof RuntimeFailure failure
                && failure.kind() == RuntimeFailure.Kind.UNREACHABLE;
        if (!unreachable) {
            parts.warning(pod.pod(), reason, prefix + message);
        }
        Duration delay = RETRY.multipliedBy(1L << Math.min(failures, 5));
        failures++;
        retry = parts.loop().schedule(delay.compareTo(RETRY_MAX) > 0 ? RETRY_MAX : delay, () -> {
            retry = null;
            pod.changed();
        });
        pod.changed();
    }
}

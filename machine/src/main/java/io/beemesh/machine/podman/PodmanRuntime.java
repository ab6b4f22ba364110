package io.beemesh.machine.podman;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.transport.DockerHttpClient.Response;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.network.PodNetwork;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.runtime.ContainerRuntime;
import io.beemesh.machine.runtime.ContainerSpec;
import io.beemesh.machine.runtime.ContainerState;
import io.beemesh.machine.runtime.ContainerStats;
import io.beemesh.machine.runtime.ExecResult;
import io.beemesh.machine.runtime.ImageState;
import io.beemesh.machine.runtime.RegistryCredential;
import io.beemesh.machine.runtime.RuntimeEvent;
import io.beemesh.machine.runtime.RuntimeInfo;
import io.beemesh.machine.runtime.RuntimePod;
import io.beemesh.machine.runtime.SandboxSpec;
import io.beemesh.machine.runtime.SandboxState;
import io.beemesh.machine.volume.PodDirectories;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Podman on its unix socket: one Podman pod per sandbox on a private network, containers in it.
 *
 * <p>Only what carries this node's label is seen or touched, nothing is ever pruned. Logs are files of
 * the node, so that they can be read while Podman is down.
 */
public final class PodmanRuntime implements ContainerRuntime {
    private static final String NETWORK = "beemesh";
    private static final Duration CALL = Duration.ofMinutes(2);
    private static final Duration PULL = Duration.ofMinutes(30);
    private static final long LOG_BYTES_MAX = 10L << 20;
    private static final int OUTPUT_BYTES_MAX = 10 << 10;

    private final PodmanClient client;
    private final PodmanCalls calls;
    private final PodmanEvents events;
    private final PodDirectories directories;
    private final String node;
    private final Path seccompProfiles;
    /** Podman's service has the rights of this process: the launcher started both. */
    private final int oomScoreLeast = OomScore.least(Path.of("/proc/self"));
    /** Addresses of running sandboxes by infra container, bounded by their number. */
    private final Map<String, String> addresses = new ConcurrentHashMap<>();

    /**
     * @param node names this node among others that use the same Podman; must survive restarts
     * @param pods the directory under which the logs of pods are kept
     * @param seccompProfiles the directory of the profiles that pods may name
     */
    public PodmanRuntime(Loop loop, Path socket, String node, Path pods, Path seccompProfiles) {
        this.client = new PodmanClient(socket);
        this.calls = new PodmanCalls(loop);
        this.events = new PodmanEvents(client, loop, Labels.filter(node, ""));
        this.directories = new PodDirectories(pods);
        this.node = node;
        this.seccompProfiles = seccompProfiles;
    }

    @Override
    public void start(Consumer<RuntimeEvent> listener) {
        events.start(listener);
    }

    @Override
    public CompletableFuture<RuntimeInfo> info() {
        return calls.call(CALL, () -> {
            JsonNode version = client.get("/version");
            ensureNetwork();
            return new RuntimeInfo("podman", version.path("Version").asText(""));
        });
    }

    private void ensureNetwork() throws IOException {
        try {
            client.get("/networks/" + NETWORK + "/json");
        } catch (PodmanException e) {
            if (!e.isNotFound()) {
                throw e;
            }
            ObjectNode network = Json.object().put("name", NETWORK).put("driver", "bridge")
                    .put("dns_enabled", false);
            network.putObject("labels").put(Labels.NODE, node);
            client.post("/networks/create", network);
        }
    }

    @Override
    public CompletableFuture<List<RuntimePod>> list() {
        return calls.call(CALL, () -> read(""));
    }

    @Override
    public CompletableFuture<RuntimePod> pod(String podUid) {
        return calls.call(CALL, () -> {
            List<RuntimePod> pods = read(podUid);
            return pods.isEmpty()
                    ? new RuntimePod(podUid, "", "", List.of(), List.of())
                    : pods.getFirst();
        });
    }

    private List<RuntimePod> read(String uid) throws IOException {
        String filter = Labels.filter(node, uid);
        Map<String, List<SandboxState>> sandboxes = new LinkedHashMap<>();
        Map<String, JsonNode> labels = new LinkedHashMap<>();
        for (JsonNode pod : client.get("/pods/json?" + filter)) {
            String owner = pod.path("Labels").path(Labels.UID).asText();
            labels.put(owner, pod.path("Labels"));
            sandboxes.computeIfAbsent(owner, _ -> new ArrayList<>()).add(sandbox(pod));
        }
        Map<String, List<ContainerState>> containers = new LinkedHashMap<>();
        for (JsonNode container : client.get("/containers/json?all=true&" + filter)) {
            if (container.path("IsInfra").asBoolean(false)) {
                continue;
            }
            try {
                ContainerState state = PodmanJson.state(
                        client.get("/containers/" + container.path("Id").asText() + "/json"));
                labels.putIfAbsent(state.podUid(), container.path("Labels"));
                containers.computeIfAbsent(state.podUid(), _ -> new ArrayList<>()).add(state);
            } catch (PodmanException e) {
                if (!e.isNotFound()) {
                    throw e;
                }
            }
        }
        List<RuntimePod> pods = new ArrayList<>();
        labels.forEach((owner, its) -> {
            List<ContainerState> own = containers.getOrDefault(owner, new ArrayList<>());
            own.sort((a, b) -> a.name().equals(b.name())
                    ? Integer.compare(a.attempt(), b.attempt())
                    : a.name().compareTo(b.name()));
            pods.add(new RuntimePod(owner, its.path(Labels.NAMESPACE).asText(),
                    its.path(Labels.NAME).asText(), sandboxes.getOrDefault(owner, List.of()),
                    own));
        });
        return pods;
    }

    private SandboxState sandbox(JsonNode pod) throws IOException {
        String infra = pod.path("InfraId").asText("");
        boolean running = false;
        for (JsonNode container : pod.path("Containers")) {
            running |= container.path("Id").asText().equals(infra)
                    && container.path("Status").asText().equals("running");
        }
        String own = pod.path("Labels").path(Labels.ADDRESS).asText("");
        String ip = "";
        if (running) {
            ip = own.isEmpty() ? address(infra) : own;
        }
        return new SandboxState(pod.path("Id").asText(), running, ip,
                Labels.attempt(pod.path("Labels")));
    }

    private String address(String infra) throws IOException {
        String known = addresses.get(infra);
        if (known != null) {
            return known;
        }
        String ip = client.get("/containers/" + infra + "/json").path("NetworkSettings")
                .path("Networks").path(NETWORK).path("IPAddress").asText("");
        addresses.put(infra, ip);
        return ip;
    }

    @Override
    public CompletableFuture<SandboxState> createSandbox(SandboxSpec spec) {
        return calls.call(CALL, () -> {
            String own = spec.namespaces().address();
            if (own.isEmpty()) {
                // It may have been removed since the node began, as by "podman system reset".
                ensureNetwork();
            }
            String id = client.post("/pods/create", PodmanJson.sandbox(spec, node, NETWORK))
                    .path("Id").asText();
            client.post("/pods/" + id + "/start", null);
            String infra = client.get("/pods/" + id + "/json").path("InfraContainerID").asText();
            if (own.isEmpty()) {
                return new SandboxState(id, true, address(infra), spec.attempt());
            }
            try {
                NetworkNamespace.setUp(client.get("/containers/" + infra + "/json").path("State")
                        .path("Pid").asLong(), own);
            } catch (IOException e) {
                // A sandbox that seems whole must be.
                client.delete("/pods/" + id + "?force=true");
                throw e;
            }
            return new SandboxState(id, true, own, spec.attempt());
        });
    }

    @Override
    public CompletableFuture<Void> stopSandbox(String sandboxId) {
        return calls.call(CALL, () -> {
            client.post("/pods/" + sandboxId + "/stop?t=0", null);
            return null;
        });
    }

    @Override
    public CompletableFuture<Void> removeSandbox(String sandboxId) {
        return calls.call(CALL, () -> {
            try {
                JsonNode pod = client.get("/pods/" + sandboxId + "/json");
                client.delete("/pods/" + sandboxId + "?force=true");
                addresses.remove(pod.path("InfraContainerID").asText());
            } catch (PodmanException e) {
                if (!e.isNotFound()) {
                    throw e;
                }
            }
            return null;
        });
    }

    @Override
    public CompletableFuture<Optional<ImageState>> image(String reference) {
        return calls.call(CALL, () -> inspectImage(reference));
    }

    private Optional<ImageState> inspectImage(String reference) throws IOException {
        try {
            JsonNode image = client.get("/images/" + PodmanClient.encode(reference) + "/json");
            String id = PodmanJson.imageId(image.path("Id").asText());
            return Optional.of(new ImageState(id, PodmanJson.imageReference(image, reference, id),
                    image.path("Size").asLong(),
                    image.path("Config").path("User").asText(""),
                    image.path("Config").path("StopSignal").asText("")));
        } catch (PodmanException e) {
            if (e.isNotFound()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public CompletableFuture<ImageState> pullImage(String reference,
            List<RegistryCredential> credentials) {
        return calls.callAside(PULL, () -> {
            List<Map<String, String>> tries = new ArrayList<>();
            for (RegistryCredential credential : credentials) {
                ObjectNode auth = Json.object().put("username", credential.user())
                        .put("password", credential.password())
                        .put("serveraddress", credential.registry());
                tries.add(Map.of("X-Registry-Auth",
                        Base64.getUrlEncoder().encodeToString(Json.write(auth))));
            }
            if (tries.isEmpty()) {
                tries.add(Map.of());
            }
            String error = "";
            for (Map<String, String> headers : tries) {
                error = pull(reference, headers);
                if (error.isEmpty()) {
                    break;
                }
            }
            if (!error.isEmpty()) {
                throw new PodmanException(500, error);
            }
            return inspectImage(reference).orElseThrow(
                    () -> new PodmanException(500, "image is not there after its pull"));
        });
    }

    private String pull(String reference, Map<String, String> headers) throws IOException {
        try (Response response = client.stream("POST",
                "/images/pull?policy=always&reference=" + PodmanClient.encode(reference), headers,
                null)) {
            String error = "";
            for (String line : new String(response.getBody().readNBytes(1 << 20),
                    StandardCharsets.UTF_8).split("\n", -1)) {
                if (!line.isBlank()) {
                    error = Json.parse(line.getBytes(StandardCharsets.UTF_8)).path("error")
                            .asText(error);
                }
            }
            return error;
        }
    }

    private String seccomp(String profile) {
        return profile.startsWith(ContainerSpec.Security.LOCAL_SECCOMP)
                ? seccompProfiles
                        .resolve(profile.substring(ContainerSpec.Security.LOCAL_SECCOMP.length()))
                        .toString()
                : profile;
    }

    @Override
    public CompletableFuture<ContainerState> createContainer(ContainerSpec spec) {
        return calls.call(CALL, () -> {
            Path log = directories.log(spec.pod().uid(), spec.name(), spec.attempt());
            Files.createDirectories(log.getParent());
            String id = client.post("/containers/create",
                    PodmanJson.container(spec, node, log.toString(), LOG_BYTES_MAX,
                            seccomp(spec.security().seccomp()), oomScoreLeast))
                    .path("Id").asText();
            return PodmanJson.created(id, spec);
        });
    }

    @Override
    public CompletableFuture<Void> initContainer(String containerId) {
        return calls.call(CALL, () -> {
            client.post("/containers/" + containerId + "/init", null);
            return null;
        });
    }

    @Override
    public CompletableFuture<ContainerState> startContainer(String containerId) {
        return calls.call(CALL, () -> {
            client.post("/containers/" + containerId + "/start", null);
            return PodmanJson.state(client.get("/containers/" + containerId + "/json"));
        });
    }

    @Override
    public CompletableFuture<Void> signal(String containerId, String signal) {
        return calls.call(CALL, () -> {
            try {
                client.post("/containers/" + containerId + "/kill?signal="
                        + PodmanClient.encode(signal), null);
            } catch (PodmanException e) {
                // Not running any more, which is what it was to become.
                if (!e.isNotFound() && !isEnded(containerId)) {
                    throw e;
                }
            }
            return null;
        });
    }

    private boolean isEnded(String containerId) throws IOException {
        try {
            return !PodmanJson.state(client.get("/containers/" + containerId + "/json"))
                    .isRunning();
        } catch (PodmanException e) {
            if (e.isNotFound()) {
                return true;
            }
            throw e;
        }
    }

    @Override
    public CompletableFuture<Void> removeContainer(String containerId) {
        return calls.call(CALL, () -> {
            try {
                client.delete("/containers/" + containerId + "?force=true&t=0");
            } catch (PodmanException e) {
                if (!e.isNotFound()) {
                    throw e;
                }
            }
            return null;
        });
    }

    @Override
    public CompletableFuture<ExecResult> exec(String containerId, List<String> command,
            Duration limit) {
        return calls.callAside(limit, () -> {
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            PodmanExec exec = PodmanExec.create(client, containerId, command, false, false);
            try (Hijacked streams = exec.start()) {
                streams.endOutput();
                Frames.copy(streams.input(), (_, bytes, length) -> {
                    int room = OUTPUT_BYTES_MAX - output.size();
                    output.write(bytes, 0, Math.min(room, length));
                });
            }
            return new ExecResult(exec.exitCode(), output.toString(StandardCharsets.UTF_8));
        });
    }

    @Override
    public CompletableFuture<List<ContainerStats>> stats() {
        return calls.call(CALL, () -> {
            StringBuilder query = new StringBuilder("/containers/stats?stream=false");
            Map<String, JsonNode> labels = new LinkedHashMap<>();
            for (JsonNode container : client
                    .get("/containers/json?" + Labels.filter(node, ""))) {
                boolean sidecar = container.path("Labels").path(Labels.CONTAINER).asText("")
                        .equals(PodNetwork.CONTAINER);
                if (!container.path("IsInfra").asBoolean(false) && !sidecar) {
                    labels.put(container.path("Id").asText(), container.path("Labels"));
                    query.append("&containers=").append(container.path("Id").asText());
                }
            }
            List<ContainerStats> list = new ArrayList<>();
            if (labels.isEmpty()) {
                return list;
            }
            for (JsonNode one : client.get(query.toString()).path("Stats")) {
                String id = one.path("ContainerID").asText();
                JsonNode its = labels.getOrDefault(id, Json.object());
                list.add(new ContainerStats(its.path(Labels.UID).asText(),
                        its.path(Labels.CONTAINER).asText(), id, one.path("CPUNano").asLong(),
                        one.path("MemUsage").asLong()));
            }
            return list;
        });
    }

    @Override
    public void close() {
        calls.close();
        events.close();
        client.close();
    }
}

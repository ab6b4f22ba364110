package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.runtime.ContainerSpec;
import io.beemesh.machine.runtime.ContainerSpec.Mount;
import io.beemesh.machine.runtime.ContainerSpec.Terminal;
import io.beemesh.machine.runtime.ImageState;
import io.beemesh.machine.runtime.RuntimeFailure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Makes the {@link ContainerSpec} of one start of a container. */
final class ContainerSpecs {
    private static final List<String> READ_ONLY = List.of("configMap", "secret", "downwardAPI",
            "projected");

    private final AgentParts parts;
    private final PodContext pod;
    private final JsonNode container;

    ContainerSpecs(AgentParts parts, PodContext pod, JsonNode container) {
        this.parts = parts;
        this.pod = pod;
        this.container = container;
    }

    /** Fails with a {@link StartFailure}. */
    CompletableFuture<ContainerSpec> build(ImageState image, int attempt) {
        try {
            DownwardFields fields = new DownwardFields(pod.pod(), pod.podIp(), parts.config());
            Map<String, String> env = new Environment(parts, fields).of(container);
            ContainerSpec.Security security = new SecurityContext(pod.pod(), container,
                    parts.machine().network().covers(pod.pod()))
                    .resolve(image);
            return mounts(env, attempt)
                    .thenApply(mounts -> assemble(image, attempt, env, mounts, security));
        } catch (StartFailure e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private ContainerSpec assemble(ImageState image, int attempt, Map<String, String> env,
            List<Mount> mounts, ContainerSpec.Security security) {
        String signal = container.path("lifecycle").path("stopSignal").asText("");
        return new ContainerSpec(pod.podName(), pod.sandboxId(), container.path("name").asText(),
                attempt, container.path("image").asText(), image, expand("command", env),
                expand("args", env), container.path("workingDir").asText(""), env, mounts,
                PodResources.cgroup(pod.pod(), container,
                        parts.config().facts().capacity().memoryBytes()),
                security,
                new Terminal(container.path("tty").asBoolean(false),
                        container.path("stdin").asBoolean(false),
                        container.path("stdinOnce").asBoolean(false),
                        signal.isEmpty() ? Optional.empty() : Optional.of(signal)),
                "");
    }

    private List<String> expand(String field, Map<String, String> env) {
        List<String> words = new ArrayList<>();
        container.path(field).forEach(word -> words.add(Expansion.expand(word.asText(), env)));
        return words;
    }

    private CompletableFuture<List<Mount>> mounts(Map<String, String> env, int attempt)
            throws StartFailure {
        Map<String, Mount> mounts = new LinkedHashMap<>();
        pod.files().forEach((path, file) -> mounts.put(path, new Mount(file, path, false, "")));
        CompletableFuture<?> prepared = CompletableFuture.completedFuture(null);
        for (JsonNode mount : container.path("volumeMounts")) {
            String name = mount.path("name").asText();
            String volume = pod.volumes().get(name);
            if (volume == null) {
                throw StartFailure.config("cannot find volume \"" + name
                        + "\" to mount into container \"" + container.path("name").asText()
                        + "\"");
            }
            String subPath = subPath(mount, env);
            if (subPath.isEmpty()) {
                put(mounts, mount, volume);
            } else {
                prepared = prepared
                        .thenCompose(_ -> parts.machine().volumes().subPath(volume, subPath))
                        .thenAccept(path -> put(mounts, mount, path));
            }
        }
        String termination = container.path("terminationMessagePath").asText("");
        if (!termination.isEmpty()) {
            prepared = prepared
                    .thenCompose(_ -> parts.machine().volumes().terminationFile(pod.pod().uid(),
                            container.path("name").asText(), attempt))
                    .thenAccept(file -> mounts.put(termination,
                            new Mount(file, termination, false, "")));
        }
        return prepared.handle((_, thrown) -> {
            if (thrown != null) {
                throw StartFailure.config(RuntimeFailure.of(thrown).text()).thrown();
            }
            return List.copyOf(mounts.values());
        });
    }

    private static String subPath(JsonNode mount, Map<String, String> env) throws StartFailure {
        String expression = mount.path("subPathExpr").asText("");
        if (expression.isEmpty()) {
            return mount.path("subPath").asText("");
        }
        String path = Expansion.expand(expression, env);
        if (path.contains("$(")) {
            throw StartFailure.config("missing value for \"" + expression + "\"");
        }
        if (path.startsWith("/")) {
            throw StartFailure.config("subPath should not be absolute path: " + path);
        }
        return path;
    }

    private void put(Map<String, Mount> mounts, JsonNode mount, String hostPath) {
        String path = mount.path("mountPath").asText();
        String propagation = switch (mount.path("mountPropagation").asText("")) {
            case "Bidirectional" -> "rshared";
            case "HostToContainer" -> "rslave";
            default -> "";
        };
        mounts.put(path, new Mount(hostPath, path,
                mount.path("readOnly").asBoolean(false)
                        || isReadOnly(mount.path("name").asText()),
                propagation));
    }

    /** What is written by the agent, or is said to be. */
    private boolean isReadOnly(String volume) {
        for (JsonNode one : pod.pod().tree().path("spec").path("volumes")) {
            if (one.path("name").asText().equals(volume)) {
                return READ_ONLY.stream().anyMatch(one::has)
                        || one.path("persistentVolumeClaim").path("readOnly").asBoolean(false);
            }
        }
        return false;
    }
}

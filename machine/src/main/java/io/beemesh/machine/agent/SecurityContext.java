package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.network.PodNetwork;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.runtime.ContainerSpec.Kernel;
import io.beemesh.machine.runtime.ContainerSpec.Security;
import io.beemesh.machine.runtime.ImageState;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The rights of a container: what its own security context says, else its pod's.
 *
 * @see <a href="https://kubernetes.io/docs/tasks/configure-pod-container/security-context/">security
 *     context</a>
 */
final class SecurityContext {
    private final ApiObject pod;
    private final JsonNode container;
    private final JsonNode podContext;
    private final JsonNode context;
    private final boolean sidecar;

    /** @param sidecar the pod has one, so its containers get no rights over the network */
    SecurityContext(ApiObject pod, JsonNode container, boolean sidecar) {
        this.sidecar = sidecar;
        this.pod = pod;
        this.container = container;
        this.podContext = pod.tree().path("spec").path("securityContext");
        this.context = container.path("securityContext");
    }

    Security resolve(ImageState image) throws StartFailure {
        checkNonRoot(image);
        Optional<String> right = sidecar
                ? PodNetwork.networkRight(container)
                : Optional.empty();
        if (right.isPresent()) {
            throw StartFailure.config(
                    right.get() + ", which it cannot have in a pod with a sidecar");
        }
        boolean privileged = context.path("privileged").asBoolean(false);
        boolean escalates = context.path("allowPrivilegeEscalation").asBoolean(true);
        return new Security(user(image), groups(), privileged, !escalates,
                context.path("readOnlyRootFilesystem").asBoolean(false),
                strings(context.path("capabilities").path("add")),
                drops(), seccomp(privileged), kernel());
    }

    private List<String> drops() {
        List<String> drops = strings(context.path("capabilities").path("drop"));
        if (sidecar) {
            drops.add("NET_ADMIN");
            drops.add("NET_RAW");
        }
        return drops;
    }

    private Kernel kernel() throws StartFailure {
        JsonNode spec = pod.tree().path("spec");
        Map<String, String> sysctls = new TreeMap<>();
        for (JsonNode sysctl : podContext.path("sysctls")) {
            sysctls.put(sysctl.path("name").asText(), sysctl.path("value").asText());
        }
        return new Kernel(processes(spec), spec.path("hostIPC").asBoolean(false), sysctls);
    }

    private String processes(JsonNode spec) throws StartFailure {
        String target = container.path("targetContainerName").asText("");
        if (target.isEmpty()) {
            return spec.path("hostPID").asBoolean(false) ? Kernel.HOST : "";
        }
        for (JsonNode status : pod.tree().path("status").path("containerStatuses")) {
            String id = status.path("containerID").asText("");
            if (status.path("name").asText("").equals(target)
                    && status.path("state").has("running") && id.contains("://")) {
                return id.substring(id.indexOf("://") + 3);
            }
        }
        throw StartFailure.config("unable to find target container " + target);
    }

    private JsonNode either(String field) {
        return context.hasNonNull(field) ? context.path(field) : podContext.path(field);
    }

    private String user(ImageState image) {
        String user = either("runAsUser").asText("");
        String group = either("runAsGroup").asText("");
        if (group.isEmpty()) {
            return user;
        }
        String name = user.isEmpty() ? image.user() : user;
        int colon = name.indexOf(':');
        name = colon < 0 ? name : name.substring(0, colon);
        return (name.isEmpty() ? "0" : name) + ":" + group;
    }

    private List<Long> groups() {
        Set<Long> groups = new LinkedHashSet<>();
        podContext.path("supplementalGroups").forEach(group -> groups.add(group.asLong()));
        if (podContext.hasNonNull("fsGroup")) {
            groups.add(podContext.path("fsGroup").asLong());
        }
        return new ArrayList<>(groups);
    }

    private void checkNonRoot(ImageState image) throws StartFailure {
        if (!either("runAsNonRoot").asBoolean(false)) {
            return;
        }
        String where = " (pod: \"" + pod.name() + "_" + pod.namespace() + "(" + pod.uid()
                + ")\", container: " + container.path("name").asText() + ")";
        JsonNode user = either("runAsUser");
        if (user.isNumber()) {
            if (user.asLong() == 0) {
                throw StartFailure
                        .config("container's runAsUser breaks non-root policy" + where);
            }
            return;
        }
        int colon = image.user().indexOf(':');
        String name = colon < 0 ? image.user() : image.user().substring(0, colon);
        if (name.isEmpty() || name.equals("0")) {
            throw StartFailure
                    .config("container has runAsNonRoot and image will run as root" + where);
        }
        if (!name.chars().allMatch(Character::isDigit)) {
            throw StartFailure.config("container has runAsNonRoot and image has non-numeric user ("
                    + name + "), cannot verify user is non-root" + where);
        }
    }

    private String seccomp(boolean privileged) {
        JsonNode profile = either("seccompProfile");
        return switch (profile.path("type").asText("")) {
            case "Unconfined" -> "unconfined";
            case "Localhost" -> Security.LOCAL_SECCOMP
                    + profile.path("localhostProfile").asText("");
            default -> privileged ? "unconfined" : "";
        };
    }

    private static List<String> strings(JsonNode list) {
        List<String> strings = new ArrayList<>();
        list.forEach(item -> strings.add(item.asText()));
        return strings;
    }
}

package io.beemesh.machine.podman;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.network.PodNetwork;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.runtime.ContainerSpec;
import io.beemesh.machine.runtime.ContainerState;
import io.beemesh.machine.runtime.SandboxSpec;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;

/**
 * Podman's words for what the agent asks, and back.
 *
 * @see <a href="https://docs.podman.io/en/latest/_static/api.html">Podman's API</a>
 */
final class PodmanJson {
    /** Exit code of what was cut off without one, as by a reboot. */
    private static final int EXIT_UNKNOWN = 137;

    private PodmanJson() {}

    static ObjectNode sandbox(SandboxSpec spec, String node, String network) {
        ObjectNode body = Json.object();
        body.put("name", Labels.podmanName(spec.pod()));
        SandboxSpec.Namespaces namespaces = spec.namespaces();
        ObjectNode labels = Labels.of(spec.pod(), node, spec.attempt());
        boolean own = !namespaces.address().isEmpty();
        if (own) {
            labels.put(Labels.ADDRESS, namespaces.address());
        }
        body.set("labels", labels);
        body.put("exit_policy", "continue");
        ArrayNode shared = body.putArray("shared_namespaces");
        if (namespaces.hostNetwork()) {
            body.putObject("netns").put("nsmode", "host");
            shared.add("ipc");
        } else {
            body.put("hostname", spec.hostname());
            if (own) {
                body.putObject("netns").put("nsmode", "none");
            } else {
                body.putObject("netns").put("nsmode", "bridge");
                body.putObject("Networks").putObject(network);
            }
            shared.add("net").add("ipc").add("uts");
        }
        if (namespaces.sharedPid()) {
            shared.add("pid");
        }
        body.put("no_manage_hosts", true);
        // Ports of a pod with a sidecar are opened by the node.
        if (!own && !spec.ports().isEmpty()) {
            ArrayNode ports = body.putArray("portmappings");
            for (SandboxSpec.PortMapping port : spec.ports()) {
                ports.addObject().put("host_port", port.hostPort())
                        .put("container_port", port.containerPort())
                        .put("protocol", port.protocol()).put("host_ip", port.hostIp());
            }
        }
        return body;
    }

    /**
     * @param seccomp the path of the profile that confines it, {@code unconfined}, or empty for the
     *     default
     * @param oomScoreLeast what {@link OomScore} allows on this machine
     */
    static ObjectNode container(ContainerSpec spec, String node, String logPath,
            long logBytesMax, String seccomp, int oomScoreLeast) {
        ObjectNode body = Json.object();
        body.put("name",
                Labels.podmanName(spec.pod()) + "." + spec.name() + "." + spec.attempt());
        body.put("pod", spec.sandboxId());
        body.put("image", spec.found().id());
        ObjectNode labels = Labels.of(spec.pod(), node, spec.attempt());
        labels.put(Labels.CONTAINER, spec.name());
        labels.put(Labels.IMAGE, spec.image());
        labels.put(Labels.IMAGE_REFERENCE, spec.found().reference());
        if (!spec.mark().isEmpty()) {
            labels.put(Labels.MARK, spec.mark());
        }
        body.set("labels", labels);
        if (!spec.command().isEmpty()) {
            ArrayNode command = body.putArray("entrypoint");
            spec.command().forEach(command::add);
        }
        if (!spec.args().isEmpty()) {
            ArrayNode args = body.putArray("command");
            spec.args().forEach(args::add);
        }
        if (!spec.workingDir().isEmpty()) {
            body.put("work_dir", spec.workingDir());
            body.put("create_working_dir", true);
        }
        ObjectNode env = body.putObject("env");
        spec.env().forEach(env::put);
        body.put("terminal", spec.terminal().tty());
        body.put("stdin", spec.terminal().stdin());
        body.putObject("log_configuration").put("driver", "k8s-file").put("path", logPath)
                .put("size", logBytesMax);
        body.put("use_image_hosts", true);
        body.put("use_image_resolve_conf", true);
        body.put("systemd", "false");
        body.put("restart_policy", "no");
        ArrayNode mounts = body.putArray("mounts");
        for (ContainerSpec.Mount mount : spec.mounts()) {
            ObjectNode one = mounts.addObject().put("type", "bind")
                    .put("source", mount.hostPath()).put("destination", mount.containerPath());
            ArrayNode options = one.putArray("options").add("rbind")
                    .add(mount.readOnly() ? "ro" : "rw");
            options.add(mount.propagation().isEmpty() ? "rprivate" : mount.propagation());
        }
        resources(body, spec.resources(), oomScoreLeast);
        security(body, spec.security(), spec.name().equals(PodNetwork.CONTAINER));
        if (!seccomp.isEmpty()) {
            body.put("seccomp_profile_path", seccomp);
        }
        return body;
    }

    private static void resources(ObjectNode body, ContainerSpec.Resources resources,
            int oomScoreLeast) {
        ObjectNode limits = body.putObject("resource_limits");
        ObjectNode cpu = limits.putObject("cpu").put("shares", resources.cpuShares());
        if (resources.cpuQuotaMicros() > 0) {
            cpu.put("quota", resources.cpuQuotaMicros()).put("period",
                    ContainerSpec.Resources.CPU_PERIOD_MICROS);
        }
        if (resources.memoryBytes() > 0) {
            limits.putObject("memory").put("limit", resources.memoryBytes());
        }
        body.put("oom_score_adj", Math.max(resources.oomScoreAdjust(), oomScoreLeast));
    }

    private static void security(ObjectNode body, ContainerSpec.Security security,
            boolean isSidecar) {
        if (!security.user().isEmpty()) {
            body.put("user", security.user());
        }
        ArrayNode groups = body.putArray("groups");
        security.groups().forEach(group -> groups.add(Long.toString(group)));
        body.put("privileged", security.privileged());
        body.put("no_new_privileges", security.noNewPrivileges());
        body.put("read_only_filesystem", security.readOnlyRoot());
        ArrayNode add = body.putArray("cap_add");
        security.addCapabilities().forEach(add::add);
        ArrayNode drop = body.putArray("cap_drop");
        security.dropCapabilities().forEach(drop::add);
        String processes = security.kernel().processes();
        if (isSidecar) {
            // Containers that share theirs must not see it.
            body.putObject("pidns").put("nsmode", "private");
        } else if (processes.equals(ContainerSpec.Kernel.HOST)) {
            body.putObject("pidns").put("nsmode", "host");
        } else if (!processes.isEmpty()) {
            body.putObject("pidns").put("nsmode", "container").put("value", processes);
        }
        if (security.kernel().hostIpc()) {
            body.putObject("ipcns").put("nsmode", "host");
        }
        ObjectNode sysctl = body.putObject("sysctl");
        security.kernel().sysctls().forEach(sysctl::put);
    }

    /** From {@code containers/ID/json}. */
    static ContainerState state(JsonNode inspected) {
        JsonNode state = inspected.path("State");
        JsonNode labels = inspected.path("Config").path("Labels");
        Instant started = time(state.path("StartedAt").asText(""));
        ContainerState.Status status = status(state.path("Status").asText(""), started);
        Instant finished = time(state.path("FinishedAt").asText(""));
        int exitCode = state.path("ExitCode").asInt(0);
        if (status == ContainerState.Status.EXITED && finished.isBefore(started)) {
            // Podman notes a start late, maybe after the end; a reboot leaves no end at all.
            exitCode = finished.equals(Instant.EPOCH) ? EXIT_UNKNOWN : exitCode;
            finished = started;
        }
        return new ContainerState(inspected.path("Id").asText(), labels.path(Labels.UID).asText(),
                labels.path(Labels.CONTAINER).asText(), Labels.attempt(labels), status, exitCode,
                state.path("OOMKilled").asBoolean(false), started, finished,
                labels.path(Labels.IMAGE).asText(inspected.path("ImageName").asText()),
                labels.path(Labels.IMAGE_REFERENCE)
                        .asText(imageId(inspected.path("Image").asText())),
                status == ContainerState.Status.EXITED ? state.path("Error").asText("") : "",
                inspected.path("Config").path("StopSignal").asText(""),
                labels.path(Labels.MARK).asText(""));
    }

    /** What {@link #state} would say of a container that was made a moment ago. */
    static ContainerState created(String id, ContainerSpec spec) {
        return new ContainerState(id, spec.pod().uid(), spec.name(), spec.attempt(),
                ContainerState.Status.CREATED, 0, false, Instant.EPOCH, Instant.EPOCH,
                spec.image(), spec.found().reference(), "", spec.found().stopSignal(),
                spec.mark());
    }

    static String imageId(String id) {
        return id.isEmpty() || id.contains(":") ? id : "sha256:" + id;
    }

    /** The digest by which a registry knows an image, under the name asked for if it has several. */
    static String imageReference(JsonNode image, String name, String id) {
        String repository = name.replaceFirst("(:[^/:]*)?(@.*)?$", "") + "@";
        String first = "";
        for (JsonNode digest : image.path("RepoDigests")) {
            if (digest.asText().startsWith(repository)) {
                return digest.asText();
            }
            first = first.isEmpty() ? digest.asText() : first;
        }
        return first.isEmpty() ? id : first;
    }

    static ContainerState.Status status(String podmans, Instant started) {
        return switch (podmans) {
            case "running", "paused", "stopping" -> ContainerState.Status.RUNNING;
            case "exited", "stopped", "removing" -> ContainerState.Status.EXITED;
            default -> started.equals(Instant.EPOCH)
                    ? ContainerState.Status.CREATED
                    : ContainerState.Status.EXITED;
        };
    }

    private static Instant time(String text) {
        try {
            Instant time = OffsetDateTime.parse(text).toInstant();
            return time.isBefore(Instant.EPOCH) ? Instant.EPOCH : time;
        } catch (DateTimeParseException e) {
            return Instant.EPOCH;
        }
    }
}

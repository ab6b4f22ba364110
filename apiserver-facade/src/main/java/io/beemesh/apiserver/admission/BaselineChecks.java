package io.beemesh.apiserver.admission;

import static io.beemesh.apiserver.admission.SecuredPod.containers;
import static io.beemesh.apiserver.admission.SecuredPod.plural;
import static io.beemesh.apiserver.admission.SecuredPod.quoted;
import static io.beemesh.apiserver.admission.SecuredPod.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.admission.PodSecurityStandards.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** The checks of the standard {@code baseline}, in Kubernetes' words. Pure. */
final class BaselineChecks {
    private static final String APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/";
    private static final String SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
    private static final String SECCOMP = "container.seccomp.security.alpha.kubernetes.io/";
    private static final Set<String> CAPABILITIES = Set.of("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE",
            "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP",
            "SETUID", "SYS_CHROOT");
    private static final Set<String> SELINUX = Set.of("", "container_t", "container_init_t",
            "container_kvm_t");
    /** By the version of the standards that first allowed it. */
    private static final Map<String, Integer> SYSCTLS = Map.ofEntries(
            Map.entry("kernel.shm_rmid_forced", 0), Map.entry("net.ipv4.ip_local_port_range", 0),
            Map.entry("net.ipv4.tcp_syncookies", 0), Map.entry("net.ipv4.ping_group_range", 0),
            Map.entry("net.ipv4.ip_unprivileged_port_start", 0),
            Map.entry("net.ipv4.ip_local_reserved_ports", 27),
            Map.entry("net.ipv4.tcp_keepalive_time", 29),
            Map.entry("net.ipv4.tcp_fin_timeout", 29),
            Map.entry("net.ipv4.tcp_keepalive_intvl", 29),
            Map.entry("net.ipv4.tcp_keepalive_probes", 29), Map.entry("net.ipv4.tcp_rmem", 32),
            Map.entry("net.ipv4.tcp_wmem", 32));

    private BaselineChecks() {}

    static Optional<Violation> appArmor(SecuredPod pod) {
        SortedSet<String> types = new TreeSet<>();
        List<String> setters = pod
                .setters(context -> isBadType(context.path("appArmorProfile"), types));
        List<String> values = new ArrayList<>(types);
        SortedSet<String> annotations = new TreeSet<>();
        for (Map.Entry<String, JsonNode> one : pod.metadata().path("annotations").properties()) {
            String value = one.getValue().asText("");
            if (one.getKey().startsWith(APP_ARMOR) && !value.isEmpty()
                    && !value.equals("runtime/default") && !value.startsWith("localhost/")) {
                annotations.add(one.getKey() + "=\"" + value + "\"");
            }
        }
        if (!annotations.isEmpty()) {
            values.addAll(annotations);
            setters.add(plural("annotation", "annotations", annotations.size()));
        }
        return Violation.ifAny(setters,
                plural("forbidden AppArmor profile", "forbidden AppArmor profiles", values.size()),
                () -> String.join(" and ", setters) + " must not set AppArmor profile type to "
                        + quoted(values));
    }

    /** Whether a profile is neither the runtime's nor one of the machine; notes what it is instead. */
    static boolean isBadType(JsonNode profile, Set<String> types) {
        String type = text(profile, "type");
        boolean bad = profile.isObject() && !type.equals("RuntimeDefault")
                && !type.equals("Localhost");
        if (bad) {
            types.add(type);
        }
        return bad;
    }

    static Optional<Violation> capabilities(SecuredPod pod) {
        SortedSet<String> added = new TreeSet<>();
        List<String> names = pod
                .contextsThat(context -> adds(context, CAPABILITIES, added));
        return Violation.ifAny(names, "non-default capabilities", () -> containers(names)
                + " must not include " + quoted(added) + " in securityContext.capabilities.add");
    }

    /** Whether others than the allowed capabilities are added; notes which. */
    static boolean adds(JsonNode context, Set<String> allowed, Set<String> added) {
        boolean bad = false;
        for (JsonNode capability : context.path("capabilities").path("add")) {
            if (!allowed.contains(capability.asText(""))) {
                added.add(capability.asText(""));
                bad = true;
            }
        }
        return bad;
    }

    static Optional<Violation> hostNamespaces(SecuredPod pod) {
        List<String> shared = new ArrayList<>();
        for (String field : List.of("hostNetwork", "hostPID", "hostIPC")) {
            if (pod.spec().path(field).asBoolean(false)) {
                shared.add(field + "=true");
            }
        }
        return Violation.ifAny(shared, "host namespaces", () -> String.join(", ", shared));
    }

    static Optional<Violation> hostPathVolumes(SecuredPod pod) {
        List<String> volumes = new ArrayList<>();
        for (JsonNode volume : pod.spec().path("volumes")) {
            if (volume.has("hostPath")) {
                volumes.add(text(volume, "name"));
            }
        }
        return Violation.ifAny(volumes, "hostPath volumes",
                () -> plural("volume", "volumes", volumes.size()) + " " + quoted(volumes));
    }

    static Optional<Violation> hostPorts(SecuredPod pod) {
        SortedSet<String> ports = new TreeSet<>();
        List<String> names = pod.containersThat(container -> {
            boolean bad = false;
            for (JsonNode port : container.path("ports")) {
                if (port.path("hostPort").asInt(0) != 0) {
                    ports.add(port.path("hostPort").asText());
                    bad = true;
                }
            }
            return bad;
        });
        return Violation.ifAny(names, "hostPort",
                () -> containers(names) + " " + plural("uses", "use", names.size()) + " "
                        + plural("hostPort", "hostPorts", ports.size()) + " "
                        + String.join(", ", ports));
    }

    static Optional<Violation> privileged(SecuredPod pod) {
        List<String> names = pod
                .contextsThat(context -> context.path("privileged").asBoolean(false));
        return Violation.ifAny(names, "privileged",
                () -> containers(names) + " must not set securityContext.privileged=true");
    }

    static Optional<Violation> procMount(SecuredPod pod) {
        SortedSet<String> types = new TreeSet<>();
        List<String> names = pod.contextsThat(context -> {
            String type = text(context, "procMount");
            boolean bad = context.has("procMount") && !type.equals("Default");
            if (bad) {
                types.add(type);
            }
            return bad;
        });
        return Violation.ifAny(names, "procMount", () -> containers(names)
                + " must not set securityContext.procMount to " + quoted(types));
    }

    static Optional<Violation> seLinux(SecuredPod pod) {
        SortedSet<String> types = new TreeSet<>();
        SortedSet<String> identities = new TreeSet<>();
        List<String> setters = pod.setters(context -> {
            JsonNode options = context.path("seLinuxOptions");
            String type = text(options, "type");
            boolean bad = !SELINUX.contains(type)
                    && !(type.equals("container_engine_t") && pod.minor() >= 31);
            if (bad) {
                types.add(type);
            }
            for (String field : List.of("user", "role")) {
                if (!text(options, field).isEmpty()) {
                    identities.add(field);
                    bad = true;
                }
            }
            return bad;
        });
        List<String> data = new ArrayList<>();
        if (!types.isEmpty()) {
            data.add(plural("type", "types", types.size()) + " " + quoted(types));
        }
        // The user first.
        identities.reversed().forEach(field -> data.add(field + " may not be set"));
        return Violation.ifAny(setters, "seLinuxOptions", () -> String.join(" and ", setters)
                + " set forbidden securityContext.seLinuxOptions: " + String.join("; ", data));
    }

    static Optional<Violation> seccomp(SecuredPod pod) {
        if (pod.minor() < 19) {
            return seccompAnnotations(pod);
        }
        SortedSet<String> types = new TreeSet<>();
        List<String> setters = pod
                .setters(context -> isBadType(context.path("seccompProfile"), types));
        return Violation.ifAny(setters, "seccompProfile", () -> String.join(" and ", setters)
                + " must not set securityContext.seccompProfile.type to " + quoted(types));
    }

    private static Optional<Violation> seccompAnnotations(SecuredPod pod) {
        List<String> keys = new ArrayList<>(List.of(SECCOMP_POD));
        pod.containersThat(c -> keys.add(SECCOMP + text(c, "name")));
        SortedSet<String> bad = new TreeSet<>();
        for (String key : keys) {
            JsonNode annotation = pod.metadata().path("annotations").path(key);
            String value = annotation.asText("");
            if (!annotation.isMissingNode() && !value.equals("runtime/default")
                    && !value.equals("docker/default") && !value.startsWith("localhost/")) {
                bad.add(key + "=\"" + value + "\"");
            }
        }
        return Violation.ifAny(bad, "seccompProfile",
                () -> "forbidden " + plural("annotation", "annotations", bad.size()) + " "
                        + String.join(", ", bad));
    }

    static Optional<Violation> sysctls(SecuredPod pod) {
        List<String> names = new ArrayList<>();
        for (JsonNode sysctl : pod.context().path("sysctls")) {
            String name = text(sysctl, "name");
            if (!SYSCTLS.containsKey(name) || SYSCTLS.get(name) > pod.minor()) {
                names.add(name);
            }
        }
        return Violation.ifAny(names, "forbidden sysctls", () -> String.join(", ", names));
    }

    static Optional<Violation> windowsHostProcess(SecuredPod pod) {
        List<String> setters = pod.setters(context -> context.path("windowsOptions")
                .path("hostProcess").asBoolean(false));
        return Violation.ifAny(setters, "hostProcess", () -> String.join(" and ", setters)
                + " must not set securityContext.windowsOptions.hostProcess=true");
    }
}

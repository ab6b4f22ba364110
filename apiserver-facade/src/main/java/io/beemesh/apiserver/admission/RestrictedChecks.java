package io.beemesh.apiserver.admission;

import static io.beemesh.apiserver.admission.SecuredPod.containers;
import static io.beemesh.apiserver.admission.SecuredPod.plural;
import static io.beemesh.apiserver.admission.SecuredPod.quoted;
import static io.beemesh.apiserver.admission.SecuredPod.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.admission.PodSecurityStandards.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** The checks that the standard {@code restricted} has beyond {@code baseline}, in Kubernetes' words. Pure. */
final class RestrictedChecks {
    private static final Set<String> VOLUMES = Set.of("configMap", "csi", "downwardAPI", "emptyDir",
            "ephemeral", "persistentVolumeClaim", "projected", "secret");
    /** What else has a name; one of another kind is told as unknown. */
    private static final List<String> OTHER_VOLUMES = List.of("hostPath", "gcePersistentDisk",
            "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs", "rbd", "flexVolume",
            "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte",
            "azureDisk", "photonPersistentDisk", "portworxVolume", "scaleIO", "storageos");

    private RestrictedChecks() {}

    static Optional<Violation> allowPrivilegeEscalation(SecuredPod pod) {
        List<String> names = pod.isExempt()
                ? List.of()
                : pod.contextsThat(c -> c.path("allowPrivilegeEscalation").asBoolean(true));
        return Violation.ifAny(names, "allowPrivilegeEscalation != false", () -> containers(names)
                + " must set securityContext.allowPrivilegeEscalation=false");
    }

    static Optional<Violation> capabilities(SecuredPod pod) {
        if (pod.isExempt()) {
            return Optional.empty();
        }
        List<String> details = new ArrayList<>();
        List<String> keeping = pod.contextsThat(context -> !dropsAll(context));
        if (!keeping.isEmpty()) {
            details.add(containers(keeping)
                    + " must set securityContext.capabilities.drop=[\"ALL\"]");
        }
        SortedSet<String> added = new TreeSet<>();
        List<String> adding = pod.contextsThat(
                context -> BaselineChecks.adds(context, Set.of("NET_BIND_SERVICE"), added));
        if (!adding.isEmpty()) {
            details.add(containers(adding) + " must not include " + quoted(added)
                    + " in securityContext.capabilities.add");
        }
        return Violation.ifAny(details, "unrestricted capabilities",
                () -> String.join("; ", details));
    }

    private static boolean dropsAll(JsonNode context) {
        for (JsonNode capability : context.path("capabilities").path("drop")) {
            if (capability.asText("").equals("ALL")) {
                return true;
            }
        }
        return false;
    }

    static Optional<Violation> volumes(SecuredPod pod) {
        List<String> names = new ArrayList<>();
        SortedSet<String> types = new TreeSet<>();
        for (JsonNode volume : pod.spec().path("volumes")) {
            if (VOLUMES.stream().noneMatch(volume::has)) {
                names.add(text(volume, "name"));
                types.add(OTHER_VOLUMES.stream().filter(volume::has).findFirst()
                        .orElse("unknown"));
            }
        }
        return Violation.ifAny(names, "restricted volume types",
                () -> plural("volume", "volumes", names.size()) + " " + quoted(names) + " "
                        + plural("uses", "use", names.size()) + " "
                        + plural("restricted volume type", "restricted volume types", types.size())
                        + " " + quoted(types));
    }

    static Optional<Violation> runAsNonRoot(SecuredPod pod) {
        String field = "runAsNonRoot";
        List<String> setters = pod.setters(context -> !context.path(field).asBoolean(true));
        if (!setters.isEmpty()) {
            return Optional.of(new Violation("runAsNonRoot != true", String.join(" and ", setters)
                    + " must not set securityContext.runAsNonRoot=false"));
        }
        List<String> silent = pod.context().has(field)
                ? List.of()
                : pod.contextsThat(context -> !context.has(field));
        return Violation.ifAny(silent, "runAsNonRoot != true", () -> "pod or " + containers(silent)
                + " must set securityContext.runAsNonRoot=true");
    }

    static Optional<Violation> runAsUser(SecuredPod pod) {
        List<String> setters = pod.setters(context -> context.path("runAsUser").asLong(1) == 0);
        return Violation.ifAny(setters, "runAsUser=0",
                () -> String.join(" and ", setters) + " must not set runAsUser=0");
    }

    static Optional<Violation> seccomp(SecuredPod pod) {
        if (pod.isExempt()) {
            return Optional.empty();
        }
        List<String> silent = pod.context().path("seccompProfile").isObject()
                ? List.of()
                : pod.contextsThat(context -> !context.path("seccompProfile").isObject());
        return BaselineChecks.seccomp(pod).or(() -> Violation.ifAny(silent, "seccompProfile",
                () -> "pod or " + containers(silent)
                        + " must set securityContext.seccompProfile.type to \"RuntimeDefault\" or "
                        + "\"Localhost\""));
    }
}

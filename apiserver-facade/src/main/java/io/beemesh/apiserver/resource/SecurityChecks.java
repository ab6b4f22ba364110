package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Checks of the security contexts of pods and containers. */
final class SecurityChecks {
    private static final long ID_MAX = Integer.MAX_VALUE;
    private static final int SYSCTL_CHARS_MAX = 253;
    private static final Pattern SYSCTL = Pattern
            .compile("^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$");
    private static final Pattern IPC_SYSCTL = Pattern
            .compile("kernel[./](shm|msg|sem$).*|fs[./]mqueue[./].*");
    private static final List<String> SECCOMP_TYPES = List.of("Localhost", "RuntimeDefault",
            "Unconfined");

    private SecurityChecks() {}

    /** At a pod's security context. */
    static void pod(Location at, Errors errors) {
        JsonNode security = at.value();
        for (String id : List.of("fsGroup", "runAsUser", "runAsGroup")) {
            id(at.child(id), security.path(id), errors);
        }
        JsonNode groups = security.path("supplementalGroups");
        for (int i = 0; i < groups.size(); i++) {
            id(at.child("supplementalGroups[" + i + "]"), groups.get(i), errors);
        }
        if (at.parent().path("shareProcessNamespace").asBoolean(false)
                && at.parent().path("hostPID").asBoolean(false)) {
            errors.invalid(at.child("shareProcessNamespace"),
                    at.parent().path("shareProcessNamespace"),
                    "ShareProcessNamespace and HostPID cannot both be enabled");
        }
        sysctls(at, errors);
        seccomp(at.child("seccompProfile"), security.path("seccompProfile"), errors);
    }

    /** @param path of the security context, which may be absent */
    static void container(String path, JsonNode security, Errors errors) {
        for (String id : List.of("runAsUser", "runAsGroup")) {
            id(path + "." + id, security.path(id), errors);
        }
        if (!security.path("allowPrivilegeEscalation").asBoolean(true)) {
            if (security.path("privileged").asBoolean(false)) {
                errors.invalid(path, security, "cannot set `allowPrivilegeEscalation` to false "
                        + "and `privileged` to true");
            }
            for (JsonNode capability : security.path("capabilities").path("add")) {
                if (capability.asText("").equals("CAP_SYS_ADMIN")) {
                    errors.invalid(path, security, "cannot set `allowPrivilegeEscalation` to "
                            + "false and `capabilities.Add` CAP_SYS_ADMIN");
                }
            }
        }
        seccomp(path + ".seccompProfile", security.path("seccompProfile"), errors);
    }

    private static void id(String path, JsonNode value, Errors errors) {
        if (value.asLong(0) < 0 || value.asLong(0) > ID_MAX) {
            errors.invalid(path, value, "must be between 0 and " + ID_MAX + ", inclusive");
        }
    }

    private static void sysctls(Location at, Errors errors) {
        JsonNode sysctls = at.value().path("sysctls");
        Set<String> names = new HashSet<>();
        for (int i = 0; i < sysctls.size(); i++) {
            String name = sysctls.get(i).path("name").asText("");
            String path = at.child("sysctls[" + i + "].name");
            if (name.isEmpty()) {
                errors.required(path, "");
            } else if (name.length() > SYSCTL_CHARS_MAX || !SYSCTL.matcher(name).matches()) {
                errors.invalid(path, name, "must have at most " + SYSCTL_CHARS_MAX
                        + " characters and match regex " + SYSCTL);
            } else if (!names.add(name)) {
                errors.duplicate(path, sysctls.get(i).path("name"));
            }
            if (at.parent().path("hostNetwork").asBoolean(false)
                    && name.matches("net[./].*")) {
                errors.invalid(path, name, "may not be specified when 'hostNetwork' is true");
            } else if (at.parent().path("hostIPC").asBoolean(false)
                    && IPC_SYSCTL.matcher(name).matches()) {
                errors.invalid(path, name, "may not be specified when 'hostIPC' is true");
            }
        }
    }

    private static void seccomp(String path, JsonNode profile, Errors errors) {
        if (!profile.isObject()) {
            return;
        }
        String type = profile.path("type").asText("");
        if (type.isEmpty()) {
            errors.required(path + ".type", "type is required when seccompProfile is set");
        } else if (!SECCOMP_TYPES.contains(type)) {
            errors.notSupported(path + ".type", profile.path("type"), SECCOMP_TYPES);
        }
        String where = path + ".localhostProfile";
        JsonNode file = profile.path("localhostProfile");
        if (!type.equals("Localhost")) {
            if (file.isTextual()) {
                errors.invalid(where, profile, "can only be set when seccomp type is Localhost");
            }
        } else if (!file.isTextual()) {
            errors.required(where, "must be set when seccomp type is Localhost");
        } else {
            if (file.asText().startsWith("/")) {
                errors.invalid(where, file, "must be a relative path");
            }
            ContainerFields.backSteps(where, file, errors);
        }
    }
}

package io.beemesh.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.admission.SecurityLevel.Standard;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Holds a pod's spec against the Pod Security Standards, as Kubernetes 1.32 has them. What a machine adds to
 * a pod, such as its sidecar, is not part of the spec. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/security/pod-security-standards/">Pod Security
 *     Standards</a>
 */
final class PodSecurityStandards {
    private static final String CAPABILITIES = "capabilities_baseline";
    private static final String HOST_PATHS = "hostPathVolumes";
    private static final String SECCOMP = "seccompProfile_baseline";

    /** In the order in which Kubernetes tells of them. */
    private static final List<Check> BASELINE = List.of(
            new Check("appArmorProfile", 0, "", BaselineChecks::appArmor),
            new Check(CAPABILITIES, 0, "", BaselineChecks::capabilities),
            new Check("hostNamespaces", 0, "", BaselineChecks::hostNamespaces),
            new Check(HOST_PATHS, 0, "", BaselineChecks::hostPathVolumes),
            new Check("hostPorts", 0, "", BaselineChecks::hostPorts),
            new Check("privileged", 0, "", BaselineChecks::privileged),
            new Check("procMount", 0, "", BaselineChecks::procMount),
            new Check("seLinuxOptions", 0, "", BaselineChecks::seLinux),
            new Check(SECCOMP, 0, "", BaselineChecks::seccomp),
            new Check("sysctls", 0, "", BaselineChecks::sysctls),
            new Check("windowsHostProcess", 0, "", BaselineChecks::windowsHostProcess));
    private static final List<Check> RESTRICTED = List.of(
            new Check("allowPrivilegeEscalation", 8, "",
                    RestrictedChecks::allowPrivilegeEscalation),
            new Check("capabilities_restricted", 22, CAPABILITIES, RestrictedChecks::capabilities),
            new Check("restrictedVolumes", 0, HOST_PATHS, RestrictedChecks::volumes),
            new Check("runAsNonRoot", 0, "", RestrictedChecks::runAsNonRoot),
            new Check("runAsUser", 23, "", RestrictedChecks::runAsUser),
            new Check("seccompProfile_restricted", 19, SECCOMP, RestrictedChecks::seccomp));

    private PodSecurityStandards() {}

    /**
     * One check.
     *
     * @param since the first version of the standards that has it
     * @param instead the check of baseline that it takes the place of, or empty
     */
    private record Check(String id, int since, String instead,
            Function<SecuredPod, Optional<Violation>> rule) {}

    /**
     * What a pod does that its level forbids.
     *
     * @param reason such as {@code hostPort}
     * @param detail such as {@code container "a" uses hostPort 80}
     */
    record Violation(String reason, String detail) {
        /** A violation if anything was {@code found}. */
        static Optional<Violation> ifAny(Collection<String> found, String reason,
                Supplier<String> detail) {
            return found.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new Violation(reason, detail.get()));
        }
    }

    /** All that {@code level} forbids of a pod or a template. */
    static List<Violation> violations(SecurityLevel level, JsonNode pod) {
        SecuredPod secured = new SecuredPod(pod.path("metadata"), pod.path("spec"), level.minor());
        return checks(level).stream().flatMap(check -> check.rule.apply(secured).stream()).toList();
    }

    private static List<Check> checks(SecurityLevel level) {
        if (level.isPrivileged()) {
            return List.of();
        }
        if (level.standard() == Standard.BASELINE) {
            return BASELINE;
        }
        List<Check> restricted = RESTRICTED.stream().filter(c -> c.since <= level.minor())
                .toList();
        List<Check> checks = new ArrayList<>(BASELINE);
        checks.removeIf(b -> restricted.stream().anyMatch(r -> r.instead.equals(b.id)));
        checks.addAll(restricted);
        return checks;
    }

    /** Such as {@code hostPort (container "a" uses hostPort 80), privileged (...)}. */
    static String text(List<Violation> violations) {
        return String.join(", ",
                violations.stream().map(v -> v.reason + " (" + v.detail + ")").toList());
    }

    /** The reasons alone. */
    static String reasons(List<Violation> violations) {
        return String.join(", ", violations.stream().map(Violation::reason).toList());
    }
}

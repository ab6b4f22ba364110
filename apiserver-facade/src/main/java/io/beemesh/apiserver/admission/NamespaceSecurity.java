package io.beemesh.apiserver.admission;

import io.beemesh.apiserver.admission.SecurityLevel.Standard;
import io.beemesh.apiserver.resource.FieldError;
import io.beemesh.machine.object.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the labels of a namespace ask of its pods. There is no audit log that {@code audit} would go to:
 * its labels are only checked.
 *
 * @param errors labels that say nothing; {@code enforce} then is the strictest, {@code warn} the mildest
 * @see <a
 *     href="https://kubernetes.io/docs/concepts/security/pod-security-admission/">pod security
 *     admission</a>
 */
record NamespaceSecurity(SecurityLevel enforce, SecurityLevel warn, List<FieldError> errors) {
    private static final String PREFIX = "pod-security.kubernetes.io/";

    NamespaceSecurity {
        errors = List.copyOf(errors);
    }

    static NamespaceSecurity of(Map<String, String> labels) {
        List<FieldError> errors = new ArrayList<>();
        SecurityLevel enforce = level(labels, "enforce", Standard.RESTRICTED, errors);
        level(labels, "audit", Standard.PRIVILEGED, errors);
        SecurityLevel warn = level(labels, "warn", Standard.PRIVILEGED, errors);
        boolean asked = Optional.ofNullable(labels.get(PREFIX + "enforce"))
                .flatMap(Standard::parse).isPresent();
        if (asked && !labels.containsKey(PREFIX + "warn")) {
            // Who makes a Deployment is told what would become of its pods.
            warn = new SecurityLevel(enforce.standard(),
                    labels.containsKey(PREFIX + "warn-version") ? warn.minor() : enforce.minor());
        }
        return new NamespaceSecurity(enforce, warn, errors);
    }

    private static SecurityLevel level(Map<String, String> labels, String mode, Standard ifBroken,
            List<FieldError> errors) {
        String name = PREFIX + mode;
        Standard standard = Standard.PRIVILEGED;
        if (labels.containsKey(name)) {
            Optional<Standard> asked = Standard.parse(labels.get(name));
            if (asked.isEmpty()) {
                errors.add(error(name, labels.get(name),
                        "must be one of privileged, baseline, restricted"));
            }
            standard = asked.orElse(ifBroken);
        }
        int minor = SecurityLevel.LATEST;
        String version = name + "-version";
        if (labels.containsKey(version)) {
            Optional<Integer> asked = SecurityLevel.parseVersion(labels.get(version));
            if (asked.isEmpty()) {
                errors.add(error(version, labels.get(version),
                        "must be \"latest\" or \"v1.x\""));
            }
            minor = asked.orElse(SecurityLevel.LATEST);
        }
        return new SecurityLevel(standard, minor);
    }

    private static FieldError error(String label, String value, String rule) {
        String quoted = new String(Json.write(Json.object().textNode(value)),
                StandardCharsets.UTF_8);
        return new FieldError(FieldError.Reason.INVALID, "metadata.labels[" + label + "]",
                "Invalid value: " + quoted + ": " + rule);
    }
}

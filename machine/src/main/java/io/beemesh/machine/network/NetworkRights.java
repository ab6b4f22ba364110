package io.beemesh.machine.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Which rights a container cannot have beside a sidecar: with them it could change its way out. */
final class NetworkRights {
    private static final Set<String> FORBIDDEN = Set.of("ALL", "NET_ADMIN", "NET_RAW", "SYS_ADMIN",
            "BPF", "SYS_MODULE", "SYS_PTRACE");

    private NetworkRights() {}

    static Optional<String> asked(ApiObject pod) {
        for (String list : List.of("initContainers", "containers", "ephemeralContainers")) {
            for (JsonNode container : pod.tree().path("spec").path(list)) {
                Optional<String> right = asked(container);
                if (right.isPresent()) {
                    return right;
                }
            }
        }
        return Optional.empty();
    }

    static Optional<String> asked(JsonNode container) {
        JsonNode context = container.path("securityContext");
        String name = "container \"" + container.path("name").asText() + "\" ";
        if (context.path("privileged").asBoolean(false)) {
            return Optional.of(name + "is privileged");
        }
        for (JsonNode added : context.path("capabilities").path("add")) {
            String capability = added.asText("").toUpperCase(Locale.ROOT)
                    .replaceFirst("^CAP_", "");
            if (FORBIDDEN.contains(capability)) {
                return Optional.of(name + "asks for capability " + capability);
            }
        }
        return Optional.empty();
    }
}

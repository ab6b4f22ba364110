package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is allowed in a pod's spec and yet hardly meant, in Kubernetes' words. */
final class PodWarnings {
    private PodWarnings() {}

    /** At the spec of a pod or of a template. */
    static void of(Location at, List<String> warnings) {
        JsonNode spec = at.value();
        for (String list : List.of("initContainers", "containers")) {
            for (int i = 0; i < spec.path(list).size(); i++) {
                String path = at.child(list + "[" + i + "]");
                environment(path, spec.path(list).get(i).path("env"), warnings);
                ports(path, spec.path(list).get(i).path("ports"), warnings);
            }
        }
        if (spec.path("terminationGracePeriodSeconds").asLong(0) < 0) {
            warnings.add(at.child("terminationGracePeriodSeconds")
                    + ": must be >= 0; negative values are invalid and will be treated as 1");
        }
        Set<String> secrets = new HashSet<>();
        for (int i = 0; i < spec.path("imagePullSecrets").size(); i++) {
            String name = spec.path("imagePullSecrets").get(i).path("name").asText("");
            String path = at.child("imagePullSecrets[" + i + "].name");
            if (name.isEmpty()) {
                warnings.add(path + ": invalid empty name \"\"");
            } else if (!secrets.add(name)) {
                warnings.add(path + ": duplicate name \"" + name + "\"");
            }
        }
        for (int i = 0; i < spec.path("topologySpreadConstraints").size(); i++) {
            if (!spec.path("topologySpreadConstraints").get(i).has("labelSelector")) {
                warnings.add(at.child("topologySpreadConstraints[" + i + "].labelSelector")
                        + ": a null labelSelector results in matching no pod");
            }
        }
    }

    private static void environment(String path, JsonNode variables, List<String> warnings) {
        Map<String, Integer> seen = new HashMap<>();
        for (int i = 0; i < variables.size(); i++) {
            String name = variables.get(i).path("name").asText("");
            Integer before = seen.put(name, i);
            boolean adds = variables.get(i).path("value").asText("")
                    .contains("$(" + name + ")");
            if (before != null && !adds) {
                warnings.add(path + ".env[" + i + "]: hides previous definition of \"" + name
                        + "\", which may be dropped when using apply");
            }
        }
    }

    private static void ports(String path, JsonNode ports, List<String> warnings) {
        Map<String, Integer> seen = new HashMap<>();
        for (int i = 0; i < ports.size(); i++) {
            String key = ports.get(i).path("containerPort").asText("") + "/"
                    + ports.get(i).path("protocol").asText("TCP");
            Integer before = seen.putIfAbsent(key, i);
            if (before != null) {
                warnings.add(path + ".ports[" + i + "]: duplicate port definition with " + path
                        + ".ports[" + before + "]");
            }
        }
    }
}

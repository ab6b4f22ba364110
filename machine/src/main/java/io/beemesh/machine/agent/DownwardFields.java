package io.beemesh.machine.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.StringJoiner;

/**
 * A pod's own facts, as its containers may ask for them.
 *
 * @param podIp empty while unknown
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/downward-api/">downward API</a>
 */
record DownwardFields(ApiObject pod, String podIp, AgentConfig config) {

    /** The value of a {@code fieldRef}. */
    String field(String path) throws StartFailure {
        int bracket = path.indexOf("['");
        if (bracket > 0 && path.endsWith("']")) {
            String key = path.substring(bracket + 2, path.length() - 2);
            return switch (path.substring(0, bracket)) {
                case "metadata.labels" -> pod.labels().getOrDefault(key, "");
                case "metadata.annotations" -> pod.annotations().getOrDefault(key, "");
                default -> throw unsupported(path);
            };
        }
        JsonNode spec = pod.tree().path("spec");
        return switch (path) {
            case "metadata.name" -> pod.name();
            case "metadata.namespace" -> pod.namespace();
            case "metadata.uid" -> pod.uid();
            case "metadata.labels" -> lines(pod.labels());
            case "metadata.annotations" -> lines(pod.annotations());
            case "spec.nodeName" -> config.nodeName();
            case "spec.serviceAccountName" -> spec.path("serviceAccountName").asText("");
            case "status.hostIP", "status.hostIPs" -> config.nodeIp();
            case "status.podIP", "status.podIPs" -> podIp;
            default -> throw unsupported(path);
        };
    }

    /** The value of a {@code resourceFieldRef} of {@code container}, in units of its divisor. */
    String resource(JsonNode reference, JsonNode container) throws StartFailure {
        String name = reference.path("resource").asText("");
        int dot = name.indexOf('.');
        if (dot < 0) {
            throw StartFailure.config("Unsupported container resource : " + name);
        }
        String resource = name.substring(dot + 1);
        String text = container.path("resources").path(name.substring(0, dot)).path(resource)
                .asText("");
        BigDecimal value = text.isEmpty() && name.startsWith("limits.")
                ? allocatable(resource)
                : Quantity.read(text).map(Quantity::amount).orElse(BigDecimal.ZERO);
        BigDecimal divisor = Quantity.read(reference.path("divisor").asText(""))
                .map(Quantity::amount).filter(by -> by.signum() != 0).orElse(BigDecimal.ONE);
        return value.divide(divisor, 0, RoundingMode.CEILING).toBigInteger().toString();
    }

    private BigDecimal allocatable(String resource) {
        AgentConfig.Amounts amounts = config.facts().allocatable();
        return switch (resource) {
            case "cpu" -> BigDecimal.valueOf(amounts.cpuMillis(), 3);
            case "memory" -> BigDecimal.valueOf(amounts.memoryBytes());
            case "ephemeral-storage" -> BigDecimal.valueOf(amounts.storageBytes());
            default -> BigDecimal.ZERO;
        };
    }

    private static String lines(Map<String, String> map) {
        StringJoiner lines = new StringJoiner("\n");
        map.entrySet().stream().sorted(Map.Entry.comparingByKey())
                .forEach(e -> lines.add(e.getKey() + "=" + quote(e.getValue())));
        return lines.toString();
    }

    private static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\r' -> out.append("\\r");
                default -> out.append(c);
            }
        }
        return out.append('"').toString();
    }

    private static StartFailure unsupported(String path) {
        return StartFailure.config("unsupported fieldPath: " + path);
    }
}

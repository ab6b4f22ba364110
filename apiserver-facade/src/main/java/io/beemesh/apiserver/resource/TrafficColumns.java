package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.GroupResource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** The columns of kinds that are about traffic and load. */
final class TrafficColumns {
    private static final String UNKNOWN = "<unknown>";
    private static final int HOSTS_MAX = 3;
    private static final int METRICS_MAX = 2;

    private TrafficColumns() {}

    static TableColumns of(GroupResource type) {
        return switch (type.resource()) {
            case "horizontalpodautoscalers" -> BasicColumns.named()
                    .text("Reference", "What it scales", TrafficColumns::reference)
                    .text("Targets", "Each metric's value and target", TrafficColumns::targets)
                    .text("MinPods", "The fewest replicas",
                            o -> TreePath.at(o, "spec.minReplicas").asText("<unset>"))
                    .number("MaxPods", "The most replicas", "spec.maxReplicas")
                    .number("Replicas", "Replicas there are", "status.currentReplicas").age();
            case "ingresses" -> BasicColumns.named()
                    .text("Class", "Who serves it", o -> CellTexts
                            .orNone(TreePath.at(o, "spec.ingressClassName").asText("")))
                    .text("Hosts", "Hosts of its rules", TrafficColumns::hosts)
                    .text("Address", "Where it is served", TrafficColumns::addresses)
                    .text("Ports", "80, and 443 with TLS",
                            o -> o.path("spec").path("tls").isEmpty() ? "80" : "80, 443")
                    .age();
            case "ingressclasses" -> BasicColumns.named()
                    .text("Controller", "Who serves its Ingresses", "spec.controller")
                    .text("Parameters", "More of it", TrafficColumns::parameters).age();
            case "networkpolicies" ->
                BasicColumns.named().text("Pod-Selector", "Which pods it is for",
                        o -> CellTexts.selector(o.path("spec").path("podSelector"))).age();
            case "runtimeclasses" -> BasicColumns.named()
                    .text("Handler", "The runtime's name", "handler").age();
            default -> BasicColumns.named().age();
        };
    }

    private static String reference(JsonNode autoscaler) {
        JsonNode target = autoscaler.path("spec").path("scaleTargetRef");
        return target.path("kind").asText("") + "/" + target.path("name").asText("");
    }

    private static String targets(JsonNode autoscaler) {
        List<String> texts = new ArrayList<>();
        JsonNode metrics = autoscaler.path("spec").path("metrics");
        for (int i = 0; i < Math.min(METRICS_MAX, metrics.size()); i++) {
            texts.add(target(metrics.get(i),
                    autoscaler.path("status").path("currentMetrics").path(i)));
        }
        int more = metrics.size() - METRICS_MAX;
        return CellTexts.orNone(String.join(", ", texts))
                + (more > 0 ? " + " + more + " more..." : "");
    }

    private static String target(JsonNode metric, JsonNode status) {
        String type = metric.path("type").asText("");
        String source = type.isEmpty()
                ? ""
                : type.substring(0, 1).toLowerCase(Locale.ROOT) + type.substring(1);
        JsonNode target = metric.path(source).path("target");
        JsonNode current = status.path(source).path("current");
        String name = metric.path(source).path("name").asText("");
        String prefix = name.isEmpty() ? "" : name + ": ";
        if (target.has("averageUtilization")) {
            String now = current.has("averageUtilization")
                    ? current.path("averageUtilization").asText() + "%"
                    : UNKNOWN;
            return prefix + now + "/" + target.path("averageUtilization").asText() + "%";
        }
        boolean average = target.has("averageValue");
        String field = average ? "averageValue" : "value";
        String suffix = average && prefix.isEmpty() && !type.equals("Pods") ? " (avg)" : "";
        return prefix + current.path(field).asText(UNKNOWN) + "/"
                + target.path(field).asText("<auto>") + suffix;
    }

    private static String hosts(JsonNode ingress) {
        Set<String> hosts = new LinkedHashSet<>();
        for (JsonNode rule : ingress.path("spec").path("rules")) {
            String host = rule.path("host").asText("");
            if (!host.isEmpty()) {
                hosts.add(host);
            }
        }
        if (hosts.isEmpty()) {
            return "*";
        }
        int more = hosts.size() - HOSTS_MAX;
        return String.join(",", hosts.stream().limit(HOSTS_MAX).toList())
                + (more > 0 ? " + " + more + " more..." : "");
    }

    private static String addresses(JsonNode ingress) {
        TreeSet<String> addresses = new TreeSet<>();
        for (JsonNode one : ingress.path("status").path("loadBalancer").path("ingress")) {
            String ip = one.path("ip").asText("");
            addresses.add(ip.isEmpty() ? one.path("hostname").asText("") : ip);
        }
        return String.join(",", addresses);
    }

    private static String parameters(JsonNode ingressClass) {
        JsonNode parameters = ingressClass.path("spec").path("parameters");
        if (!parameters.isObject()) {
            return CellTexts.NONE;
        }
        String group = parameters.path("apiGroup").asText("");
        return parameters.path("kind").asText("") + (group.isEmpty() ? "" : "." + group) + "/"
                + parameters.path("name").asText("");
    }
}

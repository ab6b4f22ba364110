package io.beemesh.machine.quota;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.PodAmounts;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.object.Quantity;
import io.beemesh.machine.object.Quantity.Notation;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What one object uses of every resource that a quota can bound, by the names that quotas have.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/policy/resource-quotas/">resource quotas</a>
 */
final class Charges {
    private static final Quantity ONE = Quantity.of(1, Notation.DECIMAL);
    /** Kinds whose number has a name of its own. */
    private static final Set<String> COUNTED = Set.of("configmaps", "persistentvolumeclaims",
            "replicationcontrollers", "resourcequotas", "secrets", "services");
    /** What a pod's requests are called without a prefix, too. */
    private static final Set<String> PLAIN = Set.of("cpu", "memory", "ephemeral-storage");
    private static final String CLASS = ".storageclass.storage.k8s.io/";

    private Charges() {}

    static Map<String, Quantity> of(GroupResource type, ApiObject object) {
        Map<String, Quantity> charges = new TreeMap<>();
        charges.put("count/" + type, ONE);
        if (type.group().isEmpty() && COUNTED.contains(type.resource())) {
            charges.put(type.resource(), ONE);
        }
        JsonNode spec = object.tree().path("spec");
        if (type.equals(GroupResource.PODS)) {
            if (!Pods.isTerminal(object)) {
                pod(spec, charges);
            }
        } else if (type.equals(GroupResource.SERVICES)) {
            service(spec, charges);
        } else if (type.equals(GroupResource.PERSISTENT_VOLUME_CLAIMS)) {
            claim(spec, charges);
        }
        return charges;
    }

    private static void pod(JsonNode spec, Map<String, Quantity> charges) {
        charges.put("pods", ONE);
        PodAmounts.required(spec).forEach((name, amount) -> {
            charges.put("requests." + name, amount);
            if (PLAIN.contains(name)) {
                charges.put(name, amount);
            }
        });
        PodAmounts.of(spec, "limits")
                .forEach((name, amount) -> charges.put("limits." + name, amount));
    }

    private static void service(JsonNode spec, Map<String, Quantity> charges) {
        String type = spec.path("type").asText("");
        boolean balanced = type.equals("LoadBalancer");
        if (balanced) {
            charges.put("services.loadbalancers", ONE);
        }
        boolean ports = balanced && spec.path("allocateLoadBalancerNodePorts").asBoolean(true);
        if (type.equals("NodePort") || ports) {
            charges.put("services.nodeports",
                    Quantity.of(spec.path("ports").size(), Notation.DECIMAL));
        }
    }

    private static void claim(JsonNode spec, Map<String, Quantity> charges) {
        Quantity storage = PodAmounts.amounts(spec, "requests").getOrDefault("storage",
                Quantity.ZERO);
        charges.put("requests.storage", storage);
        String storageClass = spec.path("storageClassName").asText("");
        if (!storageClass.isEmpty()) {
            charges.put(storageClass + CLASS + "requests.storage", storage);
            charges.put(storageClass + CLASS + "persistentvolumeclaims", ONE);
        }
    }
}

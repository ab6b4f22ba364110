package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Checks of Ingresses and NetworkPolicies that look at more than one field. */
final class NetworkChecks {
    private NetworkChecks() {}

    static void ingress(Location at, Errors errors) {
        if (at.value().path("rules").isEmpty() && !at.value().path("defaultBackend").isObject()) {
            errors.invalid(at.path(), at.value().path("rules"),
                    "either `defaultBackend` or `rules` must be specified");
        }
    }

    static void ingressBackend(Location at, Errors errors) {
        JsonNode service = at.value().path("service");
        if (at.value().path("resource").isObject()) {
            if (service.isObject()) {
                errors.invalid(at.path(), "", "cannot set both resource and service backends");
            }
            return;
        }
        if (!service.isObject()) {
            errors.invalid(at.path(), "", "resource or service backend is required");
            return;
        }
        String name = service.path("name").asText("");
        String namePath = at.child("service.name");
        if (name.isEmpty()) {
            errors.required(namePath, "");
        } else {
            Names.dns1035Label(name).forEach(m -> errors.invalid(namePath, name, m));
        }
        boolean named = !service.path("port").path("name").asText("").isEmpty();
        boolean numbered = service.path("port").path("number").asLong(0) != 0;
        if (named && numbered) {
            errors.invalid(at.path(), "", "cannot set both port name & port number");
        } else if (!named && !numbered) {
            errors.required(at.path(), "port name or number is required");
        }
    }

    /** One end of the traffic that a policy allows. */
    static void policyPeer(Location at, Errors errors) {
        boolean selects = false;
        for (String selector : List.of("podSelector", "namespaceSelector")) {
            JsonNode value = at.value().path(selector);
            if (value.isObject()) {
                selects = true;
                SelectorChecks.check(at.child(selector), value, errors);
            }
        }
        boolean block = at.value().path("ipBlock").isObject();
        if (block && selects) {
            errors.forbidden(at.path(),
                    "may not specify both ipBlock and another peer");
        } else if (!block && !selects) {
            errors.required(at.path(), "must specify a peer");
        } else if (block && at.value().path("ipBlock").path("cidr").asText("").isEmpty()) {
            errors.required(at.child("ipBlock.cidr"), "");
        }
    }
}

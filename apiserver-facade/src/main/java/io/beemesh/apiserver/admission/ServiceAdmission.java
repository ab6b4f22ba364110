package io.beemesh.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.engine.WriteAdmission.Outcome;
import io.beemesh.apiserver.resource.FieldError;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.SlotMap;
import io.beemesh.machine.service.ServiceClaims;
import io.beemesh.machine.service.ServiceRange;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Gives Services their addresses and ports. Each is a claim, an object that only one Service of the mesh
 * can make: see {@link ServiceClaims}.
 */
final class ServiceAdmission {
    private final Registry registry;
    private final Supplier<Instant> clock;

    ServiceAdmission(Registry registry, Supplier<Instant> clock) {
        this.registry = registry;
        this.clock = clock;
    }

    Outcome admit(ApiObject service, Optional<ApiObject> current) {
        Set<ObjectKey> held = current.map(ServiceClaims::of).orElse(Set.of());
        List<FieldError> errors = new ArrayList<>();
        address(service, held, errors);
        ports(service, held, errors);
        if (!errors.isEmpty()) {
            return new Outcome(List.of(), errors, "");
        }
        Set<ObjectKey> wanted = ServiceClaims.of(service);
        List<Mutation> companions = new ArrayList<>();
        for (ObjectKey key : wanted) {
            if (!held.contains(key)) {
                companions.add(ServiceClaims.claim(key, service, clock.get()));
            }
        }
        held.stream().filter(key -> !wanted.contains(key))
                .forEach(key -> release(service, key).ifPresent(companions::add));
        return new Outcome(companions, List.of(), "");
    }

    /** The claims that go when the Service does. */
    List<Mutation> onRemove(ApiObject service) {
        List<Mutation> releases = new ArrayList<>();
        ServiceClaims.of(service)
                .forEach(key -> release(service, key).ifPresent(releases::add));
        return releases;
    }

    private void address(ApiObject service, Set<ObjectKey> held, List<FieldError> errors) {
        ObjectNode spec = service.spec();
        if (spec.path("type").asText("").equals("ExternalName")) {
            spec.remove(List.of("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"));
            return;
        }
        String asked = spec.path("clusterIP").asText("");
        if (asked.isEmpty()) {
            asked = spec.path("clusterIPs").path(0).asText("");
        }
        if (asked.isEmpty()) {
            Optional<String> free = ServiceRange.address(
                    SlotMap.ofNamespace(service.namespace()), hash(service.uid()),
                    address -> isUsed(ServiceClaims.address(address)));
            if (free.isEmpty()) {
                errors.add(invalid("spec.clusterIP", "\"\"",
                        "failed to allocate IP: range is full"));
                return;
            }
            asked = free.get();
        } else if (!asked.equals("None") && !isHeld(asked, held)) {
            String reason = !ServiceRange.contains(asked)
                    ? "the provided IP (" + asked
                            + ") is not in the valid range. The range of valid "
                            + "IPs is " + ServiceRange.CIDR
                    : isTheApis(asked, service) || isUsed(ServiceClaims.address(asked))
                            ? "provided IP is already allocated"
                            : "";
            if (!reason.isEmpty()) {
                errors.add(invalid("spec.clusterIPs", "[\"" + asked + "\"]",
                        "failed to allocate IP " + asked + ": " + reason));
                return;
            }
        }
        setAddress(spec, asked);
    }

    private static boolean isHeld(String address, Set<ObjectKey> held) {
        return ServiceRange.contains(address) && held.contains(ServiceClaims.address(address));
    }

    private static boolean isTheApis(String address, ApiObject service) {
        return address.equals(ServiceRange.API_ADDRESS)
                && !(service.namespace().equals("default") && service.name().equals("kubernetes"));
    }

    /** What goes with an address, in the fields that clients look at. */
    static void setAddress(ObjectNode spec, String address) {
        spec.put("clusterIP", address);
        spec.putArray("clusterIPs").add(address);
        if (spec.path("ipFamilies").isEmpty()) {
            spec.putArray("ipFamilies").add("IPv4");
        }
        if (spec.path("ipFamilyPolicy").asText("").isEmpty()) {
            spec.put("ipFamilyPolicy", "SingleStack");
        }
    }

    private void ports(ApiObject service, Set<ObjectKey> held, List<FieldError> errors) {
        ObjectNode spec = service.spec();
        String type = spec.path("type").asText("");
        boolean loadBalancer = type.equals("LoadBalancer");
        boolean allocates = type.equals("NodePort") || (loadBalancer
                && spec.path("allocateLoadBalancerNodePorts").asBoolean(true));
        if (!type.equals("NodePort") && !loadBalancer) {
            return;
        }
        Set<Integer> chosen = new LinkedHashSet<>();
        spec.path("ports").forEach(port -> chosen.add(port.path("nodePort").asInt(0)));
        for (int i = 0; i < spec.path("ports").size(); i++) {
            ObjectNode port = (ObjectNode) spec.path("ports").get(i);
            int asked = port.path("nodePort").asInt(0);
            String path = "spec.ports[" + i + "].nodePort";
            if (asked != 0) {
                checkPort(path, asked, held, errors);
            } else if (allocates) {
                // Services start at different places, so that they seldom choose alike.
                OptionalInt free = ServiceRange.nodePort(hash(service.uid()) + i,
                        candidate -> chosen.contains(candidate)
                                || isUsed(ServiceClaims.port(candidate)));
                if (free.isEmpty()) {
                    errors.add(invalid(path, "0", "failed to allocate a nodePort: range is full"));
                } else {
                    port.put("nodePort", free.getAsInt());
                    chosen.add(free.getAsInt());
                }
            }
        }
    }

    private void checkPort(String path, int asked, Set<ObjectKey> held, List<FieldError> errors) {
        if (held.contains(ServiceClaims.port(asked))) {
            return;
        }
        if (asked < ServiceRange.NODE_PORT_MIN || asked > ServiceRange.NODE_PORT_MAX) {
            errors.add(invalid(path, Integer.toString(asked),
                    "provided port is not in the valid range. The range of valid ports is "
                            + ServiceRange.NODE_PORT_MIN + "-" + ServiceRange.NODE_PORT_MAX));
        } else if (isUsed(ServiceClaims.port(asked))) {
            errors.add(
                    invalid(path, Integer.toString(asked), "provided port is already allocated"));
        }
    }

    private boolean isUsed(ObjectKey claim) {
        return registry.get(claim).isPresent();
    }

    private Optional<Mutation> release(ApiObject service, ObjectKey key) {
        return registry.get(key)
                .filter(claim -> ServiceClaims.holderUid(claim).equals(service.uid()))
                .map(ServiceClaims::release);
    }

    private static int hash(String text) {
        int hash = 0x811c9dc5;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ b) * 0x01000193;
        }
        return hash ^ hash >>> 16;
    }

    private static FieldError invalid(String path, String value, String reason) {
        return new FieldError(FieldError.Reason.INVALID, path,
                "Invalid value: " + value + ": " + reason);
    }
}

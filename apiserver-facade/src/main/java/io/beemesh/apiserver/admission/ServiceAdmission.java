package io.beemesh.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.engine.WriteAdmission.Outcome;
import io.beemesh.apiserver.resource.FieldError;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.SlotMap;
import io.beemesh.machine.registry.StoredObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;

/**
 * Gives Services their addresses and ports. Each is a claim, an object in the Service's slot that is
 * committed with the Service: two writers of one slot cannot get the same. Claims of other slots are
 * looked at, not locked; a duplicate that a race or a partition leaves is found and renumbered later.
 */
final class ServiceAdmission {
    private static final String ADDRESS = "ip-";
    private static final String PORT = "port-";
    private final Registry registry;

    ServiceAdmission(Registry registry) {
        this.registry = registry;
    }

    Outcome admit(ApiObject service, Optional<ApiObject> current) {
        int slot = SlotMap.ofNamespace(service.namespace());
        Set<String> held = current.map(ServiceAdmission::claims).orElse(Set.of());
        List<FieldError> errors = new ArrayList<>();
        address(service, slot, held, errors);
        ports(service, slot, held, errors);
        if (!errors.isEmpty()) {
            return new Outcome(List.of(), errors, "");
        }
        Set<String> wanted = claims(service);
        List<Mutation> companions = new ArrayList<>();
        for (String name : wanted) {
            if (!held.contains(name)) {
                companions.add(claim(slot, name, service));
            }
        }
        held.stream().filter(name -> !wanted.contains(name))
                .forEach(name -> release(slot, name).ifPresent(companions::add));
        return new Outcome(companions, List.of(), "");
    }

    /** The claims that go when the Service does. */
    List<Mutation> onRemove(ApiObject service) {
        int slot = SlotMap.ofNamespace(service.namespace());
        List<Mutation> releases = new ArrayList<>();
        claims(service).forEach(name -> release(slot, name).ifPresent(releases::add));
        return releases;
    }

    private void address(ApiObject service, int slot, Set<String> held, List<FieldError> errors) {
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
            Optional<String> free = ServiceRange.address(slot, hash(service.uid()),
                    address -> isUsed(ADDRESS + address));
            if (free.isEmpty()) {
                errors.add(invalid("spec.clusterIP", "\"\"",
                        "failed to allocate IP: range is full"));
                return;
            }
            asked = free.get();
        } else if (!asked.equals("None") && !held.contains(ADDRESS + asked)) {
            String reason = !ServiceRange.contains(asked)
                    ? "the provided IP (" + asked
                            + ") is not in the valid range. The range of valid "
                            + "IPs is " + ServiceRange.CIDR
                    : isUsed(ADDRESS + asked) || isTheApis(asked, service)
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

    private void ports(ApiObject service, int slot, Set<String> held, List<FieldError> errors) {
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
                // Slots start at different places, so that they seldom choose alike.
                OptionalInt free = ServiceRange.nodePort(hash(slot + "/" + service.uid()) + i,
                        candidate -> chosen.contains(candidate) || isUsed(PORT + candidate));
                if (free.isEmpty()) {
                    errors.add(invalid(path, "0", "failed to allocate a nodePort: range is full"));
                } else {
                    port.put("nodePort", free.getAsInt());
                    chosen.add(free.getAsInt());
                }
            }
        }
    }

    private void checkPort(String path, int asked, Set<String> held, List<FieldError> errors) {
        if (held.contains(PORT + asked)) {
            return;
        }
        if (asked < ServiceRange.NODE_PORT_MIN || asked > ServiceRange.NODE_PORT_MAX) {
            errors.add(invalid(path, Integer.toString(asked),
                    "provided port is not in the valid range. The range of valid ports is "
                            + ServiceRange.NODE_PORT_MIN + "-" + ServiceRange.NODE_PORT_MAX));
        } else if (isUsed(PORT + asked)) {
            errors.add(
                    invalid(path, Integer.toString(asked), "provided port is already allocated"));
        }
    }

    private boolean isUsed(String name) {
        for (int slot = 0; slot < SlotMap.SLOTS; slot++) {
            if (registry.get(SlotMap.claim(slot, name)).isPresent()) {
                return true;
            }
        }
        return false;
    }

    /** The names of the claims that a Service in this state holds. */
    private static Set<String> claims(ApiObject service) {
        Set<String> names = new LinkedHashSet<>();
        JsonNode spec = service.tree().path("spec");
        String address = spec.path("clusterIP").asText("");
        if (ServiceRange.contains(address)) {
            names.add(ADDRESS + address);
        }
        for (JsonNode port : spec.path("ports")) {
            int nodePort = port.path("nodePort").asInt(0);
            if (nodePort != 0) {
                names.add(PORT + nodePort);
            }
        }
        return names;
    }

    private static Mutation claim(int slot, String name, ApiObject service) {
        ObjectKey key = SlotMap.claim(slot, name);
        ObjectNode claim = Json.object();
        claim.put("kind", "Claim").put("apiVersion", "internal.beemesh.io/v1");
        claim.putObject("metadata").put("name", key.name()).put("uid", UUID.nameUUIDFromBytes(
                (service.uid() + "/" + name).getBytes(StandardCharsets.UTF_8)).toString());
        claim.putObject("spec").put("namespace", service.namespace()).put("service",
                service.name());
        return new Mutation.Create(Draft.of(key, new ApiObject(claim)));
    }

    private Optional<Mutation> release(int slot, String name) {
        Optional<StoredObject> held = registry.get(SlotMap.claim(slot, name));
        return held.map(claim -> new Mutation.Delete(Draft.of(claim.key(), claim.object()),
                claim.version()));
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

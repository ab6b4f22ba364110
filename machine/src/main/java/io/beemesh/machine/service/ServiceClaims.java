package io.beemesh.machine.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.SlotMap;
import io.beemesh.machine.registry.StoredObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;

/**
 * Which claims a Service holds. A claim is an object whose name is what is claimed, so that only one
 * Service in the mesh can have it: an address is claimed in the slot whose share it is of, a port of all
 * nodes in the one slot that allocates ports. Pure.
 *
 * <p>A claim outside the Service's own slot is made before the Service and given up after it; what a
 * crash leaves between is put right by the claims' reconciler.
 */
public final class ServiceClaims {
    private static final int PORT_SLOT = SlotMap.ofAllocator("node-ports");

    private ServiceClaims() {}

    /** The claim of an address that is in the range. */
    public static ObjectKey address(String address) {
        return SlotMap.claim(ServiceRange.slotOf(address).orElseThrow(), "ip-" + address);
    }

    /** The claim of a port of all nodes. */
    public static ObjectKey port(int nodePort) {
        return SlotMap.claim(PORT_SLOT, "port-" + nodePort);
    }

    /** What a Service in this state holds; the API's own address is reserved and needs no claim. */
    public static Set<ObjectKey> of(ApiObject service) {
        Set<ObjectKey> keys = new LinkedHashSet<>();
        JsonNode spec = service.tree().path("spec");
        String address = spec.path("clusterIP").asText("");
        if (ServiceRange.contains(address) && !address.equals(ServiceRange.API_ADDRESS)) {
            keys.add(address(address));
        }
        for (JsonNode port : spec.path("ports")) {
            int nodePort = port.path("nodePort").asInt(0);
            if (nodePort != 0) {
                keys.add(port(nodePort));
            }
        }
        return keys;
    }

    /** Makes a claim for {@code service}, whose uid is set. */
    public static Mutation claim(ObjectKey key, ApiObject service, Instant now) {
        ObjectNode claim = Json.object();
        claim.put("kind", "Claim").put("apiVersion", key.type().group() + "/v1");
        claim.putObject("metadata").put("name", key.name())
                .put("uid", UUID.nameUUIDFromBytes((service.uid() + "/" + key.name())
                        .getBytes(StandardCharsets.UTF_8)).toString())
                .put("creationTimestamp", now.truncatedTo(ChronoUnit.SECONDS).toString());
        claim.putObject("spec").put("namespace", service.namespace())
                .put("service", service.name()).put("uid", service.uid());
        return new Mutation.Create(Draft.of(key, new ApiObject(claim)));
    }

    /** Gives a claim up. */
    public static Mutation release(StoredObject claim) {
        return new Mutation.Delete(Draft.of(claim.key(), claim.object()), claim.version());
    }

    /** The Service that a claim was made for. */
    public static ObjectKey holder(StoredObject claim) {
        JsonNode spec = claim.object().tree().path("spec");
        return new ObjectKey(GroupResource.SERVICES, spec.path("namespace").asText(""),
                spec.path("service").asText(""));
    }

    /** The uid of the Service that a claim was made for. */
    public static String holderUid(StoredObject claim) {
        return claim.object().tree().path("spec").path("uid").asText("");
    }
}

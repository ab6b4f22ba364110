package io.beemesh.machine.service;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.SlotMap;
import io.beemesh.machine.registry.StoredObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * Claims of nodes on shares of the pod range: objects whose name is the share, so that only one node of the
 * mesh can have it. They stay with the node's name: whoever comes back under it has the same share. Pure.
 */
public final class ShareClaims {
    private static final int SLOT = SlotMap.ofAllocator("pod-shares");
    private static final String PREFIX = SLOT + ".pods-";

    private ShareClaims() {}

    /** The claim of a share. */
    public static ObjectKey key(int share) {
        return SlotMap.claim(SLOT, "pods-" + share);
    }

    /** Which share a claim is of; empty if it is of something else. */
    public static OptionalInt shareOf(ObjectKey claim) {
        String name = claim.name();
        String digits = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : "";
        return digits.matches("[0-9]{1,4}")
                ? OptionalInt.of(Integer.parseInt(digits))
                : OptionalInt.empty();
    }

    /** The name of the node that has it. */
    public static String nodeOf(StoredObject claim) {
        return claim.object().tree().path("spec").path("node").asText("");
    }

    /** Makes the claim of a share for a node. */
    public static Mutation claim(int share, String node, Instant now) {
        ObjectKey key = key(share);
        ObjectNode claim = Json.object();
        claim.put("kind", "Claim").put("apiVersion", key.type().group() + "/v1");
        claim.putObject("metadata").put("name", key.name())
                .put("uid", UUID.nameUUIDFromBytes((node + "/" + key.name())
                        .getBytes(StandardCharsets.UTF_8)).toString())
                .put("creationTimestamp", now.truncatedTo(ChronoUnit.SECONDS).toString());
        claim.putObject("spec").put("node", node);
        return new Mutation.Create(Draft.of(key, new ApiObject(claim)));
    }
}

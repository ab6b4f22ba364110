package io.beemesh.machine.object;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * The claims of generic ephemeral volumes: each belongs to one pod and is named after it. Pure.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes">generic
 *     ephemeral volumes</a>
 */
public final class EphemeralClaims {
    private EphemeralClaims() {}

    /** True if an element of a pod's {@code spec.volumes} is a generic ephemeral one. */
    public static boolean isEphemeral(JsonNode volume) {
        return volume.path("ephemeral").isObject();
    }

    /** The name of the claim that one of a pod's volumes has; empty if that is of another kind. */
    public static String claimName(String pod, JsonNode volume) {
        return isEphemeral(volume)
                ? pod + "-" + volume.path("name").asText("")
                : volume.path("persistentVolumeClaim").path("claimName").asText("");
    }

    /** True if the pod with this uid controls {@code claim}: another's is never used. */
    public static boolean isFor(String podUid, ApiObject claim) {
        return claim.controller().map(c -> c.path("uid").asText("").equals(podUid)).orElse(false);
    }

    /** Why a claim of that name will not do. */
    public static String notOwner(ObjectKey claim, String pod) {
        return "PVC " + claim.namespace() + "/" + claim.name() + " was not created for pod "
                + claim.namespace() + "/" + pod + " (pod is not owner)";
    }
}

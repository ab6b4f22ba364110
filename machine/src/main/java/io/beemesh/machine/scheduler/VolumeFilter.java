package io.beemesh.machine.scheduler;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.EphemeralClaims;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.scheduler.Filter.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a pod's claims say about a machine. Pure. */
final class VolumeFilter {
    /** On a claim: the machine where its volume is to be made. */
    static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";

    private VolumeFilter() {}

    static List<Verdict> check(PodView pod, NodeView node, Surroundings around) {
        for (JsonNode volume : pod.spec().path("volumes")) {
            String name = EphemeralClaims.claimName(pod.key().name(), volume);
            if (name.isEmpty()) {
                continue;
            }
            ObjectKey key = new ObjectKey(GroupResource.PERSISTENT_VOLUME_CLAIMS,
                    pod.namespace(), name);
            boolean ephemeral = EphemeralClaims.isEphemeral(volume);
            Optional<StoredObject> stored = around.lookup().apply(key);
            if (stored.isEmpty()) {
                return Verdict.fixed(ephemeral
                        ? "waiting for ephemeral volume controller to create the "
                                + "persistentvolumeclaim \"" + name + "\""
                        : "persistentvolumeclaim \"" + name + "\" not found");
            }
            ApiObject claim = stored.get().object();
            if (claim.isDeleting()) {
                return Verdict
                        .fixed("persistentvolumeclaim \"" + name + "\" is being deleted");
            }
            if (ephemeral && !EphemeralClaims.isFor(pod.uid(), claim)) {
                return Verdict.fixed(EphemeralClaims.notOwner(key, pod.key().name()));
            }
            List<Verdict> verdicts = check(claim, node, around);
            if (!verdicts.isEmpty()) {
                return verdicts;
            }
        }
        return List.of();
    }

    private static List<Verdict> check(ApiObject claim, NodeView node, Surroundings around) {
        String volume = claim.spec().path("volumeName").asText("");
        if (!volume.isEmpty()) {
            return around.lookup()
                    .apply(ObjectKey.cluster(GroupResource.PERSISTENT_VOLUMES, volume))
                    .map(v -> checkVolume(v.object(), node)).orElse(Verdict.fixed(
                            "node(s) unavailable due to one or more pvc(s) bound to "
                                    + "non-existent pv(s)"));
        }
        if (!waitsForConsumer(claim, around)) {
            return Verdict.fixed("pod has unbound immediate PersistentVolumeClaims");
        }
        String selected = claim.annotations().getOrDefault(SELECTED_NODE, node.name());
        return selected.equals(node.name())
                ? List.of()
                : Verdict.fixed("node(s) didn't find available persistent volumes to bind");
    }

    private static List<Verdict> checkVolume(ApiObject volume, NodeView node) {
        JsonNode required = volume.spec().path("nodeAffinity").path("required");
        return !required.isObject()
                || NodeTerms.matchAny(required.path("nodeSelectorTerms"), node)
                        ? List.of()
                        : Verdict.fixed(
                                "node(s) didn't match PersistentVolume's node affinity");
    }

    private static boolean waitsForConsumer(ApiObject claim, Surroundings around) {
        String name = claim.spec().path("storageClassName").asText("");
        return around.lookup().apply(ObjectKey.cluster(GroupResource.STORAGE_CLASSES, name))
                .map(c -> c.object().tree().path("volumeBindingMode").asText("")
                        .equals("WaitForFirstConsumer"))
                .orElse(false);
    }

    /** Names of the claims that the pod uses, generic ephemeral ones included. */
    static List<String> claims(PodView pod) {
        List<String> claims = new ArrayList<>();
        for (JsonNode volume : pod.spec().path("volumes")) {
            String name = EphemeralClaims.claimName(pod.key().name(), volume);
            if (!name.isEmpty()) {
                claims.add(name);
            }
        }
        return claims;
    }
}

package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.LocalVolume;
import io.beemesh.machine.object.Quantity;
import io.beemesh.machine.object.SyntaxException;
import io.beemesh.machine.registry.StoredObject;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Volumes: those made of a directory of one machine, and which volume will do for a claim. Pure. */
final class LocalVolumes {
    private LocalVolumes() {}

    /** A volume for {@code claim} in {@code path} of {@code node}. */
    static ApiObject volume(ApiObject claim, ApiObject storageClass, String name, String node,
            String path) {
        ObjectNode tree = Json.object();
        tree.put("kind", "PersistentVolume");
        tree.put("apiVersion", "v1");
        ObjectNode metadata = tree.putObject("metadata");
        metadata.put("name", name);
        metadata.putObject("annotations").put("pv.kubernetes.io/provisioned-by",
                Bootstrap.PROVISIONER);
        metadata.putArray("finalizers").add(LocalVolume.DATA);
        ObjectNode spec = tree.putObject("spec");
        spec.putObject("capacity").set("storage", request(claim));
        spec.set("accessModes", claim.spec().path("accessModes").deepCopy());
        spec.set("claimRef", reference(claim));
        spec.put("persistentVolumeReclaimPolicy",
                storageClass.tree().path("reclaimPolicy").asText("Delete"));
        spec.put("storageClassName", storageClass.name());
        spec.put("volumeMode", claim.spec().path("volumeMode").asText("Filesystem"));
        spec.putObject("hostPath").put("path", path).put("type", "DirectoryOrCreate");
        spec.putObject("nodeAffinity").putObject("required").putArray("nodeSelectorTerms")
                .addObject().putArray("matchExpressions").addObject()
                .put("key", "kubernetes.io/hostname").put("operator", "In").putArray("values")
                .add(node);
        tree.putObject("status").put("phase", "Bound");
        return new ApiObject(tree);
    }

    static ObjectNode reference(ApiObject claim) {
        ObjectNode reference = Json.object();
        reference.put("kind", "PersistentVolumeClaim");
        reference.put("namespace", claim.namespace());
        reference.put("name", claim.name());
        reference.put("uid", claim.uid());
        reference.put("apiVersion", "v1");
        return reference;
    }

    private static JsonNode request(ApiObject claim) {
        return claim.spec().path("resources").path("requests").path("storage");
    }

    /** The smallest volume that is reserved for the claim or free, and has what it asks for. */
    static Optional<StoredObject> match(ApiObject claim, List<StoredObject> volumes) {
        return volumes.stream().filter(v -> suits(claim, v.object()))
                .min(Comparator.<StoredObject, Quantity>comparing(v -> quantity(
                        v.object().spec().path("capacity").path("storage")))
                        .thenComparing(StoredObject::key));
    }

    /** True if a {@code claimRef} names the claim; without a uid any of that name. */
    static boolean isFor(JsonNode reserved, ApiObject claim) {
        String uid = reserved.path("uid").asText("");
        return reserved.path("name").asText("").equals(claim.name())
                && reserved.path("namespace").asText("").equals(claim.namespace())
                && (uid.isEmpty() || uid.equals(claim.uid()));
    }

    private static boolean suits(ApiObject claim, ApiObject volume) {
        JsonNode reserved = volume.spec().path("claimRef");
        boolean free = !reserved.isObject() || isFor(reserved, claim);
        return free && !volume.isDeleting()
                && volume.spec().path("storageClassName").asText("")
                        .equals(claim.spec().path("storageClassName").asText(""))
                && volume.spec().path("volumeMode").asText("Filesystem")
                        .equals(claim.spec().path("volumeMode").asText("Filesystem"))
                && texts(volume.spec().path("accessModes"))
                        .containsAll(texts(claim.spec().path("accessModes")))
                && quantity(volume.spec().path("capacity").path("storage"))
                        .compareTo(quantity(request(claim))) >= 0
                && Workloads.selectorOrAll(claim.spec().path("selector"))
                        .matches(volume.labels());
    }

    private static Set<String> texts(JsonNode array) {
        Set<String> texts = new HashSet<>();
        array.forEach(t -> texts.add(t.asText("")));
        return texts;
    }

    private static Quantity quantity(JsonNode node) {
        try {
            return Quantity.parse(node.asText("0"));
        } catch (SyntaxException e) {
            return Quantity.ZERO;
        }
    }
}

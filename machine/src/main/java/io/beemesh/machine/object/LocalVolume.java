package io.beemesh.machine.object;

import com.fasterxml.jackson.databind.JsonNode;

/** What a PersistentVolume says that was made, as a directory of one machine, for a claim. */
public final class LocalVolume {
    /** Keeps a volume that is being deleted until its machine has removed the data. */
    public static final String DATA = "beemesh.io/local-path-data";

    private LocalVolume() {}

    /** The name of the Node whose machine has the data; empty if the volume is of another kind. */
    public static String node(ApiObject volume) {
        return volume.tree().at("/spec/nodeAffinity/required/nodeSelectorTerms/0/matchExpressions/0"
                + "/values/0").asText("");
    }

    /** Nothing but its data keeps the volume. */
    public static boolean waitsForData(ApiObject volume) {
        JsonNode finalizers = volume.tree().path("metadata").path("finalizers");
        return volume.isDeleting() && finalizers.size() == 1
                && finalizers.get(0).asText("").equals(DATA);
    }
}

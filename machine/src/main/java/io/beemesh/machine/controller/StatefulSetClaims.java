package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.StoredObject;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The claims of a StatefulSet's ordinals: made before the pods, kept or deleted as its policy says. */
final class StatefulSetClaims {
    private final Store store;
    private final Batch batch;
    private final ApiObject set;
    private final Set<String> made = new HashSet<>();

    StatefulSetClaims(Store store, Batch batch, ApiObject set) {
        this.store = store;
        this.batch = batch;
        this.set = set;
    }

    void createMissing(int ordinal) throws RejectedException {
        for (JsonNode template : set.spec().path("volumeClaimTemplates")) {
            String name = StatefulSets.claimName(set, template, ordinal);
            if (stored(name).isPresent() || !made.add(name)) {
                continue;
            }
            ApiObject claim = StatefulSets.claim(set, template, ordinal);
            if (StatefulSets.deletesClaims(set, "whenDeleted")) {
                addOwner(claim, set);
            }
            batch.create(GroupResource.PERSISTENT_VOLUME_CLAIMS, claim);
            batch.event(set, Severity.NORMAL, "SuccessfulCreate", "create Claim " + name
                    + " Pod " + set.name() + "-" + ordinal + " in StatefulSet " + set.name()
                    + " success");
        }
    }

    /** Makes the claims' owners agree with the policy: the set, a surplus pod, or nobody. */
    void keepRetention(Map<Integer, ApiObject> pods, int first, int end) {
        pods.forEach((ordinal, pod) -> {
            for (JsonNode template : set.spec().path("volumeClaimTemplates")) {
                stored(StatefulSets.claimName(set, template, ordinal)).ifPresent(stored -> {
                    ApiObject claim = batch.edit(stored);
                    boolean condemned = ordinal < first || ordinal >= end;
                    boolean byPod = condemned && StatefulSets.deletesClaims(set, "whenScaled");
                    boolean bySet = StatefulSets.deletesClaims(set, "whenDeleted") && !byPod;
                    own(claim, pod, byPod);
                    own(claim, set, bySet);
                });
            }
        });
    }

    private static void own(ApiObject claim, ApiObject owner, boolean wanted) {
        boolean owned = false;
        for (JsonNode reference : claim.metadata().path("ownerReferences")) {
            owned |= reference.path("uid").asText("").equals(owner.uid());
        }
        if (owned && !wanted) {
            Workloads.release(claim, owner);
        } else if (wanted && !owned) {
            addOwner(claim, owner);
        }
    }

    private static void addOwner(ApiObject claim, ApiObject owner) {
        ObjectNode reference = Workloads.controllerReference(owner);
        if (owner.kind().equals("Pod")) {
            reference.remove("controller");
            reference.remove("blockOwnerDeletion");
        }
        claim.metadata().withArrayProperty("ownerReferences").add(reference);
    }

    private Optional<StoredObject> stored(String name) {
        return store.get(new ObjectKey(GroupResource.PERSISTENT_VOLUME_CLAIMS,
                set.namespace(), name));
    }
}

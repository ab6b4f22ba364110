package io.beemesh.machine.controller;

import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.ledger.Ledger;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission.RejectedException;

/** The pods of ReplicaSets and ReplicationControllers, each with its index and incarnation. On the loop only. */
final class ReplicaPods {
    private final Store store;

    ReplicaPods(Store store) {
        this.store = store;
    }

    /** Adds a new pod to {@code batch}; the caller puts it into the ledger. */
    ApiObject create(Batch batch, ApiObject set, int index, long incarnation)
            throws RejectedException {
        ApiObject pod = Workloads.podOf(set, set.spec().path("template"));
        label(pod, index, incarnation);
        pod.metadata().put("name", freeName(batch, set, index, incarnation));
        try {
            batch.create(GroupResource.PODS, pod);
        } catch (RejectedException e) {
            batch.eventNow(set, Severity.WARNING, "FailedCreate",
                    "Error creating: " + e.getMessage());
            throw e;
        }
        batch.event(set, Severity.NORMAL, "SuccessfulCreate", "Created pod: " + pod.name());
        return pod;
    }

    static void label(ApiObject pod, int index, long incarnation) {
        var labels = pod.metadata().withObjectProperty("labels");
        labels.put(Ledger.INDEX_LABEL, Integer.toString(index));
        labels.put(Ledger.INCARNATION_LABEL, Long.toString(incarnation));
    }

    private String freeName(Batch batch, ApiObject set, int index, long incarnation) {
        for (int attempt = 0;; attempt++) {
            String name = PodNames.replica(set, index, incarnation, attempt);
            ObjectKey key = new ObjectKey(GroupResource.PODS, set.namespace(), name);
            if (store.get(key).isEmpty() && !batch.creates(key)) {
                return name;
            }
        }
    }
}

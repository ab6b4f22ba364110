package io.beemesh.machine.controller;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.registry.StoredObject;

/** Finalizers hold an object that is being deleted until each has been taken off. */
final class Finalizers {
    private Finalizers() {}

    static boolean has(ApiObject object, String finalizer) {
        for (var name : object.metadata().path("finalizers")) {
            if (name.asText("").equals(finalizer)) {
                return true;
            }
        }
        return false;
    }

    static void add(ApiObject object, String finalizer) {
        if (!has(object, finalizer)) {
            object.metadata().withArrayProperty("finalizers").add(finalizer);
        }
    }

    /** Takes a finalizer off; an object that is being deleted goes with its last one. */
    static void remove(Batch batch, StoredObject stored, String finalizer) {
        ApiObject object = batch.edit(stored);
        var finalizers = object.metadata().withArrayProperty("finalizers");
        for (int i = finalizers.size() - 1; i >= 0; i--) {
            if (finalizers.get(i).asText("").equals(finalizer)) {
                finalizers.remove(i);
            }
        }
        if (!finalizers.isEmpty()) {
            return;
        }
        object.metadata().remove("finalizers");
        boolean grace = object.metadata().path("deletionGracePeriodSeconds").asLong(0) > 0;
        if (object.isDeleting() && !grace) {
            batch.delete(stored, GracefulDeletion.Options.DEFAULT);
        }
    }
}

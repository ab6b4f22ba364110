package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.RequestInfo;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.SyntaxException;
import io.beemesh.machine.registry.StoredObject;

/** Which objects of a kind a list, watch or deletecollection is about. */
record Selection(LabelSelector labels, FieldSelector fields) {
    static Selection of(ApiRequest request, RequestInfo info) {
        String labels = request.parameter("labelSelector").orElse("");
        String fields = request.parameter("fieldSelector").orElse("");
        if (!info.name().isEmpty()) {
            fields = fields.isEmpty() ? "" : fields + ",";
            fields += "metadata.name=" + info.name();
        }
        try {
            return new Selection(
                    labels.isEmpty() ? LabelSelector.everything() : LabelSelector.parse(labels),
                    FieldSelector.parse(info.type(), fields));
        } catch (SyntaxException e) {
            throw StatusTable.badRequest(
                    "unable to parse requirement: " + e.getMessage());
        }
    }

    boolean isEverything() {
        return labels.isEverything() && fields.isEverything();
    }

    boolean matches(StoredObject object) {
        return labels.matches(object.labels()) && fields.matches(object);
    }
}

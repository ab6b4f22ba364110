package io.beemesh.machine.registry;

import io.beemesh.machine.object.GroupResource;
import java.util.List;
import java.util.Map;

/**
 * The fields of each kind that field selectors name, beside {@code metadata.name} and {@code
 * metadata.namespace} which every kind has.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/">field
 *     selectors</a>
 */
public final class IndexedFields {
    private static final Map<GroupResource, List<String>> FIELDS = Map.of(
            GroupResource.PODS,
            List.of("spec.nodeName", "spec.restartPolicy", "spec.schedulerName",
                    "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP",
                    "status.nominatedNodeName"),
            GroupResource.EVENTS,
            List.of("involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
                    "involvedObject.uid", "involvedObject.apiVersion",
                    "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
                    "reportingComponent", "source", "type"),
            // A view of the same objects, under that group's names.
            new GroupResource("events.k8s.io", "events"),
            List.of("regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid",
                    "regarding.apiVersion", "regarding.resourceVersion", "regarding.fieldPath",
                    "reason", "reportingController", "type"),
            GroupResource.SECRETS, List.of("type"),
            GroupResource.SERVICES, List.of("spec.clusterIP", "spec.type"),
            GroupResource.NODES, List.of("spec.unschedulable"),
            GroupResource.NAMESPACES, List.of("status.phase"));

    private IndexedFields() {}

    /** Dotted paths, in a fixed order. */
    public static List<String> of(GroupResource type) {
        return FIELDS.getOrDefault(type, List.of());
    }
}

package io.beemesh.apiserver.patch;

/**
 * Who owns fields.
 *
 * @param apply true for server-side apply, false for all other writes
 * @param apiVersion of the object that was written
 * @param subresource empty for the object itself
 */
public record Manager(String name, boolean apply, String apiVersion, String subresource) {
    /** True if both are one owner: an applier is, whatever version it writes. */
    boolean isSame(Manager other) {
        return name.equals(other.name) && apply == other.apply
                && subresource.equals(other.subresource)
                && (apply || apiVersion.equals(other.apiVersion));
    }

    /** What may be owned through this writer's resource or subresource. */
    FieldSet ownable(FieldSet set) {
        FieldSet own = set.without("f:apiVersion").without("f:kind");
        for (String field : SYSTEM_FIELDS) {
            own = own.without("f:metadata", field);
        }
        return switch (subresource) {
            case "" -> own.without("f:status");
            case "status" -> apply ? own.only("f:status") : own;
            default -> own;
        };
    }

    private static final java.util.List<String> SYSTEM_FIELDS = java.util.List.of("f:name",
            "f:namespace", "f:creationTimestamp", "f:selfLink", "f:uid", "f:clusterName",
            "f:generation", "f:managedFields", "f:resourceVersion", "f:deletionTimestamp",
            "f:deletionGracePeriodSeconds");
}

package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.StatusException;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.FieldError;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.WriteResult;
import java.util.List;

/** What refused and failed writes mean to the client. */
final class Outcomes {
    /** After so long it may be asked again whether this side of the mesh has a majority. */
    private static final int MAJORITY_RETRY_SECONDS = 1;

    private Outcomes() {}

    /** Throws unless {@code errors} is empty. */
    static void requireValid(ResourceDescriptor resource, String name, List<FieldError> errors) {
        if (!errors.isEmpty()) {
            throw StatusTable.invalid(resource.type().group(), resource.kind(), name,
                    errors.stream()
                            .map(e -> new Cause(e.reason().text(), e.detail(), e.path()))
                            .toList());
        }
    }

    /** Throws what admission found. */
    static void requireAdmitted(ResourceDescriptor resource, String name,
            WriteAdmission.Outcome outcome) {
        if (!outcome.forbidden().isEmpty()) {
            throw StatusTable.forbidden(resource.type(), name, outcome.forbidden(), List.of());
        }
        requireValid(resource, name, outcome.errors());
    }

    /** The status of a write that changed nothing. */
    static StatusException failure(GroupResource type, String name, WriteResult result) {
        return switch (result) {
            case WriteResult.Committed _ -> throw new IllegalStateException("not a failure");
            case WriteResult.AlreadyExists exists -> exists.existing().key().type().equals(type)
                    ? StatusTable.alreadyExists(type, exists.existing().key().name())
                    : StatusTable.conflict(type, name, "no free address or port was found in time; "
                            + "please try again");
            case WriteResult.Conflict _ -> StatusTable.modified(type, name);
            case WriteResult.NotFound missing -> missing.key().type().equals(type)
                    ? StatusTable.notFound(type, missing.key().name())
                    : StatusTable.modified(type, name);
            case WriteResult.Full full -> StatusTable.forbidden(type, name, full.reason(),
                    List.of());
            case WriteResult.NeedsMajority(String reason) ->
                StatusTable.unavailable(reason, MAJORITY_RETRY_SECONDS);
            case WriteResult.Unavailable unavailable -> unavailable.maybeCommitted()
                    ? StatusTable.timeout("request did not complete within the allotted timeout: "
                            + unavailable.reason())
                    : StatusTable.unavailable(unavailable.reason(),
                            (int) Math.max(1, unavailable.retryAfter().toSeconds()));
        };
    }
}

package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.RequestInfo;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GracefulDeletion.Propagation;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a deletion asks for.
 *
 * @param uid the uid that the object must have, or empty
 * @param version the resourceVersion that the object must have, or empty
 */
record DeleteOptions(GracefulDeletion.Options deletion, String uid, String version,
        boolean dryRun) {
    /** Reads the body, or without one the query. */
    static DeleteOptions of(ApiRequest request) {
        if (request.body().length > 0) {
            JsonNode body = Bodies.decode(request, "v1", "DeleteOptions");
            String kind = body.path("kind").asText("DeleteOptions");
            if (!body.isObject() || !kind.equals("DeleteOptions")) {
                throw StatusTable.badRequest("the object provided is unrecognized (must be of type "
                        + "DeleteOptions): it is of kind " + kind);
            }
            return of(body);
        }
        ApiObject options = new ApiObject(Json.object());
        request.parameter("gracePeriodSeconds").filter(v -> !v.isEmpty())
                .ifPresent(v -> options.tree().put("gracePeriodSeconds", seconds(v)));
        request.parameter("propagationPolicy").filter(v -> !v.isEmpty())
                .ifPresent(v -> options.tree().put("propagationPolicy", v));
        request.parameter("orphanDependents").filter(v -> !v.isEmpty())
                .ifPresent(v -> options.tree().put("orphanDependents",
                        RequestInfo.isTrue(request.query(), "orphanDependents")));
        request.query().getOrDefault("dryRun", List.of())
                .forEach(v -> options.tree().withArrayProperty("dryRun").add(v));
        return of(options.tree());
    }

    /** The options in a tree, such as {@code Eviction.deleteOptions}. */
    static DeleteOptions of(JsonNode options) {
        List<Cause> causes = new ArrayList<>();
        List<String> dryRun = new ArrayList<>();
        options.path("dryRun").forEach(v -> dryRun.add(v.asText("")));
        WriteOptions.checkDryRun(dryRun, causes);
        Optional<Propagation> propagation = propagation(options, causes);
        if (!causes.isEmpty()) {
            throw StatusTable.invalid("meta.k8s.io", "DeleteOptions", "", causes);
        }
        JsonNode grace = options.path("gracePeriodSeconds");
        JsonNode preconditions = options.path("preconditions");
        return new DeleteOptions(
                new GracefulDeletion.Options(grace.isNumber()
                        ? OptionalLong.of(grace.asLong())
                        : OptionalLong.empty(), propagation),
                preconditions.path("uid").asText(""),
                preconditions.path("resourceVersion").asText(""), !dryRun.isEmpty());
    }

    /** Throws 409 unless {@code object} is the one that is meant. */
    void requirePreconditions(GroupResource type, ApiObject object) {
        if (!uid.isEmpty() && !uid.equals(object.uid())) {
            throw StatusTable.conflict(type, object.name(), "the UID in the precondition (" + uid
                    + ") does not match the UID in record (" + object.uid()
                    + "). The object might have been deleted and then recreated");
        }
        if (!version.isEmpty() && !version.equals(Long.toString(object.resourceVersion()))) {
            throw StatusTable.conflict(type, object.name(), "the ResourceVersion in the "
                    + "precondition (" + version
                    + ") does not match the ResourceVersion in record ("
                    + object.resourceVersion() + "). The object might have been modified");
        }
    }

    private static Optional<Propagation> propagation(JsonNode options, List<Cause> causes) {
        JsonNode orphan = options.path("orphanDependents");
        String policy = options.path("propagationPolicy").asText("");
        if (orphan.isBoolean() && !policy.isEmpty()) {
            causes.add(new Cause("FieldValueInvalid", "Invalid value: \"" + policy
                    + "\": orphanDependents and deletionPropagation cannot be both set",
                    "propagationPolicy"));
        }
        if (orphan.isBoolean()) {
            return Optional.of(
                    orphan.asBoolean() ? Propagation.ORPHAN : Propagation.BACKGROUND);
        }
        return switch (policy) {
            case "" -> Optional.empty();
            case "Orphan" -> Optional.of(Propagation.ORPHAN);
            case "Background" -> Optional.of(Propagation.BACKGROUND);
            case "Foreground" -> Optional.of(Propagation.FOREGROUND);
            default -> {
                causes.add(new Cause("FieldValueNotSupported", "Unsupported value: \"" + policy
                        + "\": supported values: \"Background\", \"Foreground\", \"Orphan\", "
                        + "\"nil\"", "propagationPolicy"));
                yield Optional.empty();
            }
        };
    }

    private static long seconds(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw StatusTable.badRequest("invalid gracePeriodSeconds \"" + text
                    + "\": must be a whole number");
        }
    }
}

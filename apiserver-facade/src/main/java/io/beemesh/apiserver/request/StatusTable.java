package io.beemesh.apiserver.request;

import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.ApiStatus.Details;
import io.beemesh.machine.object.GroupResource;
import java.util.List;

/**
 * Every failure that a client may see, with Kubernetes' code, reason and words.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/">API concepts</a>
 */
public final class StatusTable {
    private StatusTable() {}

    public static StatusException notFound(GroupResource type, String name) {
        return new StatusException(new ApiStatus(404, "NotFound",
                type + " \"" + name + "\" not found", about(type, name)));
    }

    /** No such path at all. */
    public static StatusException noSuchPath() {
        return new StatusException(new ApiStatus(404, "NotFound",
                "the server could not find the requested resource"));
    }

    public static StatusException alreadyExists(GroupResource type, String name) {
        return new StatusException(new ApiStatus(409, "AlreadyExists",
                type + " \"" + name + "\" already exists", about(type, name)));
    }

    public static StatusException conflict(GroupResource type, String name, String why) {
        return new StatusException(new ApiStatus(409, "Conflict",
                "Operation cannot be fulfilled on " + type + " \"" + name + "\": " + why,
                about(type, name)));
    }

    /** Somebody else wrote first. */
    public static StatusException modified(GroupResource type, String name) {
        return conflict(type, name, "the object has been modified; please apply your changes to "
                + "the latest version and try again");
    }

    /** Server-side apply met fields of other managers. */
    public static StatusException applyConflict(String message, List<Cause> causes) {
        return new StatusException(
                new ApiStatus(409, "Conflict", message, Details.causes(causes)));
    }

    public static StatusException badRequest(String message) {
        return new StatusException(new ApiStatus(400, "BadRequest", message));
    }

    public static StatusException forbidden(GroupResource type, String name, String why,
            List<Cause> causes) {
        String subject = name.isEmpty() ? type.toString() : type + " \"" + name + "\"";
        return new StatusException(new ApiStatus(403, "Forbidden",
                subject + " is forbidden: " + why,
                new Details(name, type.group(), type.resource(), "", causes, 0)));
    }

    /** A path that names no resource may not be asked for. */
    public static StatusException forbiddenPath(String why) {
        return new StatusException(new ApiStatus(403, "Forbidden", "forbidden: " + why));
    }

    /**
     * The object breaks rules.
     *
     * @param kind of the object, not its resource
     */
    public static StatusException invalid(String group, String kind, String name,
            List<Cause> causes) {
        StringBuilder message = new StringBuilder(group.isEmpty() ? kind : kind + "." + group)
                .append(" \"").append(name).append("\" is invalid");
        List<String> texts = causes.stream().map(c -> c.field() + ": " + c.message()).distinct()
                .toList();
        if (texts.size() == 1) {
            message.append(": ").append(texts.getFirst());
        } else if (texts.size() > 1) {
            message.append(": [").append(String.join(", ", texts)).append(']');
        }
        return new StatusException(new ApiStatus(422, "Invalid", message.toString(),
                new Details(name, group, kind, "", causes, 0)));
    }

    /** A patch cannot be applied to the object as it is. */
    public static StatusException unprocessable(String detail) {
        return new StatusException(new ApiStatus(422, "Invalid",
                "the server rejected our request due to an error in our request: " + detail,
                Details.causes(List.of(new Cause("UnexpectedServerResponse", detail, "")))));
    }

    public static StatusException methodNotAllowed(GroupResource type, String verb) {
        return new StatusException(new ApiStatus(405, "MethodNotAllowed",
                verb + " is not supported on resources of kind \"" + type + "\"",
                new Details("", type.group(), type.resource(), "", List.of(), 0)));
    }

    /** For a path that knows this method not. */
    public static StatusException methodNotAllowed() {
        return new StatusException(new ApiStatus(405, "MethodNotAllowed",
                "the server does not allow this method on the requested resource"));
    }

    public static StatusException notAcceptable(List<String> accepted) {
        return new StatusException(new ApiStatus(406, "NotAcceptable",
                "only the following media types are accepted: " + String.join(", ", accepted)));
    }

    public static StatusException unsupportedMediaType(List<String> accepted) {
        return new StatusException(new ApiStatus(415, "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: "
                        + String.join(", ", accepted)));
    }

    public static StatusException tooLarge(String message) {
        return new StatusException(new ApiStatus(413, "RequestEntityTooLarge", message));
    }

    /** A list or watch wants what is no longer kept. */
    public static StatusException expired(String message, String continueToken) {
        return new StatusException(
                new ApiStatus(410, "Expired", message, Details.NONE, continueToken));
    }

    /** The version asked for has not come here yet. */
    public static StatusException versionTooLarge(long asked, long current) {
        Cause cause = new Cause("ResourceVersionTooLarge", "Too large resource version", "");
        return new StatusException(new ApiStatus(504, "Timeout",
                "Timeout: Too large resource version: " + asked + ", current: " + current,
                new Details("", "", "", "", List.of(cause), 1)));
    }

    public static StatusException timeout(String message) {
        return new StatusException(new ApiStatus(504, "Timeout", "Timeout: " + message));
    }

    /** The registry cannot take or answer this now. */
    public static StatusException unavailable(String message, int retryAfterSeconds) {
        return new StatusException(new ApiStatus(503, "ServiceUnavailable", message,
                Details.retryAfter(retryAfterSeconds)));
    }

    /** A defect of the server. */
    public static StatusException internal(String message) {
        Cause cause = new Cause("", message, "");
        return new StatusException(new ApiStatus(500, "InternalError",
                "Internal error occurred: " + message, Details.causes(List.of(cause))));
    }

    private static Details about(GroupResource type, String name) {
        return new Details(name, type.group(), type.resource(), "", List.of(), 0);
    }
}

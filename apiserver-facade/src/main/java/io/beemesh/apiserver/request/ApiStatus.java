package io.beemesh.apiserver.request;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A Kubernetes {@code Status} that says why a request failed.
 *
 * @param code the HTTP status code
 * @param reason in Kubernetes' words, such as {@code NotFound}
 * @param details what it is about
 * @param continueToken of an expired list: where an inconsistent one may go on; else empty
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/">Status</a>
 */
public record ApiStatus(int code, String reason, String message, Details details,
        String continueToken) {
    public ApiStatus(int code, String reason, String message) {
        this(code, reason, message, Details.NONE, "");
    }

    public ApiStatus(int code, String reason, String message, Details details) {
        this(code, reason, message, details, "");
    }

    /**
     * What a failure is about.
     *
     * @param kind the plural resource, or for Invalid the kind
     * @param retryAfterSeconds 0 if absent
     */
    public record Details(String name, String group, String kind, String uid, List<Cause> causes,
            int retryAfterSeconds) {
        public static final Details NONE = new Details("", "", "", "", List.of(), 0);

        public Details {
            causes = List.copyOf(causes);
        }

        /** Nothing but a time to wait. */
        public static Details retryAfter(int seconds) {
            return new Details("", "", "", "", List.of(), seconds);
        }

        /** Nothing but causes. */
        public static Details causes(List<Cause> causes) {
            return new Details("", "", "", "", causes, 0);
        }
    }

    /** One reason of several. */
    public record Cause(String reason, String message, String field) {}

    /** As a Status object. */
    public ObjectNode toJson() {
        ObjectNode status = Json.object();
        status.put("kind", "Status");
        status.put("apiVersion", "v1");
        ObjectNode metadata = status.putObject("metadata");
        if (!continueToken.isEmpty()) {
            metadata.put("continue", continueToken);
        }
        status.put("status", "Failure");
        status.put("message", message);
        if (!reason.isEmpty()) {
            status.put("reason", reason);
        }
        if (!details.equals(Details.NONE)) {
            status.set("details", detailsJson());
        }
        status.put("code", code);
        return status;
    }

    /** The whole answer. */
    public ApiResponse.Whole toResponse() {
        Map<String, List<String>> headers = new LinkedHashMap<>();
        headers.put("X-Content-Type-Options", List.of("nosniff"));
        if (details.retryAfterSeconds() > 0) {
            headers.put("Retry-After", List.of(Integer.toString(details.retryAfterSeconds())));
        }
        return new ApiResponse.Whole(code, "application/json", headers,
                List.of(Json.write(toJson()), new byte[]{'\n'}));
    }

    private ObjectNode detailsJson() {
        ObjectNode json = Json.object();
        putUnlessEmpty(json, "name", details.name());
        putUnlessEmpty(json, "group", details.group());
        putUnlessEmpty(json, "kind", details.kind());
        putUnlessEmpty(json, "uid", details.uid());
        if (!details.causes().isEmpty()) {
            ArrayNode causes = json.putArray("causes");
            for (Cause cause : details.causes()) {
                ObjectNode node = causes.addObject();
                putUnlessEmpty(node, "reason", cause.reason());
                putUnlessEmpty(node, "message", cause.message());
                putUnlessEmpty(node, "field", cause.field());
            }
        }
        if (details.retryAfterSeconds() > 0) {
            json.put("retryAfterSeconds", details.retryAfterSeconds());
        }
        return json;
    }

    private static void putUnlessEmpty(ObjectNode node, String field, String text) {
        if (!text.isEmpty()) {
            node.put(field, text);
        }
    }
}

package io.beemesh.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.machine.object.Json;
import java.util.List;
import java.util.Map;

/** The Status answers of the HTTP edge itself; what concerns objects is the engine's. */
final class Statuses {
    private Statuses() {}

    static ApiResponse.Whole failure(int code, String reason, String message) {
        return failure(code, reason, message, 0);
    }

    /** {@code retrySeconds} above zero also become a Retry-After header. */
    static ApiResponse.Whole failure(int code, String reason, String message, int retrySeconds) {
        ObjectNode status = Json.object();
        status.put("kind", "Status").put("apiVersion", "v1").set("metadata", Json.object());
        status.put("status", "Failure").put("message", message).put("reason", reason);
        if (retrySeconds > 0) {
            status.putObject("details").put("retryAfterSeconds", retrySeconds);
        }
        status.put("code", code);
        Map<String, List<String>> headers = retrySeconds > 0
                ? Map.of("Retry-After", List.of(Integer.toString(retrySeconds)))
                : Map.of();
        return new ApiResponse.Whole(code, "application/json", headers,
                List.of(Json.write(status)));
    }

    static ApiResponse.Whole tooLarge(long bytesMax) {
        return failure(413, "RequestEntityTooLarge",
                "Request entity too large: limit is " + bytesMax);
    }

    static ApiResponse.Whole internal(String message) {
        return failure(500, "InternalError", "Internal error occurred: " + message);
    }
}

package io.beemesh.apiserver.http;

import io.beemesh.apiserver.auth.Authentication;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.ApiStatus;
import io.beemesh.apiserver.request.ApiStatus.Details;
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
        return whole(new ApiStatus(code, reason, message, Details.retryAfter(retrySeconds)));
    }

    /** Says of whom somebody may not be, as for anything else that is forbidden. */
    static ApiResponse.Whole rejected(Authentication.Rejected rejected) {
        Details details = rejected.about()
                .map(part -> new Details(part.name(), part.group(), part.resource(), "", List.of(),
                        0))
                .orElse(Details.NONE);
        return whole(new ApiStatus(rejected.code(), rejected.reason(), rejected.message(),
                details));
    }

    private static ApiResponse.Whole whole(ApiStatus status) {
        int retrySeconds = status.details().retryAfterSeconds();
        Map<String, List<String>> headers = retrySeconds > 0
                ? Map.of("Retry-After", List.of(Integer.toString(retrySeconds)))
                : Map.of();
        return new ApiResponse.Whole(status.code(), "application/json", headers,
                List.of(Json.write(status.toJson())));
    }

    static ApiResponse.Whole tooLarge(long bytesMax) {
        return failure(413, "RequestEntityTooLarge",
                "Request entity too large: limit is " + bytesMax);
    }

    static ApiResponse.Whole internal(String message) {
        return failure(500, "InternalError", "Internal error occurred: " + message);
    }
}

package io.beemesh.apiserver.auth;

import java.util.Optional;

/** What became of a request's credentials. */
public sealed interface Authentication {
    /** The request is from {@code user}. */
    record Authenticated(User user) implements Authentication {}

    /**
     * The request goes no further.
     *
     * @param code 401, 403 or 500
     * @param reason as in Kubernetes' Status
     * @param about the part of another user that may not be impersonated, if it is that
     */
    record Rejected(int code, String reason, String message,
            Optional<Impersonation.Part> about) implements Authentication {
        static final Rejected UNAUTHORIZED = new Rejected(401, "Unauthorized", "Unauthorized");

        Rejected(int code, String reason, String message) {
            this(code, reason, message, Optional.empty());
        }
    }
}

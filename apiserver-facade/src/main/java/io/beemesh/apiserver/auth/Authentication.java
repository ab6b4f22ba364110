package io.beemesh.apiserver.auth;

/** What became of a request's credentials. */
public sealed interface Authentication {
    /** The request is from {@code user}. */
    record Authenticated(User user) implements Authentication {}

    /**
     * The request goes no further.
     *
     * @param code 401, 403 or 400
     * @param reason as in Kubernetes' Status
     */
    record Rejected(int code, String reason, String message) implements Authentication {
        static final Rejected UNAUTHORIZED = new Rejected(401, "Unauthorized", "Unauthorized");
    }
}

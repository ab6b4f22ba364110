package io.beemesh.apiserver.authorization;

import io.beemesh.apiserver.request.ApiHandler;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.StatusException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Refuses what a user may not do, in Kubernetes' words, and lets the rest be answered. */
public final class AuthorizedApi implements ApiHandler {
    private final ApiHandler api;
    private final Authorizer authorizer;

    public AuthorizedApi(ApiHandler api, Authorizer authorizer) {
        this.api = api;
        this.authorizer = authorizer;
    }

    @Override
    public CompletableFuture<ApiResponse> handle(ApiRequest request) {
        if (Authorizer.isMaster(request.user())) {
            return api.handle(request);
        }
        Optional<StatusException> refusal = authorizer.refuse(request.user(),
                Attributes.of(request));
        return refusal.isEmpty()
                ? api.handle(request)
                : CompletableFuture.completedFuture(refusal.get().status().toResponse());
    }
}

package io.beemesh.apiserver.request;

import java.util.concurrent.CompletableFuture;

/** Answers requests: the seam between the HTTP edge and the API engine. */
@FunctionalInterface
public interface ApiHandler {
    /**
     * Answers {@code request}; called from any thread, and must not block it. Every outcome that a
     * client can cause is a response; a future that fails is a defect and becomes 500 InternalError.
     */
    CompletableFuture<ApiResponse> handle(ApiRequest request);
}

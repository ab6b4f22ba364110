package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import java.util.Optional;

/** Documents about the API itself: discovery and OpenAPI. */
@FunctionalInterface
public interface DocumentSource {
    /** The document at the request's path in the form that it accepts; empty if there is none. */
    Optional<ApiResponse> find(ApiRequest request);
}

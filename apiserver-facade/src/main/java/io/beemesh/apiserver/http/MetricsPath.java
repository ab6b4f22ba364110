package io.beemesh.apiserver.http;

import io.beemesh.apiserver.request.ApiHandler;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.machine.metrics.Meters;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Answers {@code GET /metrics}; everything else is for the next handler. */
public record MetricsPath(ApiHandler next, Meters meters) implements ApiHandler {
    @Override
    public CompletableFuture<ApiResponse> handle(ApiRequest request) {
        return request.path().equals("/metrics") && request.method().equals("GET")
                ? CompletableFuture.completedFuture(
                        new ApiResponse.Whole(200, Meters.CONTENT_TYPE, Map.of(),
                                List.of(meters.text().getBytes(StandardCharsets.UTF_8))))
                : next.handle(request);
    }
}

package io.beemesh.apiserver.request;

import io.beemesh.apiserver.auth.User;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request as it came, decoded no further than HTTP.
 *
 * @param path decoded, without query, starts with a slash
 * @param query decoded parameters in their order
 * @param headers names in lower case
 * @param body whole and within the size limit
 */
public record ApiRequest(String method, String path, Map<String, List<String>> query,
        Map<String, String> headers, byte[] body, User user) {
    /** The first value of a query parameter. */
    public Optional<String> parameter(String name) {
        List<String> values = query.getOrDefault(name, List.of());
        return values.isEmpty() ? Optional.empty() : Optional.of(values.getFirst());
    }

    public String header(String lowerCaseName) {
        return headers.getOrDefault(lowerCaseName, "");
    }
}

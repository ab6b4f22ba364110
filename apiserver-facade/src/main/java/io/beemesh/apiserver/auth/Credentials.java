package io.beemesh.apiserver.auth;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a request shows of its sender.
 *
 * @param certificate the client's certificate; the TLS layer saw that the client has its key, and
 *     nothing else
 * @param headers names in lower case, all values
 */
public record Credentials(Optional<X509Certificate> certificate,
        Map<String, List<String>> headers) {
    String header(String name) {
        List<String> values = headers.getOrDefault(name, List.of());
        return values.isEmpty() ? "" : values.getFirst();
    }
}

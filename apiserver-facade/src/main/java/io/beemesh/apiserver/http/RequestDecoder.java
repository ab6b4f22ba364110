package io.beemesh.apiserver.http;

import io.beemesh.apiserver.auth.Credentials;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Reads the head of a request. */
final class RequestDecoder {
    private static final int PARAMETERS_MAX = 1024;

    private RequestDecoder() {}

    /** The decoded path; empty if it is malformed. */
    static Optional<String> path(HttpServerRequest request) {
        String path = request.path();
        if (path == null || !path.startsWith("/")) {
            return Optional.empty();
        }
        if (path.indexOf('%') < 0) {
            return Optional.of(path);
        }
        try {
            // A plus sign is itself in a path.
            return Optional.of(
                    URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The decoded query in its order; empty if it is malformed. */
    static Optional<Map<String, List<String>>> query(HttpServerRequest request) {
        String query = request.query();
        if (query == null || query.isEmpty()) {
            return Optional.of(Map.of());
        }
        try {
            return Optional.of(new QueryStringDecoder(query, StandardCharsets.UTF_8, false,
                    PARAMETERS_MAX, true).parameters());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** All headers, names in lower case. */
    static Map<String, List<String>> headers(HttpServerRequest request) {
        Map<String, List<String>> headers = new LinkedHashMap<>();
        request.headers().forEach((name, value) -> headers
                .computeIfAbsent(name.toLowerCase(Locale.ROOT), n -> new ArrayList<>(1))
                .add(value));
        headers.remove(SpdyUpgradeMethod.METHOD_HEADER);
        return headers;
    }

    /** Repeated headers as one, with commas. */
    static Map<String, String> joined(Map<String, List<String>> headers) {
        Map<String, String> joined = new LinkedHashMap<>();
        headers.forEach((name, values) -> joined.put(name, String.join(",", values)));
        return joined;
    }

    static Credentials credentials(HttpServerRequest request,
            Map<String, List<String>> headers) {
        return new Credentials(certificate(request.sslSession()), headers);
    }

    private static Optional<X509Certificate> certificate(
            @Nullable SSLSession session) {
        if (session == null) {
            return Optional.empty();
        }
        try {
            return session.getPeerCertificates()[0] instanceof X509Certificate certificate
                    ? Optional.of(certificate)
                    : Optional.empty();
        } catch (SSLPeerUnverifiedException e) {
            return Optional.empty();
        }
    }
}

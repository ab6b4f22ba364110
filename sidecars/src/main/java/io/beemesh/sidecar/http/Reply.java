package io.beemesh.sidecar.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** One answer by HTTP. */
record Reply(HttpResponseStatus status, Map<String, String> headers, byte[] body) {
    private static final String TYPE = "content-type";

    static Reply json(HttpResponseStatus status, String json) {
        return new Reply(status, Map.of(TYPE, "application/json"),
                (json + "\n").getBytes(StandardCharsets.UTF_8));
    }

    static Reply error(HttpResponseStatus status, String reason) {
        return json(status, "{\"error\":" + quote(reason) + "}");
    }

    static Reply text(String text) {
        return new Reply(HttpResponseStatus.OK, Map.of(TYPE, "text/plain; version=0.0.4"),
                text.getBytes(StandardCharsets.UTF_8));
    }

    static Reply value(HttpResponseStatus status, long version, byte[] value) {
        return new Reply(status,
                Map.of(TYPE, "application/octet-stream", "etag", "\"" + version + "\""), value);
    }

    static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(' ');
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}

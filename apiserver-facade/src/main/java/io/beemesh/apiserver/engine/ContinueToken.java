package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import java.util.Base64;

/**
 * Where a chunked list goes on.
 *
 * @param version of the first page, or {@link #INCONSISTENT}
 * @param after namespace and name of the last object sent, with a slash between
 */
record ContinueToken(long version, String after) {
    /** Go on at whatever is there now. */
    static final long INCONSISTENT = -1;
    private static final String FORMAT = "meta.k8s.io/v1";
    private static final int CHARS_MAX = 4_096;

    static ContinueToken parse(String text) {
        try {
            if (text.length() > CHARS_MAX) {
                throw new IllegalArgumentException("too long");
            }
            JsonNode token = Json.parse(Base64.getUrlDecoder().decode(text));
            long version = token.path("rv").asLong(0);
            String after = token.path("start").asText("");
            if (token.path("v").asText("").equals(FORMAT)
                    && (version > 0 || version == INCONSISTENT) && after.indexOf('/') >= 0) {
                return new ContinueToken(version, after);
            }
        } catch (IllegalArgumentException | JsonProcessingException e) {
            throw StatusTable.badRequest("continue key is not valid: not a token of this server");
        }
        throw StatusTable
                .badRequest("continue key is not valid: incorrect encoded start key or version");
    }

    static ContinueToken after(ObjectKey last, long version) {
        return new ContinueToken(version, last.namespace() + "/" + last.name());
    }

    /** True for objects that come after the last one sent. */
    boolean isBefore(ObjectKey key) {
        int slash = after.indexOf('/');
        int byNamespace = after.substring(0, slash).compareTo(key.namespace());
        return byNamespace < 0
                || (byNamespace == 0 && after.substring(slash + 1).compareTo(key.name()) < 0);
    }

    String encode() {
        ObjectNode token = Json.object();
        token.put("v", FORMAT);
        token.put("rv", version);
        token.put("start", after);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.write(token));
    }
}

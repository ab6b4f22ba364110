package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/** What Secrets do beyond their table. */
final class SecretRules {
    private SecretRules() {}

    /** Moves {@code stringData}, which is write-only, into {@code data}. */
    static void mergeStringData(ObjectNode secret) {
        JsonNode plain = secret.remove("stringData");
        if (plain == null || plain.isEmpty()) {
            return;
        }
        ObjectNode data = secret.withObjectProperty("data");
        for (Map.Entry<String, JsonNode> entry : plain.properties()) {
            byte[] bytes = entry.getValue().asText("").getBytes(StandardCharsets.UTF_8);
            data.put(entry.getKey(), Base64.getEncoder().encodeToString(bytes));
        }
    }
}

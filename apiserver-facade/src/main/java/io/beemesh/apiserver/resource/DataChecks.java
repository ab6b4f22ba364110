package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Checks of what ConfigMaps and Secrets hold. */
final class DataChecks {
    private static final int BYTES_MAX = 1024 * 1024;
    private static final Map<String, List<String>> KEYS = Map.of("kubernetes.io/tls",
            List.of("tls.crt", "tls.key"), "kubernetes.io/dockerconfigjson",
            List.of(".dockerconfigjson"), "kubernetes.io/dockercfg", List.of(".dockercfg"),
            "kubernetes.io/ssh-auth", List.of("ssh-privatekey"));

    private DataChecks() {}

    static void size(ObjectNode object, Errors errors) {
        long bytes = 0;
        for (JsonNode value : object.path("binaryData")) {
            bytes += value.asText("").length() * 3L / 4;
        }
        boolean secret = object.path("kind").asText("").equals("Secret");
        for (JsonNode value : object.path("data")) {
            bytes += secret
                    ? value.asText("").length() * 3L / 4
                    : value.asText("").getBytes(StandardCharsets.UTF_8).length;
        }
        if (bytes > BYTES_MAX) {
            errors.tooLong(secret ? "data" : "", BYTES_MAX);
        }
    }

    static void secretType(Location at, Errors errors) {
        for (String key : KEYS.getOrDefault(at.value().asText(""), List.of())) {
            if (!at.parent().path("data").has(key)) {
                errors.required("data[" + key + "]", "");
            }
        }
        for (String key : List.of(".dockerconfigjson", ".dockercfg")) {
            boolean wanted = KEYS.getOrDefault(at.value().asText(""), List.of()).contains(key);
            if (wanted && at.parent().path("data").has(key)
                    && !isJson(at.parent().path("data").path(key).asText(""))) {
                errors.invalid("data[" + key + "]", "<secret contents redacted>",
                        "must be JSON");
            }
        }
        if (at.value().asText("").equals("kubernetes.io/service-account-token")) {
            String annotation = "kubernetes.io/service-account.name";
            if (at.parent().path("metadata").path("annotations").path(annotation).asText("")
                    .isEmpty()) {
                errors.required("metadata.annotations[" + annotation + "]", "");
            }
        }
    }

    private static boolean isJson(String base64) {
        try {
            return Json.parse(Base64.getMimeDecoder().decode(base64)).isObject();
        } catch (JsonProcessingException | IllegalArgumentException e) {
            return false;
        }
    }
}

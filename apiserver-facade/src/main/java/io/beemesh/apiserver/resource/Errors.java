package io.beemesh.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.resource.FieldError.Reason;
import io.beemesh.machine.object.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/** Collects broken rules, in Kubernetes' words. */
final class Errors {
    private final List<FieldError> errors = new ArrayList<>();

    void required(String path, String detail) {
        add(Reason.REQUIRED, path, "Required value", detail);
    }

    void invalid(String path, JsonNode value, String detail) {
        add(Reason.INVALID, path, "Invalid value: " + text(value), detail);
    }

    void invalid(String path, String value, String detail) {
        add(Reason.INVALID, path, "Invalid value: " + quoted(value), detail);
    }

    void notSupported(String path, JsonNode value, List<String> supported) {
        String detail = "supported values: " + String.join(", ",
                supported.stream().map(Errors::quoted).toList());
        add(Reason.NOT_SUPPORTED, path, "Unsupported value: " + text(value), detail);
    }

    void duplicate(String path, JsonNode value) {
        add(Reason.DUPLICATE, path, "Duplicate value: " + text(value), "");
    }

    void forbidden(String path, String detail) {
        add(Reason.FORBIDDEN, path, "Forbidden", detail);
    }

    void notFound(String path, JsonNode value) {
        add(Reason.NOT_FOUND, path, "Not found: " + text(value), "");
    }

    void tooLong(String path, int bytesMax) {
        add(Reason.TOO_LONG, path, "Too long", "may not be more than " + bytesMax + " bytes");
    }

    /** All of them in order, each once. */
    List<FieldError> all() {
        return List.copyOf(new LinkedHashSet<>(errors));
    }

    private void add(Reason reason, String path, String body, String detail) {
        errors.add(new FieldError(reason, path, detail.isEmpty() ? body : body + ": " + detail));
    }

    private static String text(JsonNode value) {
        return value.isMissingNode()
                ? "null"
                : new String(Json.write(value), StandardCharsets.UTF_8);
    }

    private static String quoted(String value) {
        return text(Json.object().textNode(value));
    }
}

package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.engine.WriteOptions.FieldValidation;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.StatusException;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.apiserver.schema.DecodingException;
import io.beemesh.apiserver.schema.FieldValidator;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Reads objects by their kind's schema: drops fields that a kind does not have and says so as the request
 * wishes, refuses values of a wrong type.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation">field
 *     validation</a>
 */
final class FieldChecks {
    private static final JsonFactory JSON = new JsonFactory();
    private static final String UNKNOWN = "unknown field \"";

    private FieldChecks() {}

    /** The object in the body of a create or update. */
    static ApiObject read(Call call, WriteOptions options) {
        ApiRequest request = call.request();
        ResourceDescriptor resource = call.resource();
        String type = Bodies.contentType(request);
        boolean json = type.isEmpty() || type.equals("application/json");
        if (!json || request.body().length == 0) {
            ApiObject object = Bodies.object(request, resource.apiVersion(), resource.kind());
            return report(call, options, check(call, object.tree()));
        }
        try (JsonParser parser = JSON.createParser(request.body())) {
            FieldValidator.Result result = FieldValidator.read(parser, resource.schema().get());
            // Of another kind nearly all fields are unknown: the kind is what must be said.
            Bodies.typed(result.tree(), resource.apiVersion(), resource.kind());
            return report(call, options, result);
        } catch (DecodingException e) {
            Bodies.object(request, resource.apiVersion(), resource.kind());
            throw wrongType(resource, e.detail());
        } catch (JsonProcessingException e) {
            throw StatusTable.badRequest("the object provided is unrecognized (must be of type "
                    + resource.kind() + "): couldn't get version/kind; json parse error: "
                    + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a patch made, by its kind's schema; 422 for what does not fit. */
    static ApiObject patched(Call call, WriteOptions options, JsonNode tree) {
        ResourceDescriptor resource = call.resource();
        ApiObject object = Bodies.typed(tree, resource.apiVersion(), resource.kind());
        FieldValidator.Result result;
        try {
            result = FieldValidator.check(object.tree(), resource.schema().get());
        } catch (DecodingException e) {
            throw invalidPatch(tree, e.detail());
        }
        if (options.fieldValidation() == FieldValidation.STRICT && !result.findings().isEmpty()) {
            throw invalidPatch(tree, FieldValidator.strictMessage(result.findings()));
        }
        return report(call, options, result);
    }

    /** What is to be applied; a field that the kind does not have is always refused. */
    static ApiObject applied(Call call, ApiObject config) {
        FieldValidator.Result result = check(call, config.tree());
        if (!result.findings().isEmpty()) {
            List<String> texts = result.findings().stream().map(FieldChecks::undeclared).toList();
            throw StatusTable.badRequest("failed to create typed patch object ("
                    + call.info().namespace() + "/" + call.info().name() + "; "
                    + call.resource().apiVersion() + ", Kind=" + call.resource().kind() + "): "
                    + (texts.size() == 1
                            ? texts.getFirst()
                            : "errors:\n  " + String.join("\n  ", texts)));
        }
        return new ApiObject(result.tree());
    }

    private static FieldValidator.Result check(Call call, JsonNode tree) {
        try {
            return FieldValidator.check(tree, call.resource().schema().get());
        } catch (DecodingException e) {
            throw wrongType(call.resource(), e.detail());
        }
    }

    private static ApiObject report(Call call, WriteOptions options,
            FieldValidator.Result result) {
        if (!result.findings().isEmpty()) {
            switch (options.fieldValidation()) {
                case IGNORE -> {
                }
                case WARN -> call.warn(result.findings());
                case STRICT -> throw wrongType(call.resource(),
                        FieldValidator.strictMessage(result.findings()));
            }
        }
        return new ApiObject(result.tree());
    }

    private static StatusException wrongType(ResourceDescriptor resource, String detail) {
        return StatusTable.badRequest(
                FieldValidator.message(resource.kind(), resource.version(), detail));
    }

    private static StatusException invalidPatch(JsonNode tree, String detail) {
        String text = new String(Json.write(tree), StandardCharsets.UTF_8);
        return StatusTable.invalid("", "", "", List.of(new Cause("FieldValueInvalid",
                "Invalid value: " + Json.object().textNode(text) + ": " + detail, "patch")));
    }

    /** {@code unknown field "spec.x"} in the words of an apply. */
    private static String undeclared(String finding) {
        return finding.startsWith(UNKNOWN)
                ? "." + finding.substring(UNKNOWN.length(), finding.length() - 1)
                        + ": field not declared in schema"
                : finding;
    }
}

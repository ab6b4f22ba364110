package io.beemesh.apiserver.schema;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads an object as its kind's Go type would: unknown fields are dropped, of duplicate ones the last
 * counts, nulls are absent, quantities and times become canonical, values of a wrong type are refused.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation">field
 *     validation</a>
 */
public final class FieldValidator {
    private static final int DEPTH_MAX = 200;
    private static final int FINDINGS_MAX = 100;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /**
     * What was read.
     *
     * @param tree with known fields only
     * @param findings such as {@code unknown field "spec.foo"}, at most 100: warnings, or what {@link
     *     #strictMessage} refuses
     */
    public record Result(ObjectNode tree, List<String> findings) {
        public Result {
            findings = List.copyOf(findings);
        }
    }

    private final JsonParser parser;
    private final Set<String> findings = new LinkedHashSet<>();

    private FieldValidator(JsonParser parser) {
        this.parser = parser;
    }

    /**
     * Reads one object and the end of input after it. The parser bounds length; nesting is at most 200.
     *
     * @throws DecodingException for a wrong type; its message begins with {@code json:} as Go's does
     * @throws JsonProcessingException for what is no JSON (or YAML, if the parser is one of YAML)
     */
    public static Result read(JsonParser parser, Schema schema)
            throws DecodingException, IOException {
        FieldValidator validator = new FieldValidator(parser);
        JsonToken first = parser.nextToken();
        if (first != JsonToken.START_OBJECT) {
            throw new DecodingException("json: cannot unmarshal "
                    + (first == null ? "nothing" : Scalars.kind(first)) + " into Go value of type "
                    + Scalars.goType(schema));
        }
        ObjectNode tree = validator.object(schema, new Position("", "", ""), 0);
        if (parser.nextToken() != null) {
            throw new DecodingException(
                    "json: there is more after the object, which must be the only value");
        }
        return new Result(tree, List.copyOf(validator.findings));
    }

    /** As {@link #read}, of a tree such as a patch made, in which nothing can be duplicate. */
    public static Result check(JsonNode tree, Schema schema) throws DecodingException {
        try (JsonParser parser = tree.traverse()) {
            return read(parser, schema);
        } catch (IOException e) {
            throw new DecodingException("json: " + e.getMessage());
        }
    }

    /** The sentence that refuses a request with {@code fieldValidation=Strict}. */
    public static String strictMessage(List<String> findings) {
        return "strict decoding error: " + String.join(", ", findings);
    }

    /**
     * The whole sentence of a 400.
     *
     * @param kind of the body, and the one that was expected
     * @param version such as {@code v1}
     * @param detail a {@link DecodingException}'s or a {@link #strictMessage}
     */
    public static String message(String kind, String version, String detail) {
        return kind + " in version \"" + version + "\" cannot be handled as a " + kind + ": "
                + detail;
    }

    /**
     * Where a value is.
     *
     * @param path in findings, such as {@code spec.containers[0].name}
     * @param fields in type errors, without indexes
     */
    private record Position(String path, String struct, String fields) {
        Position field(Schema owner, String name) {
            String type = owner.name();
            return new Position(path.isEmpty() ? name : path + "." + name,
                    type.substring(type.lastIndexOf('.') + 1),
                    fields.isEmpty() ? name : fields + "." + name);
        }

        Position at(String suffix) {
            return new Position(path + suffix, struct, fields);
        }
    }

    // The parser is at START_OBJECT; afterwards at the matching END_OBJECT. So of the others.
    private ObjectNode object(Schema schema, Position here, int depth)
            throws DecodingException, IOException {
        checkDepth(depth);
        ObjectNode object = NODES.objectNode();
        Map<String, Schema> fields = schema.fields();
        Set<String> seen = new LinkedHashSet<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken token = parser.nextToken();
            Schema field = fields.get(name);
            Position at = here.field(schema, name);
            if (field == null) {
                find("unknown field \"" + at.path + "\"");
                parser.skipChildren();
                continue;
            }
            if (!seen.add(name)) {
                find("duplicate field \"" + at.path + "\"");
                object.remove(name);
            }
            JsonNode value = value(field, at, token, depth);
            boolean dropped = value == null || (isCollection(field) && value.isEmpty()
                    && !schema.required().contains(name));
            if (!dropped) {
                object.set(name, value);
            }
        }
        return object;
    }

    private @Nullable JsonNode value(Schema schema, Position here, @Nullable JsonToken token,
            int depth) throws DecodingException, IOException {
        if (token == null || token == JsonToken.VALUE_NULL) {
            return null;
        }
        return switch (schema.type()) {
            case OBJECT -> {
                expect(JsonToken.START_OBJECT, token, schema, here);
                yield object(schema, here, depth + 1);
            }
            case MAP -> {
                expect(JsonToken.START_OBJECT, token, schema, here);
                yield map(schema.items().orElseThrow(), here, depth + 1);
            }
            case LIST -> {
                expect(JsonToken.START_ARRAY, token, schema, here);
                yield list(schema.items().orElseThrow(), here, depth + 1);
            }
            case ANY -> any(token, depth + 1);
            case STRING, INTEGER, NUMBER, BOOLEAN, INT_OR_STRING -> Scalars.read(parser, token,
                    schema, here.struct + "." + here.fields);
        };
    }

    private ObjectNode map(Schema items, Position here, int depth)
            throws DecodingException, IOException {
        checkDepth(depth);
        ObjectNode map = NODES.objectNode();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            JsonNode value = value(items, here.at("." + key), parser.nextToken(), depth);
            if (map.has(key)) {
                find("duplicate field \"" + here.path + "." + key + "\"");
            }
            map.set(key, value == null ? Scalars.zero(items) : value);
        }
        return map;
    }

    private ArrayNode list(Schema items, Position here, int depth)
            throws DecodingException, IOException {
        checkDepth(depth);
        ArrayNode list = NODES.arrayNode();
        for (JsonToken token = parser.nextToken(); token != null
                && token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            JsonNode value = value(items, here.at("[" + list.size() + "]"), token, depth);
            list.add(value == null ? Scalars.zero(items) : value);
        }
        return list;
    }

    private JsonNode any(JsonToken token, int depth) throws DecodingException, IOException {
        checkDepth(depth);
        if (token == JsonToken.START_OBJECT) {
            ObjectNode object = NODES.objectNode();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                object.set(name, anyOrNull(parser.nextToken(), depth));
            }
            return object;
        }
        if (token == JsonToken.START_ARRAY) {
            List<JsonNode> items = new ArrayList<>();
            for (JsonToken next = parser.nextToken(); next != null
                    && next != JsonToken.END_ARRAY; next = parser.nextToken()) {
                items.add(anyOrNull(next, depth));
            }
            return NODES.arrayNode().addAll(items);
        }
        return Scalars.any(parser, token);
    }

    private JsonNode anyOrNull(@Nullable JsonToken token, int depth)
            throws DecodingException, IOException {
        return token == null || token == JsonToken.VALUE_NULL
                ? NODES.nullNode()
                : any(token, depth + 1);
    }

    private void find(String finding) {
        if (findings.size() < FINDINGS_MAX) {
            findings.add(finding);
        }
    }

    private static boolean isCollection(Schema schema) {
        return schema.type() == Schema.Type.LIST || schema.type() == Schema.Type.MAP;
    }

    private static void expect(JsonToken wanted, JsonToken actual, Schema schema, Position here)
            throws DecodingException {
        if (actual != wanted) {
            throw Scalars.wrongType(Scalars.kind(actual), here.struct + "." + here.fields, schema);
        }
    }

    private static void checkDepth(int depth) throws DecodingException {
        if (depth > DEPTH_MAX) {
            throw new DecodingException("json: exceeded max depth " + DEPTH_MAX);
        }
    }
}

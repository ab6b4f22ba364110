package io.beemesh.apiserver.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.CodedOutputStream;
import io.beemesh.machine.object.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Encodes documents of OpenAPI 2.0 as Protobuf, the only form that kubectl before 1.29 asks for. What
 * this server never writes, such as examples, is left out of the messages.
 *
 * @see <a href="https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto">OpenAPIv2.proto</a>
 */
final class SwaggerProtobuf {
    private static final int BUFFER_BYTES = 256;
    /** Fields as {@code name:number:type}; types as {@link #field} knows them, or another message. */
    private static final Map<String, Map<String, String[]>> MESSAGES = messages("""
            Document swagger:1:s info:2:Info paths:8:Paths definitions:9:{}Schema
            Info title:1:s version:2:s
            PathItem get:2:Operation put:3:Operation post:4:Operation delete:5:Operation \
            patch:8:Operation parameters:9:[]Parameter
            Operation tags:1:S description:3:s operationId:5:s produces:6:S consumes:7:S \
            parameters:8:[]Parameter responses:9:Responses
            Body description:1:s name:2:s in:3:s required:4:b schema:5:Schema
            Query required:1:b in:2:s description:3:s name:4:s type:6:s uniqueItems:20:b
            Path required:1:b in:2:s description:3:s name:4:s type:5:s uniqueItems:19:b
            Response description:1:s schema:2:SchemaItem
            Schema $ref:1:s format:2:s title:3:s description:4:s required:19:S enum:20:A \
            additionalProperties:21:Additional type:22:T items:23:Items properties:25:{}Schema
            """);
    /** Where each message keeps what begins with x-. */
    private static final Map<String, Integer> EXTENSIONS = Map.of("PathItem", 10, "Operation", 13,
            "Schema", 31);

    private SwaggerProtobuf() {}

    /** A whole document or one piece of it; pieces after one another make a document. */
    static byte[] document(JsonNode document) {
        return message("Document", document);
    }

    private static byte[] message(String type, JsonNode json) {
        return switch (type) {
            case "Paths" -> written(out -> named(out, 2, "PathItem", json));
            case "Responses" -> written(out -> {
                for (Map.Entry<String, JsonNode> response : json.properties()) {
                    byte[] value = wrapped(1, message("Response", response.getValue()));
                    bytes(out, 1, entry(response.getKey(), value));
                }
            });
            case "Parameter" -> parameter(json);
            case "SchemaItem", "Additional", "Items" -> wrapped(1, message("Schema", json));
            default -> fields(type, json);
        };
    }

    private static byte[] fields(String type, JsonNode json) {
        Map<String, String[]> known = MESSAGES.getOrDefault(type, Map.of());
        return written(out -> {
            for (Map.Entry<String, JsonNode> field : json.properties()) {
                String[] code = known.get(field.getKey());
                if (code != null) {
                    field(out, Integer.parseInt(code[0]), code[1], field.getValue());
                } else if (field.getKey().startsWith("x-") && EXTENSIONS.containsKey(type)) {
                    bytes(out, EXTENSIONS.get(type), entry(field.getKey(), any(field.getValue())));
                }
            }
        });
    }

    private static void field(CodedOutputStream out, int number, String type, JsonNode value)
            throws IOException {
        switch (type) {
            case "s" -> out.writeString(number, value.asText(""));
            case "b" -> out.writeBool(number, value.asBoolean(false));
            case "S" -> {
                for (JsonNode one : value) {
                    out.writeString(number, one.asText(""));
                }
            }
            case "A" -> {
                for (JsonNode one : value) {
                    bytes(out, number, any(one));
                }
            }
            case "T" -> bytes(out, number, written(item -> item.writeString(1, value.asText(""))));
            default -> {
                if (type.startsWith("{}")) {
                    bytes(out, number, written(map -> named(map, 1, type.substring(2), value)));
                } else if (type.startsWith("[]")) {
                    for (JsonNode one : value) {
                        bytes(out, number, message(type.substring(2), one));
                    }
                } else {
                    bytes(out, number, message(type, value));
                }
            }
        }
    }

    /** Each entry as a message of its name and value. */
    private static void named(CodedOutputStream out, int number, String type, JsonNode map)
            throws IOException {
        for (Map.Entry<String, JsonNode> one : map.properties()) {
            bytes(out, number, entry(one.getKey(), message(type, one.getValue())));
        }
    }

    private static byte[] parameter(JsonNode json) {
        String in = json.path("in").asText("");
        byte[] parameter = switch (in) {
            case "body" -> wrapped(1, message("Body", json));
            case "query" -> wrapped(2, wrapped(3, message("Query", json)));
            default -> wrapped(2, wrapped(4, message("Path", json)));
        };
        return wrapped(1, parameter);
    }

    private static byte[] entry(String name, byte[] value) {
        return written(out -> {
            out.writeString(1, name);
            bytes(out, 2, value);
        });
    }

    /** Any JSON, as the text that YAML readers take. */
    private static byte[] any(JsonNode value) {
        return written(out -> out.writeString(2,
                new String(Json.write(value), StandardCharsets.UTF_8)));
    }

    private static byte[] wrapped(int number, byte[] message) {
        return written(out -> bytes(out, number, message));
    }

    private static void bytes(CodedOutputStream out, int number, byte[] message)
            throws IOException {
        out.writeByteArray(number, message);
    }

    private interface Writing {
        void to(CodedOutputStream out) throws IOException;
    }

    private static byte[] written(Writing writing) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(bytes, BUFFER_BYTES);
            writing.to(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static Map<String, Map<String, String[]>> messages(String table) {
        Map<String, Map<String, String[]>> messages = new HashMap<>();
        for (String line : table.lines().toList()) {
            String[] words = line.strip().split(" +", -1);
            Map<String, String[]> fields = new HashMap<>();
            for (int i = 1; i < words.length; i++) {
                String[] parts = words[i].split(":", -1);
                fields.put(parts[0], new String[]{parts[1], parts[2]});
            }
            messages.put(words[0], fields);
        }
        return messages;
    }
}

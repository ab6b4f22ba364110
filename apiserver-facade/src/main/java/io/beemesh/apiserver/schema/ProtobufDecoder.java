package io.beemesh.apiserver.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** Turns one message into JSON as Go would after decoding it. */
final class ProtobufDecoder {
    private static final int DEPTH_MAX = 100;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private final ProtobufBodies bodies;

    ProtobufDecoder(ProtobufBodies bodies) {
        this.bodies = bodies;
    }

    /** Reads all fields of {@code in} into {@code object}. */
    void fields(WireReader in, Map<Integer, ProtobufField> fields, ObjectNode object, int depth)
            throws DecodingException {
        if (depth > DEPTH_MAX) {
            throw new DecodingException("proto: exceeded max depth " + DEPTH_MAX);
        }
        while (in.hasMore()) {
            long tag = in.varint();
            int wireType = (int) (tag & 7);
            ProtobufField field = fields.get((int) (tag >>> 3));
            if (field == null) {
                in.skip(wireType);
            } else {
                field(in, wireType, field, object, depth);
            }
        }
    }

    private void field(WireReader in, int wireType, ProtobufField field, ObjectNode object,
            int depth) throws DecodingException {
        boolean packed = field.repeated() && field.isNumber() && wireType == WireReader.LENGTH;
        int expected = field.isNumber() && !field.map()
                ? WireReader.VARINT
                : field.type() == 'd' ? WireReader.FIXED64 : WireReader.LENGTH;
        if (wireType != expected && !packed) {
            throw new DecodingException("proto: wrong wireType = " + wireType + " for field "
                    + (field.name().isEmpty() ? field.message() : field.name()));
        }
        if (field.inline()) {
            fields(in.message(), bodies.message(field.message()), object, depth + 1);
        } else if (field.map()) {
            entry(in.message(), field, object.withObjectProperty(field.name()), depth);
        } else if (packed) {
            ArrayNode list = object.withArrayProperty(field.name());
            for (WireReader numbers = in.message(); numbers.hasMore();) {
                list.add(scalar(numbers, field));
            }
        } else if (field.repeated()) {
            object.withArrayProperty(field.name()).add(
                    value(in, field, depth).orElseGet(() -> zero(field)));
        } else {
            Optional<JsonNode> value = value(in, field, depth);
            value.filter(v -> field.pointer() || field.keepsZero() || !isZero(v))
                    .ifPresent(v -> object.set(field.name(), v));
        }
    }

    private void entry(WireReader in, ProtobufField field, ObjectNode map, int depth)
            throws DecodingException {
        String key = "";
        JsonNode value = zero(field);
        while (in.hasMore()) {
            int tag = (int) in.varint();
            if (tag == WireReader.FIRST_BYTES) {
                key = in.text();
            } else if (tag == WireReader.SECOND_BYTES) {
                value = value(in, field, depth).orElseGet(() -> zero(field));
            } else {
                in.skip(tag & 7);
            }
        }
        map.set(key, value);
    }

    /** Empty means absent in JSON: a zero time. */
    private Optional<JsonNode> value(WireReader in, ProtobufField field, int depth)
            throws DecodingException {
        return switch (field.type()) {
            case '@' -> {
                ObjectNode inner = NODES.objectNode();
                fields(in.message(), bodies.message(field.message()), inner, depth + 1);
                yield Optional.of(inner);
            }
            case 't', 'u' -> time(in.message(), field.type() == 'u');
            case 'f', 'r' -> raw(in.message());
            case 'e' -> {
                ArrayNode list = NODES.arrayNode();
                WireReader items = in.message();
                while (items.hasMore()) {
                    int tag = (int) items.varint();
                    if (tag == WireReader.FIRST_BYTES) {
                        list.add(items.text());
                    } else {
                        items.skip(tag & 7);
                    }
                }
                yield Optional.of(list);
            }
            default -> Optional.of(scalar(in, field));
        };
    }

    private static JsonNode scalar(WireReader in, ProtobufField field) throws DecodingException {
        return switch (field.type()) {
            case 's' -> NODES.textNode(in.text());
            case 'i' -> Scalars.number(in.varint());
            case 'b' -> NODES.booleanNode(in.varint() != 0);
            case 'd' -> NODES.numberNode(Double.longBitsToDouble(in.fixed64()));
            case 'y' -> NODES.textNode(Base64.getEncoder().encodeToString(in.bytes()));
            case 'q' -> NODES.textNode(quantity(in.message()));
            case 'x' -> intOrString(in.message());
            default -> throw new IllegalStateException("no type is called " + field.type());
        };
    }

    private static String quantity(WireReader in) throws DecodingException {
        String text = "0";
        while (in.hasMore()) {
            int tag = (int) in.varint();
            if (tag == WireReader.FIRST_BYTES) {
                text = in.text();
            } else {
                in.skip(tag & 7);
            }
        }
        return text;
    }

    private static JsonNode intOrString(WireReader in) throws DecodingException {
        long type = 0;
        long number = 0;
        String text = "";
        while (in.hasMore()) {
            int tag = (int) in.varint();
            switch (tag) {
                case WireReader.FIRST_NUMBER -> type = in.varint();
                case WireReader.SECOND_NUMBER -> number = in.varint();
                case WireReader.THIRD_BYTES -> text = in.text();
                default -> in.skip(tag & 7);
            }
        }
        return type == 1 ? NODES.textNode(text) : Scalars.number(number);
    }

    private static Optional<JsonNode> time(WireReader in, boolean micros)
            throws DecodingException {
        long seconds = 0;
        long nanos = 0;
        boolean set = false;
        while (in.hasMore()) {
            int tag = (int) in.varint();
            switch (tag) {
                case WireReader.FIRST_NUMBER -> seconds = in.varint();
                case WireReader.SECOND_NUMBER -> nanos = in.varint();
                default -> in.skip(tag & 7);
            }
            set = true;
        }
        if (!set) {
            return Optional.empty();
        }
        if (nanos < 0 || nanos >= NANOS_PER_SECOND) {
            throw new DecodingException("proto: nanoseconds out of range: " + nanos);
        }
        try {
            Instant time = Instant.ofEpochSecond(seconds, nanos);
            return Optional.of(NODES.textNode(micros
                    ? Scalars.micros(time)
                    : Scalars.seconds(time)));
        } catch (DateTimeException _) {
            throw new DecodingException("proto: time out of range: " + seconds);
        }
    }

    // FieldsV1 and RawExtension: JSON as bytes.
    private static Optional<JsonNode> raw(WireReader in) throws DecodingException {
        byte[] json = {};
        while (in.hasMore()) {
            int tag = (int) in.varint();
            if (tag == WireReader.FIRST_BYTES) {
                json = in.bytes();
            } else {
                in.skip(tag & 7);
            }
        }
        try {
            return json.length == 0 ? Optional.empty() : Optional.of(Json.parse(json));
        } catch (JsonProcessingException e) {
            throw new DecodingException("raw extension is no JSON: " + e.getOriginalMessage());
        }
    }

    private static JsonNode zero(ProtobufField field) {
        return switch (field.type()) {
            case 'i', 'd', 'x' -> NODES.numberNode(0);
            case 'b' -> NODES.booleanNode(false);
            case 'q' -> NODES.textNode("0");
            case 's', 'y' -> NODES.textNode("");
            case 'e' -> NODES.arrayNode();
            case '@' -> NODES.objectNode();
            default -> NODES.nullNode();
        };
    }

    private static boolean isZero(JsonNode value) {
        return (value.isTextual() && value.asText().isEmpty())
                || (value.isNumber() && value.asDouble() == 0)
                || (value.isBoolean() && !value.asBoolean())
                || (value.isContainerNode() && value.isEmpty());
    }
}

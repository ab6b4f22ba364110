package io.beemesh.apiserver.schema;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.beemesh.machine.object.Quantity;
import io.beemesh.machine.object.SyntaxException;
import java.io.IOException;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;

/** Reads values that are neither objects nor lists, checked and in canonical form. */
final class Scalars {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final DateTimeFormatter MICROS = DateTimeFormatter
            .ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter SECONDS = DateTimeFormatter
            .ofPattern("yyyy-MM-dd'T'HH:mm:ss'Z'").withZone(ZoneOffset.UTC);

    private Scalars() {}

    /** @param where struct and fields, as Go names them in errors */
    static JsonNode read(JsonParser parser, JsonToken token, Schema schema, String where)
            throws DecodingException, IOException {
        return switch (schema.type()) {
            case STRING -> string(parser, token, schema, where);
            case INTEGER -> integer(parser, token, schema, where);
            case NUMBER -> {
                if (!token.isNumeric()) {
                    throw wrongType(kind(token), where, schema);
                }
                yield any(parser, token);
            }
            case BOOLEAN -> {
                if (!token.isBoolean()) {
                    throw wrongType(kind(token), where, schema);
                }
                yield NODES.booleanNode(token == JsonToken.VALUE_TRUE);
            }
            case INT_OR_STRING -> intOrString(parser, token);
            case OBJECT, MAP, LIST, ANY -> throw new IllegalStateException("no scalar: " + where);
        };
    }

    private static JsonNode string(JsonParser parser, JsonToken token, Schema schema, String where)
            throws DecodingException, IOException {
        boolean quantity = schema.format().equals("quantity");
        if (quantity && token.isNumeric()) {
            return NODES.textNode(quantity(parser.getText()));
        }
        if (token != JsonToken.VALUE_STRING) {
            if (quantity || !schema.format().isEmpty()) {
                throw new DecodingException("json: cannot unmarshal " + kind(token)
                        + " into Go value of type string");
            }
            throw wrongType(kind(token), where, schema);
        }
        String text = parser.getText();
        return switch (schema.format()) {
            case "quantity" -> NODES.textNode(quantity(text));
            case "date-time" -> text.isEmpty()
                    ? NODES.textNode("")
                    : NODES.textNode(seconds(time(text)));
            case "micro-time" -> NODES.textNode(micros(time(text)));
            case "byte" -> {
                checkBase64(text);
                yield NODES.textNode(text);
            }
            default -> NODES.textNode(text);
        };
    }

    /** As Kubernetes writes a Time. */
    static String seconds(Instant time) {
        return SECONDS.format(time);
    }

    /** As Kubernetes writes a MicroTime. */
    static String micros(Instant time) {
        return MICROS.format(time);
    }

    private static String quantity(String text) throws DecodingException {
        try {
            return Quantity.parse(text).toString();
        } catch (SyntaxException e) {
            throw new DecodingException(String.valueOf(e.getMessage()));
        }
    }

    private static Instant time(String text) throws DecodingException {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException _) {
            throw new DecodingException("parsing time \"" + text
                    + "\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"" + text
                    + "\" as \"2006\"");
        }
    }

    private static void checkBase64(String text) throws DecodingException {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean legal = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
                    || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '='
                    || c == '\n' || c == '\r';
            if (!legal) {
                throw new DecodingException("illegal base64 data at input byte " + i);
            }
        }
        try {
            byte[] ignored = Base64.getMimeDecoder().decode(text);
            assert ignored.length <= text.length();
        } catch (IllegalArgumentException _) {
            throw new DecodingException(
                    "illegal base64 data at input byte " + Math.max(0, text.length() - 1));
        }
    }

    private static JsonNode integer(JsonParser parser, JsonToken token, Schema schema,
            String where) throws DecodingException, IOException {
        if (!token.isNumeric()) {
            throw wrongType(kind(token), where, schema);
        }
        if (token == JsonToken.VALUE_NUMBER_INT) {
            BigInteger value = parser.getBigIntegerValue();
            int bits = schema.format().equals("int32") ? 31 : 63;
            if (value.bitLength() <= bits) {
                return number(value.longValue());
            }
        }
        throw wrongType("number " + parser.getText(), where, schema);
    }

    private static JsonNode intOrString(JsonParser parser, JsonToken token)
            throws DecodingException, IOException {
        if (token == JsonToken.VALUE_STRING) {
            return NODES.textNode(parser.getText());
        }
        if (token == JsonToken.VALUE_NUMBER_INT && parser.getBigIntegerValue().bitLength() < 32) {
            return NODES.numberNode(parser.getIntValue());
        }
        throw new DecodingException("json: cannot unmarshal "
                + (token.isNumeric() ? "number " + parser.getText() : kind(token))
                + " into Go value of type int32");
    }

    /** A value of no known type. */
    static JsonNode any(JsonParser parser, JsonToken token) throws IOException {
        return switch (token) {
            case VALUE_STRING -> NODES.textNode(parser.getText());
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NUMBER_INT -> {
                BigInteger value = parser.getBigIntegerValue();
                yield value.bitLength() < 64
                        ? number(value.longValue())
                        : NODES.numberNode(value);
            }
            case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDecimalValue());
            default -> NODES.nullNode();
        };
    }

    /** What Go's zero value of an element is in JSON. */
    static JsonNode zero(Schema schema) {
        return switch (schema.type()) {
            case OBJECT, MAP -> NODES.objectNode();
            case LIST -> NODES.arrayNode();
            case INTEGER, NUMBER -> NODES.numberNode(0);
            case BOOLEAN -> NODES.booleanNode(false);
            case STRING -> NODES.textNode(schema.format().equals("quantity") ? "0" : "");
            case INT_OR_STRING -> NODES.numberNode(0);
            case ANY -> NODES.nullNode();
        };
    }

    // Trees read elsewhere hold small numbers as ints: equality of nodes depends on it.
    static JsonNode number(long value) {
        return value == (int) value ? NODES.numberNode((int) value) : NODES.numberNode(value);
    }

    static DecodingException wrongType(String actual, String where, Schema schema) {
        return new DecodingException("json: cannot unmarshal " + actual + " into Go struct field "
                + where + " of type " + goType(schema));
    }

    /** As Go's JSON decoder calls a value. */
    static String kind(JsonToken token) {
        return switch (token) {
            case START_OBJECT -> "object";
            case START_ARRAY -> "array";
            case VALUE_STRING -> "string";
            case VALUE_TRUE, VALUE_FALSE -> "bool";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "number";
            default -> "null";
        };
    }

    static String goType(Schema schema) {
        return switch (schema.type()) {
            case STRING -> switch (schema.format()) {
                case "quantity" -> "resource.Quantity";
                case "date-time" -> "v1.Time";
                case "micro-time" -> "v1.MicroTime";
                case "byte" -> "[]uint8";
                default -> "string";
            };
            case INTEGER -> schema.format().isEmpty() ? "int64" : schema.format();
            case NUMBER -> "float64";
            case BOOLEAN -> "bool";
            case INT_OR_STRING -> "intstr.IntOrString";
            case ANY -> "interface {}";
            case LIST -> "[]" + goType(schema.items().orElseThrow());
            case MAP -> {
                String items = goType(schema.items().orElseThrow());
                yield items.equals("resource.Quantity")
                        ? "v1.ResourceList"
                        : "map[string]" + items;
            }
            case OBJECT -> schema.name().substring(schema.name().indexOf('.') + 1);
        };
    }
}

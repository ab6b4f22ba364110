package io.beemesh.apiserver.schema;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Reads Kubernetes' Protobuf bodies as JSON trees: four magic bytes, then {@code runtime.Unknown} with
 * the kind's message in it. Thread-safe; messages' tables are read at their first use.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding">Protobuf
 *     encoding</a>
 */
public final class ProtobufBodies {
    private static final byte[] MAGIC = {'k', '8', 's', 0};
    private final Map<String, String> lines = new HashMap<>();
    private final Map<String, Map<Integer, ProtobufField>> messages = new ConcurrentHashMap<>();

    private ProtobufBodies(List<String> lines) {
        for (String line : lines) {
            int tab = line.indexOf('\t');
            this.lines.put(tab < 0 ? line : line.substring(0, tab), line);
        }
    }

    /** Reads the index of the messages that come with this program. */
    public static ProtobufBodies load() {
        return new ProtobufBodies(Schemas.resourceLines("protobuf.txt"));
    }

    /**
     * The object in {@code body}, whose length the caller has bounded, with its apiVersion and kind.
     * Unknown fields are passed over.
     *
     * @throws DecodingException if it is malformed, nested deeper than 100, or of no known kind
     */
    public ObjectNode decode(byte[] body) throws DecodingException {
        return decode(body, "", "");
    }

    /** As {@link #decode(byte[])}; a body that does not name its kind is taken to be of this one. */
    public ObjectNode decode(byte[] body, String defaultApiVersion, String defaultKind)
            throws DecodingException {
        if (body.length < MAGIC.length
                || !Arrays.equals(MAGIC, 0, MAGIC.length, body, 0, MAGIC.length)) {
            throw new DecodingException(
                    "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
        }
        WireReader unknown = new WireReader(body, MAGIC.length, body.length);
        ObjectNode object = Json.object();
        object.put("kind", defaultKind);
        object.put("apiVersion", defaultApiVersion);
        WireReader raw = new WireReader(body, 0, 0);
        while (unknown.hasMore()) {
            int tag = (int) unknown.varint();
            switch (tag) {
                case WireReader.FIRST_BYTES -> typeMeta(unknown.message(), object);
                case WireReader.SECOND_BYTES -> raw = unknown.message();
                default -> unknown.skip(tag & 7);
            }
        }
        new ProtobufDecoder(this).fields(raw,
                find(object.path("apiVersion").asText(), object.path("kind").asText()), object, 0);
        return object;
    }

    private static void typeMeta(WireReader in, ObjectNode object) throws DecodingException {
        while (in.hasMore()) {
            int tag = (int) in.varint();
            switch (tag) {
                case WireReader.FIRST_BYTES -> put(object, "apiVersion", in.text());
                case WireReader.SECOND_BYTES -> put(object, "kind", in.text());
                default -> in.skip(tag & 7);
            }
        }
    }

    private static void put(ObjectNode object, String field, String text) {
        if (!text.isEmpty()) {
            object.put(field, text);
        }
    }

    /** The fields of a message by number. */
    Map<Integer, ProtobufField> message(String name) {
        Map<Integer, ProtobufField> known = messages.get(name);
        if (known != null) {
            return known;
        }
        Map<Integer, ProtobufField> fields = new HashMap<>();
        cells(name).forEach(cell -> {
            ProtobufField field = ProtobufField.parse(cell);
            fields.put(field.number(), field);
        });
        messages.put(name, fields);
        return fields;
    }

    /** The names of all messages. */
    List<String> names() {
        return lines.keySet().stream().sorted().toList();
    }

    private List<String> cells(String name) {
        String line = Optional.ofNullable(lines.get(name))
                .orElseThrow(() -> new IllegalStateException("no message is called " + name));
        List<String> cells = new ArrayList<>(Arrays.asList(line.split("\t", -1)));
        return cells.subList(1, cells.size());
    }

    private Map<Integer, ProtobufField> find(String apiVersion, String kind)
            throws DecodingException {
        int slash = apiVersion.indexOf('/');
        String group = slash < 0 ? "core" : apiVersion.substring(0, slash);
        int dot = group.indexOf('.');
        String name = (dot < 0 ? group : group.substring(0, dot)) + "."
                + apiVersion.substring(slash + 1) + "." + kind;
        // Of any group: each has registered them as its own.
        if (kind.equals("DeleteOptions")) {
            name = "meta.v1.DeleteOptions";
        }
        if (!lines.containsKey(name)) {
            throw new DecodingException(
                    "no kind \"" + kind + "\" is registered for version \"" + apiVersion + "\"");
        }
        return message(name);
    }
}

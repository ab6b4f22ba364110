package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.OutputFormat;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.registry.StoredObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Makes answers of objects; JSON is copied as it is stored, everything else costs parsing. */
final class Rendering {
    private static final byte[] NEWLINE = {'\n'};
    private static final byte[] COMMA = {','};
    private static final byte[] LIST_END = "]}\n".getBytes(StandardCharsets.US_ASCII);

    private Rendering() {}

    /**
     * What a list says beside its items.
     *
     * @param remaining negative if not told
     */
    record ListMeta(long version, String continueText, long remaining) {
        ObjectNode toJson() {
            ObjectNode metadata = Json.object();
            metadata.put("resourceVersion", Long.toString(version));
            if (!continueText.isEmpty()) {
                metadata.put("continue", continueText);
            }
            if (remaining >= 0) {
                metadata.put("remainingItemCount", remaining);
            }
            return metadata;
        }
    }

    /** One object, which has {@code json} as its canonical form. */
    static ApiResponse object(Call call, int code, byte[] json, Instant now) {
        return switch (call.output().shape()) {
            case OBJECT -> call.output().yaml()
                    ? tree(call, code, Json.parseOwn(json))
                    : whole(call, code, List.of(json, NEWLINE));
            case TABLE -> table(call, code, ApiObject.parse(json), Tables.of(call.request(),
                    call.resource().columns(), now));
            case PARTIAL_METADATA -> tree(call, code, Tables.partial(ApiObject.parse(json)));
        };
    }

    /** One object as the row of a table. */
    static ApiResponse table(Call call, int code, ApiObject object, Tables tables) {
        ObjectNode table = tables.table(true);
        table.withObjectProperty("metadata").set("resourceVersion",
                object.metadata().path("resourceVersion"));
        tables.addRow(table, object);
        return tree(call, code, table);
    }

    /** A tree that is what was asked for already, such as a Status. */
    static ApiResponse tree(Call call, int code, JsonNode tree) {
        byte[] bytes = call.output().yaml() ? Yaml.write(tree) : Json.write(tree);
        return whole(call, code,
                call.output().yaml() ? List.of(bytes) : List.of(bytes, NEWLINE));
    }

    /** A list. */
    static ApiResponse list(Call call, List<StoredObject> objects, ListMeta meta, Instant now) {
        OutputFormat output = call.output();
        if (output.shape() == OutputFormat.Shape.TABLE) {
            Tables tables = Tables.of(call.request(), call.resource().columns(), now);
            ObjectNode table = tables.table(true);
            table.set("metadata", meta.toJson());
            objects.forEach(o -> tables.addRow(table, o.object()));
            return tree(call, 200, table);
        }
        boolean partial = output.shape() == OutputFormat.Shape.PARTIAL_METADATA;
        ObjectNode list = Json.object();
        list.put("kind", partial ? "PartialObjectMetadataList" : call.resource().listKind());
        list.put("apiVersion", partial ? "meta.k8s.io/v1" : call.resource().apiVersion());
        list.set("metadata", meta.toJson());
        if (partial || output.yaml()) {
            ArrayNode items = list.putArray("items");
            objects.forEach(o -> items
                    .add(partial ? Tables.partial(o.object()) : o.object().tree()));
            return tree(call, 200, list);
        }
        return whole(call, 200, copied(list, objects));
    }

    /** Stored bytes between a list's head and end. */
    private static List<byte[]> copied(ObjectNode list, List<StoredObject> objects) {
        String head = new String(Json.write(list), StandardCharsets.UTF_8);
        List<byte[]> pieces = new ArrayList<>(objects.size() * 2 + 2);
        pieces.add((head.substring(0, head.length() - 1) + ",\"items\":[")
                .getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < objects.size(); i++) {
            if (i > 0) {
                pieces.add(COMMA);
            }
            pieces.add(objects.get(i).json());
        }
        pieces.add(LIST_END);
        return pieces;
    }

    private static ApiResponse whole(Call call, int code, List<byte[]> body) {
        return new ApiResponse.Whole(code, call.output().contentType(), call.headers(), body);
    }
}

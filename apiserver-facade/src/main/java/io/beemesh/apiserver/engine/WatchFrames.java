package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.request.ApiStatus;
import io.beemesh.apiserver.request.OutputFormat.Shape;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.registry.StoredObject;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Encodes the events of one watch; JSON objects are copied as they are stored. */
final class WatchFrames {
    private static final byte[] END = "}\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] VERSION_FIELD = "\"resourceVersion\":\""
            .getBytes(StandardCharsets.US_ASCII);

    private final Call call;
    private final Loop loop;
    private boolean columnsSent;

    WatchFrames(Call call, Loop loop) {
        this.call = call;
        this.loop = loop;
        if (call.output().shape() == Shape.TABLE) {
            // Refuses a wrong includeObject before the stream begins.
            Tables.of(call.request(), call.resource().columns(), loop.wallTime());
        }
    }

    /** One event with an object as stored. */
    List<byte[]> event(String type, StoredObject object) {
        return event(type, object.json());
    }

    /** A DELETED for an object that is no longer selected: as it last was, at its new version. */
    List<byte[]> unselected(StoredObject previous, long version) {
        return event("DELETED", withVersion(previous.json(), version));
    }

    List<byte[]> bookmark(long version, boolean endsInitialEvents) {
        ObjectNode object = Json.object();
        object.put("kind", call.resource().kind());
        object.put("apiVersion", call.resource().apiVersion());
        ObjectNode metadata = object.putObject("metadata");
        metadata.put("resourceVersion", Long.toString(version));
        metadata.putNull("creationTimestamp");
        if (endsInitialEvents) {
            metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
        }
        return event("BOOKMARK", Json.write(object));
    }

    List<byte[]> error(ApiStatus status) {
        return List.of(head("ERROR"), Json.write(status.toJson()), END);
    }

    private List<byte[]> event(String type, byte[] json) {
        byte[] body = switch (call.output().shape()) {
            case OBJECT -> json;
            case TABLE -> table(ApiObject.parse(json));
            case PARTIAL_METADATA -> Json.write(Tables.partial(ApiObject.parse(json)));
        };
        return List.of(head(type), body, END);
    }

    private byte[] table(ApiObject object) {
        Tables tables = Tables.of(call.request(), call.resource().columns(), loop.wallTime());
        ObjectNode table = tables.table(!columnsSent);
        columnsSent = true;
        table.withObjectProperty("metadata").set("resourceVersion",
                object.metadata().path("resourceVersion"));
        tables.addRow(table, object);
        return Json.write(table);
    }

    private static byte[] head(String type) {
        return ("{\"type\":\"" + type + "\",\"object\":").getBytes(StandardCharsets.US_ASCII);
    }

    /** Canonical bytes have their version before anything that a user can name. */
    static byte[] withVersion(byte[] json, long version) {
        int start = indexOf(json, VERSION_FIELD) + VERSION_FIELD.length;
        int end = start;
        while (json[end] != '"') {
            end++;
        }
        byte[] digits = Long.toString(version).getBytes(StandardCharsets.US_ASCII);
        byte[] changed = new byte[json.length - (end - start) + digits.length];
        System.arraycopy(json, 0, changed, 0, start);
        System.arraycopy(digits, 0, changed, start, digits.length);
        System.arraycopy(json, end, changed, start + digits.length, json.length - end);
        return changed;
    }

    private static int indexOf(byte[] json, byte[] field) {
        for (int i = 0; i + field.length <= json.length; i++) {
            int j = 0;
            while (j < field.length && json[i + j] == field[j]) {
                j++;
            }
            if (j == field.length) {
                return i;
            }
        }
        throw new IllegalStateException("stored object has no resourceVersion");
    }
}

package io.beemesh.machine.registry;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.ObjectKey;
import java.util.Map;

/**
 * One committed state of an object: its canonical JSON, and beside it what selectors and controllers
 * look at without parsing.
 *
 * @param uid {@code metadata.uid}
 * @param version {@code metadata.resourceVersion}, rising and unique in a slot
 * @param json canonical bytes, resourceVersion included; shared, never to be changed
 * @param labels {@code metadata.labels}
 * @param controllerUid uid of the owner with {@code controller: true}, or empty
 * @param fields values of the field selectors that this kind has, see {@link IndexedFields}; absent
 *     fields are empty strings
 */
public record StoredObject(ObjectKey key, String uid, long version, byte[] json,
        Map<String, String> labels, String controllerUid, Map<String, String> fields) {

    /** A new tree of the object, for the caller to keep. */
    public ApiObject object() {
        return ApiObject.parse(json);
    }
}

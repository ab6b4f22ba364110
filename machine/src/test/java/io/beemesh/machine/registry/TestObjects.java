package io.beemesh.machine.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import java.util.List;

/** Small objects and writes for tests. */
final class TestObjects {
    private TestObjects() {}

    static ObjectKey configMap(String namespace, String name) {
        return new ObjectKey(GroupResource.CONFIG_MAPS, namespace, name);
    }

    /** An object of any kind with one value to tell its states apart. */
    static Draft draft(ObjectKey key, String value) {
        return Draft.of(key, object(key, value));
    }

    static ApiObject object(ObjectKey key, String value) {
        ObjectNode tree = Json.object();
        tree.put("kind", "ConfigMap");
        tree.put("apiVersion", "v1");
        ObjectNode metadata = tree.putObject("metadata");
        metadata.put("name", key.name());
        metadata.put("namespace", key.namespace());
        metadata.put("uid", "uid-" + key.name());
        metadata.putObject("labels").put("app", "test");
        tree.putObject("data").put("value", value);
        return new ApiObject(tree);
    }

    static ApiObject owned(ObjectKey key, String ownerUid) {
        ApiObject object = object(key, "");
        ObjectNode owner = object.metadata().putArray("ownerReferences").addObject();
        owner.put("uid", ownerUid);
        owner.put("controller", true);
        return object;
    }

    static List<Mutation> creating(ObjectKey key, String value) {
        return List.of(new Mutation.Create(draft(key, value)));
    }

    static List<Mutation> updating(StoredObject current, String value) {
        return List.of(new Mutation.Update(draft(current.key(), value), current.version()));
    }

    static List<Mutation> deleting(StoredObject current) {
        return List
                .of(new Mutation.Delete(draft(current.key(), value(current)), current.version()));
    }

    static String value(StoredObject object) {
        return object.object().tree().path("data").path("value").asText();
    }
}

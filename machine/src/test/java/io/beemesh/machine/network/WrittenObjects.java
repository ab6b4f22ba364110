package io.beemesh.machine.network;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.machine.registry.StoredObject;
import java.util.List;
import java.util.function.Consumer;

/** Objects that a test writes into a registry as JSON with single quotes. */
record WrittenObjects(SimulatedRegistry home) {
    void create(GroupResource type, String json) {
        ApiObject object = ApiObject.parse(json.replace('\'', '"').getBytes(UTF_8));
        object.metadata().put("uid", "uid-of-" + object.name());
        home.await(() -> home.registry()
                .write(List.of(new Mutation.Create(Draft.of(key(type, object), object)))));
    }

    void edit(GroupResource type, String namespace, String name, Consumer<ApiObject> change) {
        StoredObject stored = home.registry().get(new ObjectKey(type, namespace, name))
                .orElseThrow();
        ApiObject object = stored.object();
        change.accept(object);
        home.await(() -> home.registry().write(List.of(
                new Mutation.Update(Draft.of(stored.key(), object), stored.version()))));
    }

    void delete(GroupResource type, String namespace, String name) {
        StoredObject stored = home.registry().get(new ObjectKey(type, namespace, name))
                .orElseThrow();
        home.await(() -> home.registry()
                .write(List.of(new Mutation.Delete(Draft.of(stored.key(), stored.object()),
                        stored.version()))));
    }

    private static ObjectKey key(GroupResource type, ApiObject object) {
        return new ObjectKey(type, object.namespace(), object.name());
    }
}

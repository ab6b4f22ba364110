package io.beemesh.machine.disk;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.NodeRegistry;
import io.beemesh.machine.registry.RegistryConfig;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A registry on a real disk, with numbers as its objects' content. */
public final class DiskRegistry implements AutoCloseable {
    private static final int SECONDS_MAX = 60;

    private final NettyLoop loop = new NettyLoop("registry");
    private final MvStoreStorage storage;
    private final NodeRegistry registry;

    public DiskRegistry(Path directory, RegistryConfig config) throws IOException {
        storage = MvStoreStorage.open(directory, loop, false);
        try {
            registry = NodeRegistry.open(loop, SimulatedRegistry.peer(1), storage, config);
            await(registry.start());
        } catch (IOException e) {
            kill();
            throw e;
        }
    }

    public NodeRegistry registry() {
        return registry;
    }

    MvStoreStorage storage() {
        return storage;
    }

    public static ObjectKey key(String name) {
        return new ObjectKey(GroupResource.CONFIG_MAPS, "ns-" + name.charAt(0), name);
    }

    /** Makes the object {@code name} say {@code number}. */
    public CompletableFuture<WriteResult> put(String name, long number) {
        ObjectKey key = key(name);
        ObjectNode tree = Json.object();
        tree.putObject("metadata").put("name", name).put("uid", name);
        tree.put("number", number);
        tree.put("padding", "x".repeat(500));
        Draft draft = Draft.of(key, new ApiObject(tree));
        Optional<StoredObject> current = registry.get(key);
        return registry.write(List.of(current.isPresent()
                ? new Mutation.Update(draft, current.get().version())
                : new Mutation.Create(draft)));
    }

    public CompletableFuture<WriteResult> delete(String name) {
        StoredObject current = registry.get(key(name)).orElseThrow();
        return registry.write(List.of(new Mutation.Delete(
                Draft.of(current.key(), current.object()), current.version())));
    }

    /** What the object {@code name} says; -1 if there is none. */
    public long number(String name) {
        return registry.get(key(name)).map(o -> o.object().tree().path("number").asLong())
                .orElse(-1L);
    }

    static <T> T await(CompletableFuture<T> future) {
        return future.orTimeout(SECONDS_MAX, TimeUnit.SECONDS).join();
    }

    /** Ends in order. */
    @Override
    public void close() throws IOException {
        await(registry.stop());
        storage.close();
        loop.close();
    }

    /** Ends without a checkpoint, with the log as it is. */
    void kill() throws IOException {
        storage.close();
        loop.close();
    }
}

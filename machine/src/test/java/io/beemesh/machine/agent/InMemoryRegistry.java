package io.beemesh.machine.agent;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.registry.WriteResult;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A registry of one map, with the order of events that the agent relies on; writes take 5 ms. */
final class InMemoryRegistry implements Registry {
    private static final Duration WRITE = Duration.ofMillis(5);

    private final Loop loop;
    private final TreeMap<ObjectKey, StoredObject> objects = new TreeMap<>();
    private final List<WatchListener> followers = new ArrayList<>();
    private long version = 1;
    private boolean unavailable;

    InMemoryRegistry(Loop loop) {
        this.loop = loop;
    }

    /** Refuses writes from now on, or no longer. */
    void unavailable(boolean now) {
        unavailable = now;
    }

    /** Creates or replaces an object as a client would, at once. */
    void put(GroupResource type, ApiObject object) {
        ObjectKey key = new ObjectKey(type, object.namespace(), object.name());
        commit(objects.containsKey(key) ? Change.Kind.MODIFIED : Change.Kind.ADDED,
                Draft.of(key, object));
    }

    /** Changes an object as a client would, at once. */
    void edit(ObjectKey key, Consumer<ApiObject> how) {
        ApiObject object = get(key).orElseThrow().object();
        how.accept(object);
        commit(Change.Kind.MODIFIED, Draft.of(key, object));
    }

    /** Deletes an object as a client does with a grace period of zero. */
    void remove(ObjectKey key) {
        commit(Change.Kind.DELETED, Draft.of(key, get(key).orElseThrow().object()));
    }

    private StoredObject commit(Change.Kind kind, Draft draft) {
        ObjectKey key = draft.key();
        StoredObject before = objects.get(key);
        version++;
        String text = new String(draft.head(), StandardCharsets.UTF_8) + version
                + new String(draft.tail(), StandardCharsets.UTF_8);
        StoredObject stored = new StoredObject(key, draft.uid(), version,
                text.getBytes(StandardCharsets.UTF_8), draft.labels(), draft.controllerUid(),
                draft.fields());
        Json.parseOwn(stored.json());
        if (kind == Change.Kind.DELETED) {
            objects.remove(key);
        } else {
            objects.put(key, stored);
        }
        Change change = new Change(kind, stored, Optional.ofNullable(before));
        followers.forEach(follower -> follower.onChanges(List.of(change)));
        return stored;
    }

    @Override
    public Optional<StoredObject> get(ObjectKey key) {
        return Optional.ofNullable(objects.get(key));
    }

    @Override
    public List<StoredObject> peek(GroupResource type, String namespace) {
        return objects.values().stream().filter(o -> o.key().type().equals(type))
                .filter(o -> namespace.isEmpty() || o.key().namespace().equals(namespace))
                .toList();
    }

    @Override
    public List<StoredObject> ownedBy(GroupResource type, String namespace, String controllerUid) {
        return peek(type, namespace).stream().filter(o -> o.controllerUid().equals(controllerUid))
                .toList();
    }

    @Override
    public CompletableFuture<Snapshot> list(GroupResource type, String namespace) {
        return CompletableFuture.completedFuture(new Snapshot(version, peek(type, namespace)));
    }

    @Override
    public CompletableFuture<Snapshot> listAt(GroupResource type, String namespace, long at) {
        return list(type, namespace);
    }

    @Override
    public CompletableFuture<Boolean> awaitVersion(long wanted, Duration limit) {
        return CompletableFuture.completedFuture(wanted <= version);
    }

    @Override
    public long version() {
        return version;
    }

    @Override
    public CompletableFuture<WriteResult> write(List<Mutation> mutations) {
        CompletableFuture<WriteResult> future = new CompletableFuture<>();
        loop.schedule(WRITE, () -> future.complete(unavailable
                ? new WriteResult.Unavailable("no quorum", Duration.ofSeconds(1), false)
                : apply(mutations.getFirst())));
        return future;
    }

    private WriteResult apply(Mutation mutation) {
        StoredObject current = objects.get(mutation.key());
        return switch (mutation) {
            case Mutation.Create create -> current != null
                    ? new WriteResult.AlreadyExists(current)
                    : committed(commit(Change.Kind.ADDED, create.draft()));
            case Mutation.Update update -> {
                if (current == null) {
                    yield new WriteResult.NotFound(mutation.key());
                }
                yield current.version() != update.expectedVersion()
                        ? new WriteResult.Conflict(current)
                        : committed(commit(Change.Kind.MODIFIED, update.draft()));
            }
            case Mutation.Delete delete -> {
                if (current == null) {
                    yield new WriteResult.NotFound(mutation.key());
                }
                yield current.version() != delete.expectedVersion()
                        ? new WriteResult.Conflict(current)
                        : committed(commit(Change.Kind.DELETED, delete.draft()));
            }
            case Mutation.Gone _ -> throw new UnsupportedOperationException();
        };
    }

    private static WriteResult committed(StoredObject object) {
        return new WriteResult.Committed(List.of(object));
    }

    @Override
    public CompletableFuture<Watch> watch(GroupResource type, String namespace, long fromVersion,
            WatchListener listener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void follow(WatchListener listener) {
        followers.add(listener);
    }

    /** Forgets who follows, as when the node is restarted. */
    void dropFollowers() {
        followers.clear();
    }
}

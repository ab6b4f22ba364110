package io.beemesh.machine.controller;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.registry.WriteResult;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** A registry without log or disk: a write is checked and committed {@link #COMMIT} after it was asked for. */
public final class InMemoryRegistry implements Registry {
    public static final Duration COMMIT = Duration.ofMillis(2);

    private final Loop loop;
    private final TreeMap<ObjectKey, StoredObject> objects = new TreeMap<>();
    private final List<WatchListener> followers = new ArrayList<>();
    private long version = 100;
    private long writes;

    public InMemoryRegistry(Loop loop) {
        this.loop = loop;
    }

    /** Committed writes so far. */
    public long writes() {
        return writes;
    }

    @Override
    public Optional<StoredObject> get(ObjectKey key) {
        return Optional.ofNullable(objects.get(key));
    }

    @Override
    public List<StoredObject> peek(GroupResource type, String namespace) {
        return objects.values().stream().filter(o -> o.key().type().equals(type))
                .filter(o -> namespace.isEmpty() || o.key().namespace().equals(namespace)).toList();
    }

    @Override
    public List<StoredObject> ownedBy(GroupResource type, String namespace,
            String controllerUid) {
        return peek(type, namespace).stream()
                .filter(o -> o.controllerUid().equals(controllerUid)).toList();
    }

    @Override
    public CompletableFuture<Snapshot> list(GroupResource type, String namespace) {
        return CompletableFuture.completedFuture(new Snapshot(version, peek(type, namespace)));
    }

    @Override
    public CompletableFuture<Snapshot> listAt(GroupResource type, String namespace,
            long atVersion) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Boolean> awaitVersion(long awaited, Duration limit) {
        return CompletableFuture.completedFuture(awaited <= version);
    }

    @Override
    public long version() {
        return version;
    }

    @Override
    public CompletableFuture<WriteResult> write(List<Mutation> mutations) {
        CompletableFuture<WriteResult> future = new CompletableFuture<>();
        loop.schedule(COMMIT, () -> future.complete(commit(mutations)));
        return future;
    }

    private WriteResult commit(List<Mutation> mutations) {
        for (Mutation mutation : mutations) {
            StoredObject current = objects.get(mutation.key());
            if (mutation instanceof Mutation.Create && current != null) {
                return new WriteResult.AlreadyExists(current);
            }
            long expected = switch (mutation) {
                case Mutation.Create _ -> -1;
                case Mutation.Update update -> update.expectedVersion();
                case Mutation.Delete delete -> delete.expectedVersion();
            };
            if (expected >= 0 && current == null) {
                return new WriteResult.NotFound(mutation.key());
            }
            if (current != null && current.version() != expected) {
                return new WriteResult.Conflict(current);
            }
        }
        writes++;
        List<Change> changes = new ArrayList<>();
        List<StoredObject> results = new ArrayList<>();
        for (Mutation mutation : mutations) {
            Change change = apply(mutation);
            changes.add(change);
            results.add(change.object());
        }
        List.copyOf(followers).forEach(f -> f.onChanges(changes));
        return new WriteResult.Committed(results);
    }

    private Change apply(Mutation mutation) {
        version++;
        Optional<StoredObject> previous = get(mutation.key());
        return switch (mutation) {
            case Mutation.Create(Draft draft) -> put(Change.Kind.ADDED, draft, previous);
            case Mutation.Update(Draft draft, long _) -> put(Change.Kind.MODIFIED, draft,
                    previous);
            case Mutation.Delete(Draft draft, long _) -> {
                objects.remove(mutation.key());
                yield new Change(Change.Kind.DELETED, stored(draft), previous);
            }
        };
    }

    private Change put(Change.Kind kind, Draft draft, Optional<StoredObject> previous) {
        StoredObject object = stored(draft);
        objects.put(draft.key(), object);
        return new Change(kind, object, previous);
    }

    private StoredObject stored(Draft draft) {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        json.writeBytes(draft.head());
        json.writeBytes(Long.toString(version).getBytes(StandardCharsets.US_ASCII));
        json.writeBytes(draft.tail());
        return new StoredObject(draft.key(), draft.uid(), version, json.toByteArray(),
                draft.labels(), draft.controllerUid(), draft.fields());
    }

    @Override
    public CompletableFuture<Watch> watch(GroupResource type, String namespace,
            long fromVersion, WatchListener listener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void follow(WatchListener listener) {
        followers.add(listener);
    }
}

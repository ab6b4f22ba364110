package io.beemesh.apiserver.engine;

import io.beemesh.apiserver.resource.EventView;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.ForwardingRegistry;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.registry.WriteResult;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The registry in which kept Events are found under events.k8s.io too, as that group shows them.
 * Everything else goes through. As the registry's own methods.
 */
public final class EventViews extends ForwardingRegistry {
    public EventViews(Registry registry) {
        super(registry);
    }

    @Override
    public Optional<StoredObject> get(ObjectKey key) {
        return isView(key.type())
                ? super.get(stored(key)).map(EventViews::shown)
                : super.get(key);
    }

    @Override
    public CompletableFuture<Snapshot> list(GroupResource type, String namespace) {
        return isView(type)
                ? super.list(GroupResource.EVENTS, namespace).thenApply(EventViews::shown)
                : super.list(type, namespace);
    }

    @Override
    public CompletableFuture<Snapshot> listAt(GroupResource type, String namespace,
            long version) {
        return isView(type)
                ? super.listAt(GroupResource.EVENTS, namespace, version)
                        .thenApply(EventViews::shown)
                : super.listAt(type, namespace, version);
    }

    @Override
    public CompletableFuture<WriteResult> write(List<Mutation> mutations) {
        return mutations.stream().anyMatch(m -> isView(m.key().type()))
                ? super.write(mutations.stream().map(EventViews::stored).toList())
                        .thenApply(EventViews::shown)
                : super.write(mutations);
    }

    @Override
    public CompletableFuture<Watch> watch(GroupResource type, String namespace, long fromVersion,
            WatchListener listener) {
        return isView(type)
                ? super.watch(GroupResource.EVENTS, namespace, fromVersion,
                        new Showing(listener))
                : super.watch(type, namespace, fromVersion, listener);
    }

    private record Showing(WatchListener to) implements WatchListener {
        @Override
        public void onChanges(List<Change> changes) {
            to.onChanges(changes.stream().map(c -> new Change(c.kind(), shown(c.object()),
                    c.previous().map(EventViews::shown))).toList());
        }

        @Override
        public void onProgress(long version) {
            to.onProgress(version);
        }

        @Override
        public void onClosed(String reason) {
            to.onClosed(reason);
        }
    }

    private static boolean isView(GroupResource type) {
        return type.equals(EventView.TYPE);
    }

    private static ObjectKey stored(ObjectKey key) {
        return new ObjectKey(GroupResource.EVENTS, key.namespace(), key.name());
    }

    private static Mutation stored(Mutation mutation) {
        if (!isView(mutation.key().type())) {
            return mutation;
        }
        return switch (mutation) {
            case Mutation.Create create -> new Mutation.Create(stored(create.draft()));
            case Mutation.Update update -> new Mutation.Update(stored(update.draft()),
                    update.expectedVersion());
            case Mutation.Delete delete -> new Mutation.Delete(stored(delete.draft()),
                    delete.expectedVersion());
            case Mutation.Gone gone -> new Mutation.Gone(stored(gone.draft()));
        };
    }

    private static Draft stored(Draft draft) {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        json.writeBytes(draft.head());
        json.write('0');
        json.writeBytes(draft.tail());
        return Draft.of(stored(draft.key()),
                EventView.toCore(ApiObject.parse(json.toByteArray())));
    }

    private static StoredObject shown(StoredObject stored) {
        if (!stored.key().type().equals(GroupResource.EVENTS)) {
            return stored;
        }
        ObjectKey key = new ObjectKey(EventView.TYPE, stored.key().namespace(),
                stored.key().name());
        return new StoredObject(key, stored.uid(), stored.version(),
                Json.write(EventView.fromCore(stored.object()).tree()), stored.labels(),
                stored.controllerUid(), EventView.fieldsFromCore(stored.fields()));
    }

    private static Snapshot shown(Snapshot snapshot) {
        return new Snapshot(snapshot.version(),
                snapshot.objects().stream().map(EventViews::shown).toList());
    }

    private static WriteResult shown(WriteResult result) {
        return switch (result) {
            case WriteResult.Committed committed -> new WriteResult.Committed(
                    committed.objects().stream().map(EventViews::shown).toList());
            case WriteResult.AlreadyExists exists -> new WriteResult.AlreadyExists(
                    shown(exists.existing()));
            case WriteResult.Conflict conflict -> new WriteResult.Conflict(
                    shown(conflict.current()));
            case WriteResult.NotFound missing -> missing;
            case WriteResult.Full full -> full;
            case WriteResult.NeedsMajority never -> never;
            case WriteResult.Unavailable unavailable -> unavailable;
        };
    }
}

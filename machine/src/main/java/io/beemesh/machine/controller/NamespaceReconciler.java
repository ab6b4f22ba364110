package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Gives every namespace its default ServiceAccount and the certificate authority, and empties one that
 * is being deleted: pods first, then all else, then the namespace itself.
 */
final class NamespaceReconciler implements Reconciler {
    static final String COMPONENT = "namespace-controller";
    static final String FINALIZER = "kubernetes";
    private static final String DEFAULT_ACCOUNT = "default";
    private static final String ROOT_CA = "kube-root-ca.crt";
    private static final String ROOT_CA_DESCRIPTION = "Contains a CA bundle that can be used to "
            + "verify the kube-apiserver when using internal endpoints such as the internal "
            + "service IP or kubernetes.default.svc. No other usage is guaranteed across "
            + "distributions of Kubernetes clusters.";

    private final Store store;
    private final NamespaceContents contents;
    private final String authorityPem;

    NamespaceReconciler(Store store, Kinds kinds, String authorityPem) {
        this.store = store;
        this.contents = new NamespaceContents(store, kinds);
        this.authorityPem = authorityPem;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.NAMESPACES, "").forEach(n -> enqueue.accept(n.key()));
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        ObjectKey key = change.object().key();
        if (key.type().equals(GroupResource.NAMESPACES)) {
            enqueue.accept(key);
        } else if (!key.namespace().isEmpty() && (isGiven(key) || isEmptied(change))) {
            enqueue.accept(ObjectKey.cluster(GroupResource.NAMESPACES, key.namespace()));
        }
    }

    private static boolean isGiven(ObjectKey key) {
        return (key.type().equals(GroupResource.SERVICE_ACCOUNTS)
                && key.name().equals(DEFAULT_ACCOUNT))
                || (key.type().equals(GroupResource.CONFIG_MAPS) && key.name().equals(ROOT_CA));
    }

    private boolean isEmptied(Change change) {
        return change.kind() == Change.Kind.DELETED && store
                .get(ObjectKey.cluster(GroupResource.NAMESPACES,
                        change.object().key().namespace()))
                .map(n -> "Terminating".equals(n.fields().get("status.phase"))).orElse(false);
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Optional<StoredObject> stored = store.get(key);
        if (stored.isEmpty()) {
            return Reconciler.done();
        }
        Batch batch = store.batch(COMPONENT);
        ApiObject namespace = batch.edit(stored.get());
        if (!namespace.isDeleting()) {
            return give(batch, namespace.name());
        }
        return end(batch, stored.get(), namespace);
    }

    private CompletableFuture<Outcome> give(Batch batch, String namespace) {
        try {
            if (store.get(new ObjectKey(GroupResource.SERVICE_ACCOUNTS, namespace,
                    DEFAULT_ACCOUNT)).isEmpty()) {
                batch.create(GroupResource.SERVICE_ACCOUNTS,
                        object("ServiceAccount", namespace, DEFAULT_ACCOUNT));
            }
            Optional<StoredObject> given = store
                    .get(new ObjectKey(GroupResource.CONFIG_MAPS, namespace, ROOT_CA));
            if (given.isEmpty()) {
                ApiObject map = object("ConfigMap", namespace, ROOT_CA);
                map.metadata().putObject("annotations").put("kubernetes.io/description",
                        ROOT_CA_DESCRIPTION);
                map.tree().putObject("data").put("ca.crt", authorityPem);
                batch.create(GroupResource.CONFIG_MAPS, map);
            } else {
                ObjectNode data = Json.object().put("ca.crt", authorityPem);
                ApiObject map = batch.edit(given.get());
                if (!map.tree().path("data").equals(data)) {
                    map.tree().set("data", data);
                    map.tree().remove("binaryData");
                }
            }
        } catch (RejectedException e) {
            return CompletableFuture.completedFuture(
                    new Outcome.Retry(String.valueOf(e.getMessage())));
        }
        return batch.commit(new Outcome.Done());
    }

    private static ApiObject object(String kind, String namespace, String name) {
        ObjectNode tree = Json.object();
        tree.put("kind", kind);
        tree.put("apiVersion", "v1");
        tree.putObject("metadata").put("name", name).put("namespace", namespace);
        return new ApiObject(tree);
    }

    /** Deletes a part of what is left; the deletions themselves ask for the next step. */
    private CompletableFuture<Outcome> end(Batch batch, StoredObject stored,
            ApiObject namespace) {
        namespace.status().put("phase", "Terminating");
        boolean more = contents.delete(batch, namespace);
        if (!contents.isEmpty(namespace.name())) {
            return batch.commit(more ? new Outcome.After(Duration.ZERO) : new Outcome.Done());
        }
        removeFinalizer(namespace);
        boolean held = !namespace.spec().path("finalizers").isEmpty()
                || !namespace.metadata().path("finalizers").isEmpty();
        if (!held) {
            batch.delete(stored, GracefulDeletion.Options.DEFAULT);
        }
        return batch.commit(new Outcome.Done());
    }

    private static void removeFinalizer(ApiObject namespace) {
        var finalizers = namespace.spec().withArrayProperty("finalizers");
        for (int i = finalizers.size() - 1; i >= 0; i--) {
            JsonNode finalizer = finalizers.get(i);
            if (finalizer.asText("").equals(FINALIZER)) {
                finalizers.remove(i);
            }
        }
        if (finalizers.isEmpty()) {
            namespace.spec().remove("finalizers");
        }
    }
}

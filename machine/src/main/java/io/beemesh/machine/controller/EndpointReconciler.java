package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.StoredObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Says for each Service where its pods are: in EndpointSlices and, for older clients, in an Endpoints
 * object. Of a Service without selector the Endpoints are the user's, and mirrored into slices.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/">EndpointSlices</a>
 */
final class EndpointReconciler implements Reconciler {
    static final String SERVICE_LABEL = "kubernetes.io/service-name";
    private static final String HEADLESS_LABEL = "service.kubernetes.io/headless";
    private static final String SKIP_MIRROR_LABEL = "endpointslice.kubernetes.io/skip-mirror";

    private final Store store;
    /** What each Service selects; as many entries as there are Services. */
    private final Map<ObjectKey, LabelSelector> selectors = new TreeMap<>();

    EndpointReconciler(Store store) {
        this.store = store;
    }

    @Override
    public void start(Consumer<ObjectKey> enqueue) {
        store.list(GroupResource.SERVICES, "").forEach(service -> {
            remember(service);
            enqueue.accept(service.key());
        });
    }

    private void remember(StoredObject service) {
        Map<String, String> labels = ApiObject
                .strings(service.object().tree().path("spec").path("selector"));
        selectors.put(service.key(), labels.isEmpty()
                ? LabelSelector.nothing()
                : LabelSelector.ofLabels(labels));
    }

    @Override
    public void route(Change change, Consumer<ObjectKey> enqueue) {
        ObjectKey key = change.object().key();
        if (key.type().equals(GroupResource.SERVICES)) {
            if (change.kind() == Change.Kind.DELETED) {
                selectors.remove(key);
            } else {
                remember(change.object());
            }
            enqueue.accept(key);
        } else if (key.type().equals(GroupResource.ENDPOINTS)) {
            enqueue.accept(service(key.namespace(), key.name()));
        } else if (key.type().equals(GroupResource.ENDPOINT_SLICES)) {
            Optional.ofNullable(change.object().labels().get(SERVICE_LABEL))
                    .ifPresent(name -> enqueue.accept(service(key.namespace(), name)));
        } else if (key.type().equals(GroupResource.PODS)) {
            selectors.forEach((service, selector) -> {
                if (service.namespace().equals(key.namespace())
                        && (selector.matches(change.object().labels()) || change.previous()
                                .map(p -> selector.matches(p.labels())).orElse(false))) {
                    enqueue.accept(service);
                }
            });
        }
    }

    private static ObjectKey service(String namespace, String name) {
        return new ObjectKey(GroupResource.SERVICES, namespace, name);
    }

    private static ObjectKey endpoints(ObjectKey service) {
        return new ObjectKey(GroupResource.ENDPOINTS, service.namespace(), service.name());
    }

    @Override
    public CompletableFuture<Outcome> reconcile(ObjectKey key) {
        Batch batch = store.batch("endpoint-controller");
        Optional<StoredObject> stored = store.get(key);
        EndpointSlices slices = new EndpointSlices(store, batch, key);
        try {
            if (stored.isEmpty()) {
                slices.deleteAll();
                store.get(endpoints(key)).ifPresent(
                        e -> batch.delete(e, GracefulDeletion.Options.DEFAULT));
            } else if (!stored.get().object().isDeleting()) {
                ApiObject service = stored.get().object();
                if (service.spec().path("type").asText("").equals("ExternalName")) {
                    slices.deleteAll();
                } else if (service.spec().path("selector").isEmpty()) {
                    mirror(service, slices);
                } else {
                    follow(service, batch, slices);
                }
            }
        } catch (RejectedException e) {
            return CompletableFuture.completedFuture(
                    new Outcome.Retry(String.valueOf(e.getMessage())));
        }
        return batch.commit(new Outcome.Done());
    }

    private void mirror(ApiObject service, EndpointSlices slices) throws RejectedException {
        Optional<ApiObject> endpoints = store.get(endpoints(slices.service()))
                .map(StoredObject::object)
                .filter(e -> !e.labels().getOrDefault(SKIP_MIRROR_LABEL, "").equals("true"));
        if (endpoints.isEmpty()) {
            slices.deleteMirrored();
        } else {
            slices.write(service, Endpoints.mirrored(endpoints.get()),
                    EndpointSlices.MIRRORING, labels(endpoints.get(), service));
        }
    }

    private void follow(ApiObject service, Batch batch, EndpointSlices slices)
            throws RejectedException {
        LabelSelector selector = LabelSelector
                .ofLabels(ApiObject.strings(service.spec().path("selector")));
        List<ApiObject> pods = store.list(GroupResource.PODS, service.namespace()).stream()
                .filter(p -> selector.matches(p.labels())).map(StoredObject::object).toList();
        Map<String, Endpoints.Group> groups = Endpoints.groups(service, pods);
        ObjectNode labels = labels(service, service);
        slices.write(service, groups, EndpointSlices.CONTROLLER, labels);
        writeEndpoints(service, batch, labels,
                Endpoints.subsets(groups, Endpoints.publishesNotReady(service)));
    }

    private static ObjectNode labels(ApiObject from, ApiObject service) {
        ObjectNode labels = Json.object();
        from.labels().forEach((name, value) -> {
            if (!name.equals("endpoints.kubernetes.io/managed-by")) {
                labels.put(name, value);
            }
        });
        if (Endpoints.isHeadless(service)) {
            labels.put(HEADLESS_LABEL, "");
        }
        return labels;
    }

    private void writeEndpoints(ApiObject service, Batch batch, ObjectNode serviceLabels,
            ArrayNode subsets) throws RejectedException {
        ObjectNode labels = serviceLabels.deepCopy();
        labels.put("endpoints.kubernetes.io/managed-by", "endpoint-controller");
        Optional<StoredObject> existing = store
                .get(new ObjectKey(GroupResource.ENDPOINTS, service.namespace(), service.name()));
        ApiObject endpoints = existing.map(batch::edit).orElseGet(() -> {
            ObjectNode tree = Json.object();
            tree.put("kind", "Endpoints");
            tree.put("apiVersion", "v1");
            tree.putObject("metadata").put("name", service.name()).put("namespace",
                    service.namespace());
            return new ApiObject(tree);
        });
        if (!endpoints.metadata().path("labels").equals(labels)) {
            endpoints.metadata().set("labels", labels);
        }
        if (subsets.isEmpty()) {
            endpoints.tree().remove("subsets");
        } else if (!endpoints.tree().path("subsets").equals(subsets)) {
            endpoints.tree().set("subsets", subsets);
        }
        if (existing.isEmpty()) {
            batch.create(GroupResource.ENDPOINTS, endpoints);
        }
    }
}

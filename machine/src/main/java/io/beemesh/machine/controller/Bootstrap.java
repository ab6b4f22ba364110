package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission.RejectedException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The objects that every mesh has, made at start where they are missing. */
final class Bootstrap {
    static final String LOCAL_PATH = "local-path";
    /** Who provisions volumes of the class {@value #LOCAL_PATH}. */
    static final String PROVISIONER = "beemesh.io/local-path";
    private static final List<String> NAMESPACES = List.of("default", "kube-system",
            "kube-public", "kube-node-lease");
    private static final Duration RETRY = Duration.ofSeconds(2);
    static final String DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";
    private static final Logger LOG = LoggerFactory.getLogger(Bootstrap.class);

    private final Store store;

    Bootstrap(Store store) {
        this.store = store;
    }

    void start() {
        for (String name : NAMESPACES) {
            ensure(GroupResource.NAMESPACES, namespace(name));
        }
        ensure(GroupResource.STORAGE_CLASSES, localPath());
        ensure(GroupResource.PRIORITY_CLASSES, priority("system-node-critical", 2_000_001_000,
                "Used for system critical pods that must not be moved from their current node."));
        ensure(GroupResource.PRIORITY_CLASSES, priority("system-cluster-critical", 2_000_000_000,
                "Used for system critical pods that must run in the cluster, but can be moved to "
                        + "another node if necessary."));
    }

    private void ensure(GroupResource type, ApiObject object) {
        if (store.get(ObjectKey.cluster(type, object.name())).isPresent()) {
            return;
        }
        Batch batch = store.batch("bootstrap");
        try {
            batch.create(type, object.copy());
        } catch (RejectedException e) {
            LOG.error("Object of every mesh refused type={} name={} reason=\"{}\"", type,
                    object.name(), e.getMessage());
            return;
        }
        batch.commit(new Reconciler.Outcome.Done()).thenAccept(outcome -> {
            if (outcome instanceof Reconciler.Outcome.Retry) {
                store.loop().schedule(RETRY, () -> ensure(type, object));
            }
        });
    }

    private static ApiObject namespace(String name) {
        ObjectNode tree = named("v1", "Namespace", name);
        tree.withObjectProperty("metadata").putObject("labels")
                .put("kubernetes.io/metadata.name", name);
        tree.putObject("spec").putArray("finalizers").add(NamespaceReconciler.FINALIZER);
        tree.putObject("status").put("phase", "Active");
        return new ApiObject(tree);
    }

    private static ApiObject priority(String name, int value, String description) {
        ObjectNode tree = named("scheduling.k8s.io/v1", "PriorityClass", name);
        tree.put("value", value).put("description", description);
        tree.put("preemptionPolicy", "PreemptLowerPriority");
        return new ApiObject(tree);
    }

    private static ApiObject localPath() {
        ObjectNode tree = named("storage.k8s.io/v1", "StorageClass", LOCAL_PATH);
        tree.withObjectProperty("metadata").putObject("annotations")
                .put(DEFAULT_CLASS, "true");
        tree.put("provisioner", PROVISIONER);
        tree.put("reclaimPolicy", "Delete");
        tree.put("volumeBindingMode", "WaitForFirstConsumer");
        return new ApiObject(tree);
    }

    private static ObjectNode named(String apiVersion, String kind, String name) {
        ObjectNode tree = Json.object();
        tree.put("kind", kind);
        tree.put("apiVersion", apiVersion);
        tree.putObject("metadata").put("name", name);
        return tree;
    }
}

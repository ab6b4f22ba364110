package io.beemesh.machine.controller;

import io.beemesh.machine.object.GroupResource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The kinds that the controllers' tests use. */
public final class SimulatedKinds implements Kinds {
    private final Map<String, GroupResource> kinds = new LinkedHashMap<>();

    public SimulatedKinds() {
        kinds.put("v1/Pod", GroupResource.PODS);
        kinds.put("v1/Service", GroupResource.SERVICES);
        kinds.put("v1/Endpoints", GroupResource.ENDPOINTS);
        kinds.put("v1/ConfigMap", GroupResource.CONFIG_MAPS);
        kinds.put("v1/Secret", GroupResource.SECRETS);
        kinds.put("v1/ServiceAccount", GroupResource.SERVICE_ACCOUNTS);
        kinds.put("v1/Event", GroupResource.EVENTS);
        kinds.put("v1/PersistentVolumeClaim", GroupResource.PERSISTENT_VOLUME_CLAIMS);
        kinds.put("v1/ReplicationController", GroupResource.REPLICATION_CONTROLLERS);
        kinds.put("apps/v1/Deployment", GroupResource.DEPLOYMENTS);
        kinds.put("apps/v1/ReplicaSet", GroupResource.REPLICA_SETS);
        kinds.put("apps/v1/StatefulSet", GroupResource.STATEFUL_SETS);
        kinds.put("apps/v1/DaemonSet", GroupResource.DAEMON_SETS);
        kinds.put("batch/v1/Job", GroupResource.JOBS);
        kinds.put("batch/v1/CronJob", GroupResource.CRON_JOBS);
        kinds.put("policy/v1/PodDisruptionBudget", GroupResource.DISRUPTION_BUDGETS);
        kinds.put("scheduling.k8s.io/v1/PriorityClass", GroupResource.PRIORITY_CLASSES);
        kinds.put("apps/v1/ControllerRevision", GroupResource.CONTROLLER_REVISIONS);
        kinds.put("discovery.k8s.io/v1/EndpointSlice", GroupResource.ENDPOINT_SLICES);
        kinds.put("v1/Namespace", GroupResource.NAMESPACES);
        kinds.put("v1/Node", GroupResource.NODES);
        kinds.put("v1/PersistentVolume", GroupResource.PERSISTENT_VOLUMES);
        kinds.put("storage.k8s.io/v1/StorageClass", GroupResource.STORAGE_CLASSES);
    }

    @Override
    public List<GroupResource> all() {
        return List.copyOf(kinds.values());
    }

    @Override
    public boolean isNamespaced(GroupResource type) {
        return !List.of(GroupResource.NAMESPACES, GroupResource.NODES,
                GroupResource.PERSISTENT_VOLUMES, GroupResource.STORAGE_CLASSES,
                GroupResource.PRIORITY_CLASSES, GroupResource.CLUSTER_ROLES).contains(type);
    }

    @Override
    public Optional<GroupResource> find(String apiVersion, String kind) {
        return Optional.ofNullable(kinds.get(apiVersion + "/" + kind));
    }
}

package io.beemesh.machine.object;

/**
 * Names a kind of objects as URLs do.
 *
 * @param group empty for the core group, such as {@code apps}
 * @param resource the plural in lower case, such as {@code deployments}
 */
public record GroupResource(String group, String resource) implements Comparable<GroupResource> {
    public static final GroupResource NAMESPACES = core("namespaces");
    public static final GroupResource NODES = core("nodes");
    public static final GroupResource PODS = core("pods");
    public static final GroupResource SERVICES = core("services");
    public static final GroupResource ENDPOINTS = core("endpoints");
    public static final GroupResource CONFIG_MAPS = core("configmaps");
    public static final GroupResource SECRETS = core("secrets");
    public static final GroupResource SERVICE_ACCOUNTS = core("serviceaccounts");
    public static final GroupResource EVENTS = core("events");
    public static final GroupResource PERSISTENT_VOLUMES = core("persistentvolumes");
    public static final GroupResource PERSISTENT_VOLUME_CLAIMS = core("persistentvolumeclaims");
    public static final GroupResource DEPLOYMENTS = new GroupResource("apps", "deployments");
    public static final GroupResource REPLICA_SETS = new GroupResource("apps", "replicasets");
    public static final GroupResource REPLICATION_CONTROLLERS = core("replicationcontrollers");
    public static final GroupResource STATEFUL_SETS = new GroupResource("apps", "statefulsets");
    public static final GroupResource CONTROLLER_REVISIONS = new GroupResource("apps",
            "controllerrevisions");
    public static final GroupResource ENDPOINT_SLICES = new GroupResource("discovery.k8s.io",
            "endpointslices");
    public static final GroupResource LEASES = new GroupResource("coordination.k8s.io", "leases");
    public static final GroupResource STORAGE_CLASSES = new GroupResource("storage.k8s.io",
            "storageclasses");
    public static final GroupResource DAEMON_SETS = new GroupResource("apps", "daemonsets");
    public static final GroupResource JOBS = new GroupResource("batch", "jobs");
    public static final GroupResource CRON_JOBS = new GroupResource("batch", "cronjobs");
    public static final GroupResource DISRUPTION_BUDGETS = new GroupResource("policy",
            "poddisruptionbudgets");
    public static final GroupResource PRIORITY_CLASSES = new GroupResource("scheduling.k8s.io",
            "priorityclasses");
    public static final GroupResource RESOURCE_QUOTAS = core("resourcequotas");
    public static final GroupResource LIMIT_RANGES = core("limitranges");
    public static final GroupResource ROLES = new GroupResource("rbac.authorization.k8s.io",
            "roles");
    public static final GroupResource CLUSTER_ROLES = new GroupResource(
            "rbac.authorization.k8s.io", "clusterroles");
    public static final GroupResource ROLE_BINDINGS = new GroupResource(
            "rbac.authorization.k8s.io", "rolebindings");
    public static final GroupResource CLUSTER_ROLE_BINDINGS = new GroupResource(
            "rbac.authorization.k8s.io", "clusterrolebindings");
    public static final GroupResource NETWORK_POLICIES = new GroupResource("networking.k8s.io",
            "networkpolicies");
    /** Not served by the API: the replica indexes of a ReplicaSet, see {@code registry}. */
    public static final GroupResource LEDGERS = new GroupResource("internal.beemesh.io", "ledgers");
    /** Not served by the API: addresses and ports in use, each name one claim. */
    public static final GroupResource CLAIMS = new GroupResource("internal.beemesh.io", "claims");

    private static GroupResource core(String resource) {
        return new GroupResource("", resource);
    }

    @Override
    public int compareTo(GroupResource other) {
        int byGroup = group.compareTo(other.group);
        return byGroup != 0 ? byGroup : resource.compareTo(other.resource);
    }

    /** As Kubernetes writes it in messages: {@code pods} or {@code deployments.apps}. */
    @Override
    public String toString() {
        return group.isEmpty() ? resource : resource + "." + group;
    }
}

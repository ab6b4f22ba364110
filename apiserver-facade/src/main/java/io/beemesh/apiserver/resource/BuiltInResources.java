package io.beemesh.apiserver.resource;

import io.beemesh.apiserver.resource.ResourceDescriptor.Subresource;
import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.machine.object.GroupResource;
import java.util.ArrayList;
import java.util.List;

/** The catalogue of the kinds that this server knows by itself, as Kubernetes 1.34 has them. */
public final class BuiltInResources {
    private final Schemas schemas;
    private final List<ResourceDescriptor> descriptors = new ArrayList<>();

    private BuiltInResources(Schemas schemas) {
        this.schemas = schemas;
    }

    /** Makes the catalogue; schemas and rules are read at their first use. */
    public static ResourceCatalog catalog(Schemas schemas) {
        BuiltInResources resources = new BuiltInResources(schemas);
        resources.core();
        resources.apps();
        resources.reviews();
        resources.others();
        resources.kept();
        return new ResourceCatalog(resources.descriptors);
    }

    private void core() {
        add(namespaced("", "configmaps", "ConfigMap").shortNames("cm"));
        add(namespaced("", "endpoints", "Endpoints").shortNames("ep").createOnUpdate());
        add(namespaced("", "events", "Event").shortNames("ev").createOnUpdate());
        add(namespaced("", "limitranges", "LimitRange").shortNames("limits"));
        add(cluster("", "namespaces", "Namespace").shortNames("ns").without("deletecollection")
                .sub("finalize", "update").status());
        add(cluster("", "nodes", "Node").shortNames("no").status());
        add(namespaced("", "persistentvolumeclaims", "PersistentVolumeClaim").shortNames("pvc")
                .status());
        add(cluster("", "persistentvolumes", "PersistentVolume").shortNames("pv").status());
        add(namespaced("", "pods", "Pod").shortNames("po").all()
                .connect("attach", "PodAttachOptions")
                .sub(new Subresource("binding", "", "", "Binding", List.of("create")))
                .sub("ephemeralcontainers", "get", "patch", "update")
                .sub(new Subresource("eviction", "policy", "v1", "Eviction", List.of("create")))
                .connect("exec", "PodExecOptions").sub("log", "get")
                .connect("portforward", "PodPortForwardOptions").proxy().status());
        add(namespaced("", "replicationcontrollers", "ReplicationController").shortNames("rc")
                .all().scale().status());
        add(namespaced("", "resourcequotas", "ResourceQuota").shortNames("quota").status());
        add(namespaced("", "secrets", "Secret"));
        add(namespaced("", "serviceaccounts", "ServiceAccount").shortNames("sa")
                .sub(new Subresource("token", "authentication.k8s.io", "v1", "TokenRequest",
                        List.of("create"))));
        add(namespaced("", "services", "Service").shortNames("svc").all().createOnUpdate()
                .proxy().status());
    }

    private void apps() {
        add(namespaced("apps", "controllerrevisions", "ControllerRevision"));
        add(namespaced("apps", "daemonsets", "DaemonSet").shortNames("ds").all().status());
        add(namespaced("apps", "deployments", "Deployment").shortNames("deploy").all().scale()
                .status());
        add(namespaced("apps", "replicasets", "ReplicaSet").shortNames("rs").all().scale()
                .status());
        add(namespaced("apps", "statefulsets", "StatefulSet").shortNames("sts").all().scale()
                .status());
    }

    private void reviews() {
        add(cluster("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview").review());
        add(cluster("authentication.k8s.io", "tokenreviews", "TokenReview").review());
        add(namespaced("authorization.k8s.io", "localsubjectaccessreviews",
                "LocalSubjectAccessReview").review());
        add(cluster("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview")
                .review());
        add(cluster("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview")
                .review());
        add(cluster("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview")
                .review());
    }

    private void others() {
        add(namespaced("batch", "cronjobs", "CronJob").shortNames("cj").all().status());
        add(namespaced("batch", "jobs", "Job").all().status());
        add(cluster("rbac.authorization.k8s.io", "clusterrolebindings", "ClusterRoleBinding"));
        add(cluster("rbac.authorization.k8s.io", "clusterroles", "ClusterRole"));
        add(namespaced("rbac.authorization.k8s.io", "rolebindings", "RoleBinding"));
        add(namespaced("rbac.authorization.k8s.io", "roles", "Role"));
        add(namespaced("policy", "poddisruptionbudgets", "PodDisruptionBudget").shortNames("pdb")
                .status());
        add(cluster("scheduling.k8s.io", "priorityclasses", "PriorityClass").shortNames("pc"));
        add(cluster("storage.k8s.io", "storageclasses", "StorageClass").shortNames("sc"));
        add(cluster("metrics.k8s.io", "nodes", "NodeMetrics").version("v1beta1").computed());
        add(namespaced("metrics.k8s.io", "pods", "PodMetrics").version("v1beta1").computed());
        add(namespaced("coordination.k8s.io", "leases", "Lease").createOnUpdate()
                .conditionalUpdate());
        add(namespaced("discovery.k8s.io", "endpointslices", "EndpointSlice"));
        add(namespaced("events.k8s.io", "events", "Event").shortNames("ev").createOnUpdate()
                .storedAs(GroupResource.EVENTS).rules("events-event"));
    }

    /** What charts bring along and nothing here acts on, or not for all; their rules say so to whoever writes one. */
    private void kept() {
        add(namespaced("autoscaling", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
                .version("v2").shortNames("hpa").all().status());
        add(cluster("networking.k8s.io", "ingressclasses", "IngressClass"));
        add(namespaced("networking.k8s.io", "ingresses", "Ingress").shortNames("ing").status());
        add(namespaced("networking.k8s.io", "networkpolicies", "NetworkPolicy")
                .shortNames("netpol"));
        add(cluster("node.k8s.io", "runtimeclasses", "RuntimeClass"));
    }

    private Kind namespaced(String group, String resource, String kind) {
        return new Kind(group, resource, kind, true);
    }

    private Kind cluster(String group, String resource, String kind) {
        return new Kind(group, resource, kind, false);
    }

    private void add(Kind kind) {
        descriptors.add(kind.describe(schemas));
    }
}

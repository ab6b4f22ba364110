package io.beemesh.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.resource.PodQuality;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.util.Optional;

/**
 * What Kubernetes' admission plugins ServiceAccount, Priority, DefaultTolerationSeconds, LimitRanger and
 * RuntimeClass do to a new pod. Any thread, but for {@link #start}.
 */
final class PodDefaults {
    private static final GroupResource RUNTIME_CLASSES = new GroupResource("node.k8s.io",
            "runtimeclasses");
    private static final int TOLERATION_SECONDS = 300;
    private static final String[] LOST = {"node.kubernetes.io/not-ready",
            "node.kubernetes.io/unreachable"};
    private final Registry registry;
    private final PriorityAdmission priorities;
    private final LimitRanges limits;

    PodDefaults(Registry registry) {
        this.registry = registry;
        this.priorities = new PriorityAdmission(registry);
        this.limits = new LimitRanges(registry);
    }

    /** Follows what pods get by default; on the loop. */
    void start() {
        priorities.start();
        limits.start();
    }

    /** Returns why nobody may make this pod, or nothing. */
    String apply(ApiObject pod) {
        ObjectNode spec = pod.spec();
        if (spec.path("serviceAccountName").asText("").isEmpty()) {
            spec.put("serviceAccountName", "default");
        }
        spec.set("serviceAccount", spec.path("serviceAccountName"));
        String name = spec.path("serviceAccountName").asText("");
        Optional<StoredObject> account = registry
                .get(new ObjectKey(GroupResource.SERVICE_ACCOUNTS, pod.namespace(), name));
        if (account.isEmpty()) {
            return "error looking up service account " + pod.namespace() + "/" + name
                    + ": serviceaccount \"" + name + "\" not found";
        }
        for (String taint : LOST) {
            if (!tolerates(spec.path("tolerations"), taint)) {
                ArrayNode tolerations = spec.withArrayProperty("tolerations");
                tolerations.addObject().put("key", taint).put("operator", "Exists")
                        .put("effect", "NoExecute").put("tolerationSeconds", TOLERATION_SECONDS);
            }
        }
        ServiceAccountAdmission.apply(pod, account.get().object());
        String refusal = priorities.apply(spec);
        if (refusal.isEmpty()) {
            refusal = limits.applyToPod(pod);
            pod.status().put("qosClass", PodQuality.of(pod.tree()));
        }
        return refusal.isEmpty() ? checkRuntime(spec.path("runtimeClassName").asText("")) : refusal;
    }

    /** Every machine has the one runtime that it has: no pod gets another in silence. */
    private String checkRuntime(String name) {
        if (name.isEmpty()) {
            return "";
        }
        Optional<StoredObject> runtime = registry.get(ObjectKey.cluster(RUNTIME_CLASSES, name));
        return "pod rejected: RuntimeClass \"" + name + "\" " + (runtime.isEmpty()
                ? "not found"
                : "is not supported: machines have no choice of runtimes");
    }

    /** Returns why nobody may have this claim for a volume, or nothing. */
    String checkClaim(ApiObject claim) {
        return limits.checkClaim(claim);
    }

    private static boolean tolerates(JsonNode tolerations, String taint) {
        for (JsonNode toleration : tolerations) {
            String key = toleration.path("key").asText("");
            String effect = toleration.path("effect").asText("");
            if ((key.equals(taint) || key.isEmpty())
                    && (effect.equals("NoExecute") || effect.isEmpty())) {
                return true;
            }
        }
        return false;
    }
}

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
 * What Kubernetes' admission plugins ServiceAccount, Priority, DefaultTolerationSeconds and LimitRanger
 * do to a new pod. Any thread, but for {@link #start}.
 */
final class PodDefaults {
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

    /** The service account that a pod names. */
    Optional<StoredObject> account(ApiObject pod) {
        return registry.get(new ObjectKey(GroupResource.SERVICE_ACCOUNTS, pod.namespace(),
                pod.spec().path("serviceAccountName").asText("")));
    }

    /** Returns why nobody may make this pod, or nothing. */
    String apply(ApiObject pod) {
        ObjectNode spec = pod.spec();
        if (spec.path("serviceAccountName").asText("").isEmpty()) {
            spec.put("serviceAccountName", "default");
        }
        spec.set("serviceAccount", spec.path("serviceAccountName"));
        for (String taint : LOST) {
            if (!tolerates(spec.path("tolerations"), taint)) {
                ArrayNode tolerations = spec.withArrayProperty("tolerations");
                tolerations.addObject().put("key", taint).put("operator", "Exists")
                        .put("effect", "NoExecute").put("tolerationSeconds", TOLERATION_SECONDS);
            }
        }
        ServiceAccountAdmission.apply(pod, account(pod).map(StoredObject::object)
                .orElseGet(() -> new ApiObject(spec.objectNode())));
        String refusal = priorities.apply(spec);
        if (refusal.isEmpty()) {
            refusal = limits.applyToPod(pod);
            pod.status().put("qosClass", PodQuality.of(pod.tree()));
        }
        return refusal;
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

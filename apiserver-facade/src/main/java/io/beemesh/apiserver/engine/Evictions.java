package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.request.ApiStatus;
import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.ApiStatus.Details;
import io.beemesh.apiserver.request.StatusException;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.LabelSelector;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.object.Pods;
import io.beemesh.machine.object.SyntaxException;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * Whether the disruption budgets let a pod be evicted, and what the eviction takes from its budget: both
 * are committed as one.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/">API-initiated
 *     eviction</a>
 */
final class Evictions {
    private static final String BLOCKED = "Cannot evict pod as it would violate the pod's disruption budget.";
    private static final int RETRY_SECONDS = 10;
    private static final int DISRUPTED_MAX = 2000;

    private final Registry registry;

    Evictions(Registry registry) {
        this.registry = registry;
    }

    /** The budget whose pod this is, among those of its namespace; 500 if there are several. */
    static Optional<ObjectKey> budgetOf(ApiObject pod, List<StoredObject> budgets) {
        List<StoredObject> matching = budgets.stream()
                .filter(b -> selector(b.object()).matches(pod.labels())).toList();
        if (matching.size() > 1) {
            throw StatusTable.internal("This pod has more than one PodDisruptionBudget, which the "
                    + "eviction subresource does not support.");
        }
        return matching.stream().map(StoredObject::key).findFirst();
    }

    private static LabelSelector selector(ApiObject budget) {
        JsonNode selector = budget.tree().path("spec").path("selector");
        try {
            return selector.isObject() ? LabelSelector.of(selector) : LabelSelector.nothing();
        } catch (SyntaxException e) {
            return LabelSelector.nothing();
        }
    }

    /** What the eviction of {@code pod} does to its budget; 429 if the budget has nothing left. */
    List<Mutation> take(ApiObject pod, Optional<ObjectKey> key, Instant now) {
        Optional<StoredObject> stored = key.flatMap(registry::get);
        // What does not run, or ends already, costs nobody anything.
        boolean free = Pods.isTerminal(pod) || Pods.phase(pod).equals("Pending")
                || pod.isDeleting();
        if (stored.isEmpty() || free) {
            return List.of();
        }
        ApiObject budget = stored.get().object();
        ObjectNode status = budget.status();
        if (!Pods.isReady(pod) && mayGoUnready(budget, status)) {
            return List.of();
        }
        if (status.path("observedGeneration").asLong(0) < budget.generation()) {
            throw blocked("The disruption budget " + budget.name()
                    + " is still being processed by the server.", RETRY_SECONDS);
        }
        int allowed = status.path("disruptionsAllowed").asInt(0);
        if (allowed <= 0) {
            throw blocked("The disruption budget " + budget.name() + " needs "
                    + status.path("desiredHealthy").asInt(0) + " healthy pods and has "
                    + status.path("currentHealthy").asInt(0) + " currently", 0);
        }
        if (status.path("disruptedPods").size() >= DISRUPTED_MAX) {
            throw blocked("DisruptedPods map too big - too many evictions not confirmed by PDB "
                    + "controller", RETRY_SECONDS);
        }
        status.put("disruptionsAllowed", allowed - 1);
        status.withObjectProperty("disruptedPods").put(pod.name(),
                now.truncatedTo(ChronoUnit.SECONDS).toString());
        return List.of(new Mutation.Update(Draft.of(stored.get().key(), budget),
                stored.get().version()));
    }

    private static boolean mayGoUnready(ApiObject budget, JsonNode status) {
        int desired = status.path("desiredHealthy").asInt(0);
        return budget.spec().path("unhealthyPodEvictionPolicy").asText("").equals("AlwaysAllow")
                || (desired > 0 && status.path("currentHealthy").asInt(0) >= desired);
    }

    private static StatusException blocked(String why, int retrySeconds) {
        return new StatusException(new ApiStatus(429, "TooManyRequests", BLOCKED,
                new Details("", "", "", "", List.of(new Cause("DisruptionBudget", why, "")),
                        retrySeconds)));
    }
}

package io.beemesh.machine.controller;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Pods;
import java.util.BitSet;
import java.util.Optional;

/**
 * What a Job says of single failures and successes of its pods. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy">pod failure
 *     policy</a>
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/controllers/job/#success-policy">success
 *     policy</a>
 */
final class JobPolicies {
    private JobPolicies() {}

    /** What a failed pod comes to. */
    sealed interface Failure {
        /** One more failure. */
        record Counted() implements Failure {}

        /** None: the pod is replaced. */
        record Ignored() implements Failure {}

        /** The end of the Job. */
        record Fatal(String message) implements Failure {}
    }

    /** Decided by the first rule that the pod fits. */
    static Failure failure(ApiObject job, ApiObject pod) {
        JsonNode rules = job.tree().path("spec").path("podFailurePolicy").path("rules");
        if (!Pods.phase(pod).equals("Failed")) {
            return new Failure.Counted();
        }
        for (int i = 0; i < rules.size(); i++) {
            Optional<String> why = matched(rules.get(i), pod);
            if (why.isPresent()) {
                String action = rules.get(i).path("action").asText("");
                return switch (action) {
                    case "Ignore" -> new Failure.Ignored();
                    case "FailJob" -> new Failure.Fatal(
                            why.get() + " matching FailJob rule at index " + i);
                    default -> new Failure.Counted();
                };
            }
        }
        return new Failure.Counted();
    }

    private static Optional<String> matched(JsonNode rule, ApiObject pod) {
        String name = pod.namespace() + "/" + pod.name();
        JsonNode codes = rule.path("onExitCodes");
        if (codes.isObject()) {
            for (String list : new String[]{"initContainerStatuses", "containerStatuses"}) {
                for (JsonNode container : pod.tree().path("status").path(list)) {
                    if (fits(codes, container)) {
                        return Optional.of("Container " + container.path("name").asText("")
                                + " for pod " + name + " failed with exit code "
                                + exitCode(container));
                    }
                }
            }
            return Optional.empty();
        }
        for (JsonNode wanted : rule.path("onPodConditions")) {
            String type = wanted.path("type").asText("");
            boolean has = Pods.condition(pod, type).map(c -> c.path("status").asText(""))
                    .filter(wanted.path("status").asText("True")::equals).isPresent();
            if (has) {
                return Optional.of("Pod " + name + " has condition " + type);
            }
        }
        return Optional.empty();
    }

    private static boolean fits(JsonNode codes, JsonNode container) {
        String only = codes.path("containerName").asText("");
        int code = exitCode(container);
        if (code == 0 || (!only.isEmpty() && !only.equals(container.path("name").asText("")))) {
            return false;
        }
        boolean listed = false;
        for (JsonNode value : codes.path("values")) {
            listed |= value.asInt() == code;
        }
        return codes.path("operator").asText("").equals("NotIn") != listed;
    }

    private static int exitCode(JsonNode container) {
        return container.path("state").path("terminated").path("exitCode").asInt(0);
    }

    /** Why the Job has succeeded though not all indexes have; empty if it has not. */
    static Optional<String> success(ApiObject job, BitSet completed) {
        JsonNode rules = job.tree().path("spec").path("successPolicy").path("rules");
        for (int i = 0; i < rules.size(); i++) {
            BitSet done = (BitSet) completed.clone();
            String indexes = rules.get(i).path("succeededIndexes").asText("");
            int wanted = completed.size() + 1;
            if (!indexes.isEmpty()) {
                BitSet named = JobIndexes.parse(indexes);
                done.and(named);
                wanted = named.cardinality();
            }
            wanted = rules.get(i).path("succeededCount").asInt(wanted);
            if (done.cardinality() >= wanted) {
                return Optional.of("Matched rules at index " + i);
            }
        }
        return Optional.empty();
    }
}

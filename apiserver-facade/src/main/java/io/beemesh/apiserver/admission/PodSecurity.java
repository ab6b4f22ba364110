package io.beemesh.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.admission.PodSecurityStandards.Violation;
import io.beemesh.apiserver.resource.FieldError;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * What Kubernetes' admission plugin PodSecurity does: pods keep to the standard that their namespace is
 * labelled with. Labels are read with each pod, from the committed namespace. Any thread.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/concepts/security/pod-security-admission/">pod security
 *     admission</a>
 */
final class PodSecurity {
    /** Of a namespace whose level is changed, so many pods are looked at, for so long. */
    private static final int PODS_MAX = 3_000;
    private static final Duration CHECK_MAX = Duration.ofSeconds(1);
    private static final Set<GroupResource> WORKLOADS = Set.of(GroupResource.DEPLOYMENTS,
            GroupResource.REPLICA_SETS, GroupResource.REPLICATION_CONTROLLERS,
            GroupResource.STATEFUL_SETS, GroupResource.DAEMON_SETS, GroupResource.JOBS);

    private final Registry registry;
    private final Supplier<Instant> clock;

    PodSecurity(Registry registry, Supplier<Instant> clock) {
        this.registry = registry;
        this.clock = clock;
    }

    /** What there was before a new object. */
    static ApiObject nothing() {
        return new ApiObject(Json.object());
    }

    /**
     * Returns why nobody may have this pod, or nothing.
     *
     * @param current the pod before an update; without content if it is new
     */
    String refusal(ApiObject pod, ApiObject current) {
        SecurityLevel level = of(pod.namespace()).enforce();
        if (level.isPrivileged() || !matters(pod, current)) {
            return "";
        }
        List<Violation> violations = PodSecurityStandards.violations(level, pod.tree());
        return violations.isEmpty()
                ? ""
                : "violates PodSecurity \"" + level.text() + "\": "
                        + PodSecurityStandards.text(violations);
    }

    /** Labels of a namespace that say nothing and that were not there before. */
    static List<FieldError> labelErrors(ApiObject namespace, ApiObject current) {
        List<FieldError> errors = NamespaceSecurity.of(namespace.labels()).errors();
        return errors.equals(NamespaceSecurity.of(current.labels()).errors()) ? List.of() : errors;
    }

    /**
     * What is to be said to who makes or changes an object that is admitted.
     *
     * @param current without content if the object is new
     * @param workers looks at a namespace's pods
     */
    CompletableFuture<List<String>> warnings(GroupResource type, ApiObject next,
            ApiObject current, Executor workers) {
        if (type.equals(GroupResource.NAMESPACES)) {
            return namespaceWarnings(next, current, workers);
        }
        JsonNode template = template(type, next);
        if (!template.path("spec").isObject()) {
            return CompletableFuture.completedFuture(List.of());
        }
        NamespaceSecurity security = of(next.namespace());
        boolean pod = type.equals(GroupResource.PODS);
        if (pod && (security.warn().equals(security.enforce()) || !matters(next, current))) {
            return CompletableFuture.completedFuture(List.of());
        }
        List<Violation> violations = PodSecurityStandards.violations(security.warn(), template);
        return CompletableFuture.completedFuture(violations.isEmpty()
                ? List.of()
                : List.of("would violate PodSecurity \"" + security.warn().text() + "\": "
                        + PodSecurityStandards.text(violations)));
    }

    private NamespaceSecurity of(String namespace) {
        return NamespaceSecurity
                .of(registry.get(ObjectKey.cluster(GroupResource.NAMESPACES, namespace))
                        .map(StoredObject::labels).orElse(Map.of()));
    }

    private static JsonNode template(GroupResource type, ApiObject object) {
        JsonNode spec = object.tree().path("spec");
        if (type.equals(GroupResource.PODS)) {
            return object.tree();
        }
        if (type.equals(GroupResource.CRON_JOBS)) {
            return spec.path("jobTemplate").path("spec").path("template");
        }
        return WORKLOADS.contains(type) ? spec.path("template") : Json.object();
    }

    /** Whether a pod gets containers or images that were not looked at. */
    private static boolean matters(ApiObject next, ApiObject current) {
        return current.tree().isEmpty() || !images(next).equals(images(current));
    }

    private static List<String> images(ApiObject pod) {
        List<String> images = new ArrayList<>();
        for (String list : List.of("initContainers", "containers", "ephemeralContainers")) {
            for (JsonNode container : pod.tree().path("spec").path(list)) {
                images.add(list + " " + container.path("name").asText("") + " "
                        + container.path("image").asText(""));
            }
        }
        return images;
    }

    private CompletableFuture<List<String>> namespaceWarnings(ApiObject next, ApiObject current,
            Executor workers) {
        SecurityLevel level = NamespaceSecurity.of(next.labels()).enforce();
        SecurityLevel before = NamespaceSecurity.of(current.labels()).enforce();
        boolean milder = level.minor() == before.minor()
                && level.standard().compareTo(before.standard()) <= 0;
        if (current.tree().isEmpty() || level.isPrivileged() || milder) {
            return CompletableFuture.completedFuture(List.of());
        }
        return registry.list(GroupResource.PODS, next.name())
                .thenApplyAsync(found -> existing(next.name(), level, found.objects()), workers)
                .exceptionally(failure -> List.of(
                        "failed to list pods while checking new PodSecurity enforce level"));
    }

    /** What those pods of a namespace do that {@code level} forbids. */
    private List<String> existing(String namespace, SecurityLevel level, List<StoredObject> pods) {
        Instant until = clock.get().plus(CHECK_MAX);
        // By what they do: the first of its pods by name, and how many there are.
        Map<String, List<String>> found = new TreeMap<>();
        int checked = 0;
        for (StoredObject pod : firstOfEach(pods)) {
            if (checked == PODS_MAX || clock.get().isAfter(until)) {
                break;
            }
            checked++;
            List<Violation> violations = PodSecurityStandards.violations(level,
                    pod.object().tree());
            if (!violations.isEmpty()) {
                found.computeIfAbsent(PodSecurityStandards.reasons(violations),
                        _ -> new ArrayList<>()).add(pod.key().name());
            }
        }
        List<String> warnings = new ArrayList<>();
        if (checked < pods.size()) {
            warnings.add("new PodSecurity enforce level only checked against the first " + checked
                    + " of " + pods.size() + " existing pods");
        }
        if (!found.isEmpty()) {
            warnings.add("existing pods in namespace \"" + namespace
                    + "\" violate the new PodSecurity enforce level \"" + level.text() + "\"");
        }
        found.entrySet().stream().map(e -> sentence(e.getKey(), e.getValue())).sorted()
                .forEach(warnings::add);
        return warnings;
    }

    private static String sentence(String reasons, List<String> names) {
        String others = switch (names.size()) {
            case 1 -> "";
            case 2 -> " (and 1 other pod)";
            default -> " (and " + (names.size() - 1) + " other pods)";
        };
        return names.stream().min(String::compareTo).orElse("") + others + ": " + reasons;
    }

    /** One pod of each controller before their like. */
    private static List<StoredObject> firstOfEach(List<StoredObject> pods) {
        List<StoredObject> first = new ArrayList<>();
        List<StoredObject> like = new ArrayList<>();
        Set<String> controllers = new HashSet<>();
        for (StoredObject pod : pods) {
            boolean isNew = pod.controllerUid().isEmpty() || controllers.add(pod.controllerUid());
            (isNew ? first : like).add(pod);
        }
        first.addAll(like);
        return first;
    }
}

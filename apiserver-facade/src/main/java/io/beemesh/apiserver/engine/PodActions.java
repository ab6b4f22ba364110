package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.engine.UpdatePipeline.ManagedBy;
import io.beemesh.apiserver.engine.UpdatePipeline.Request;
import io.beemesh.apiserver.engine.UpdatePipeline.Scope;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.StatusException;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.FieldError;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.StoredObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Binding of pods to nodes, and eviction. */
final class PodActions {
    private final EngineSeams seams;
    private final UpdatePipeline pipeline;
    private final DeleteVerb deletes;
    private final Evictions evictions;

    PodActions(EngineSeams seams, UpdatePipeline pipeline, DeleteVerb deletes) {
        this.seams = seams;
        this.pipeline = pipeline;
        this.deletes = deletes;
        this.evictions = new Evictions(seams.registry());
    }

    /** Sets the node of a pod that has none. */
    CompletableFuture<ApiResponse> bind(Call call) {
        WriteOptions options = WriteOptions.of(call.request(), "CreateOptions", false);
        ApiObject binding = Bodies.object(call.request(), "v1", "Binding");
        if (!binding.name().equals(call.info().name())) {
            throw StatusTable.badRequest("name in URL does not match name in Binding object");
        }
        JsonNode target = binding.tree().path("target");
        String node = target.path("name").asText("");
        String kind = target.path("kind").asText("");
        if (node.isEmpty() || !(kind.isEmpty() || kind.equals("Node"))) {
            throw StatusTable.badRequest("target of a binding must be the name of a Node");
        }
        return pipeline.write(new Request(call, options, BINDING,
                pod -> bound(pod, binding, node), ManagedBy.UPDATE))
                .thenApply(json -> Rendering.tree(call, 201, DeleteVerb.success()));
    }

    private ApiObject bound(ApiObject pod, ApiObject binding, String node) {
        String name = pod.name();
        if (pod.isDeleting()) {
            throw refused(name,
                    "pod " + name + " is being deleted, cannot be assigned to a host");
        }
        String assigned = pod.spec().path("nodeName").asText("");
        if (!assigned.isEmpty()) {
            throw refused(name,
                    "pod " + name + " is already assigned to node \"" + assigned + "\"");
        }
        if (!pod.spec().path("schedulingGates").isEmpty()) {
            throw refused(name, "pod " + name + " has non-empty .spec.schedulingGates");
        }
        for (String field : List.of("uid", "resourceVersion")) {
            if (binding.metadata().path(field).isTextual()) {
                pod.metadata().set(field, binding.metadata().get(field));
            }
        }
        pod.spec().put("nodeName", node);
        binding.annotations().forEach(
                (key, value) -> pod.metadata().withObjectProperty("annotations").put(key, value));
        binding.labels().forEach(
                (key, value) -> pod.metadata().withObjectProperty("labels").put(key, value));
        setCondition(pod, "PodScheduled", "", "", seams.loop().wallTime());
        return pod;
    }

    /** Deletes a pod as an administrator should: a disruption that others can see. */
    CompletableFuture<ApiResponse> evict(Call call) {
        ApiObject eviction = Bodies.object(call.request(), "policy/v1", "Eviction");
        if (!eviction.name().equals(call.info().name())) {
            throw StatusTable.badRequest("name in URL does not match name in Eviction object");
        }
        WriteOptions options = WriteOptions.of(call.request(), "CreateOptions", false);
        DeleteOptions asked = DeleteOptions.of(eviction.tree().path("deleteOptions"));
        DeleteOptions deletion = new DeleteOptions(asked.deletion(), asked.uid(), asked.version(),
                asked.dryRun() || options.dryRun());
        return seams.registry().list(GroupResource.DISRUPTION_BUDGETS, call.info().namespace())
                .thenComposeAsync(budgets -> {
                    StoredObject pod = seams.registry().get(call.key()).orElseThrow(
                            () -> StatusTable.notFound(call.type(), call.info().name()));
                    Optional<ObjectKey> budget = Evictions.budgetOf(pod.object(),
                            budgets.objects());
                    return deletes.delete(call.resource(), call.key(), deletion,
                            new Disruption(budget, seams.loop().wallTime()));
                }, seams.workers())
                .thenApply(d -> Rendering.tree(call, 201, DeleteVerb.success()));
    }

    /** A deletion that others can see to be an eviction, and that its budget pays for. */
    private final class Disruption implements DeleteVerb.Note {
        private final Optional<ObjectKey> budget;
        private final Instant now;

        Disruption(Optional<ObjectKey> budget, Instant now) {
            this.budget = budget;
            this.now = now;
        }

        @Override
        public void write(ApiObject pod) {
            setCondition(pod, "DisruptionTarget", "EvictionByEvictionAPI",
                    "Eviction API: evicting", now);
        }

        @Override
        public List<Mutation> companions(ApiObject pod) {
            return evictions.take(pod, budget, now);
        }
    }

    private static StatusException refused(String name, String why) {
        return StatusTable.conflict(new GroupResource("", "pods/binding"), name, why);
    }

    private static void setCondition(ApiObject pod, String type, String reason, String message,
            Instant now) {
        ObjectNode condition = null;
        for (JsonNode known : pod.status().withArrayProperty("conditions")) {
            if (known.path("type").asText("").equals(type)) {
                condition = (ObjectNode) known;
            }
        }
        if (condition == null) {
            condition = pod.status().withArrayProperty("conditions").addObject();
            condition.put("type", type);
        }
        if (!condition.path("status").asText("").equals("True")) {
            condition.put("lastTransitionTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
        }
        condition.put("status", "True");
        condition.remove(List.of("reason", "message"));
        if (!reason.isEmpty()) {
            condition.put("reason", reason);
            condition.put("message", message);
        }
    }

    /** Node, condition and labels, which no other write may set together. */
    private static final Scope BINDING = new Scope() {
        @Override
        public void prepare(ResourceDescriptor resource, ApiObject next, ApiObject current) {
            // The transform wrote nothing that is not allowed.
        }

        @Override
        public List<FieldError> validate(ResourceDescriptor resource, ApiObject next,
                ApiObject current) {
            return List.of();
        }
    };
}

package io.beemesh.apiserver.mesh;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.machine.network.GroupRecovery;
import io.beemesh.machine.network.GroupRecovery.Outcome;
import io.beemesh.machine.network.GroupRecovery.Plan;
import io.beemesh.machine.network.GroupRecovery.Refusal;
import io.beemesh.machine.object.Json;
import java.util.concurrent.CompletableFuture;

/** {@code POST recover/statefulsets?namespace=S&name=N[&empty=true][&dryRun=All]}; 409 with the reason. */
record RecoveryPath(GroupRecovery recovery) {
    CompletableFuture<ApiResponse> answer(ApiRequest request) {
        String namespace = request.parameter("namespace").orElse("");
        String name = request.parameter("name").orElse("");
        boolean empty = request.parameter("empty").orElse("").equals("true");
        CompletableFuture<Outcome> outcome = request.parameter("dryRun").isPresent()
                ? CompletableFuture.completedFuture(recovery.plan(namespace, name, empty))
                : recovery.begin(namespace, name, empty);
        return outcome.thenApply(done -> switch (done) {
            case Refusal refusal -> MeshApi.failure(409, "Conflict", refusal.reason());
            case Plan plan -> MeshApi.json(200, describe(plan));
        });
    }

    private static ObjectNode describe(Plan plan) {
        ObjectNode json = Json.object();
        json.put("founder", plan.founder()).put("generation", plan.generation())
                .put("term", plan.term()).put("entries", plan.entries());
        ArrayNode survivors = json.putArray("survivors");
        plan.survivors().forEach(survivors::add);
        ArrayNode lost = json.putArray("lost");
        plan.lost().forEach(lost::add);
        return json;
    }
}

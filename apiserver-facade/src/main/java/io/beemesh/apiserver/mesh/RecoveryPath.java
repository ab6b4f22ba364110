package io.beemesh.apiserver.mesh;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.machine.network.GroupRecovery;
import io.beemesh.machine.network.GroupRecovery.Given;
import io.beemesh.machine.network.GroupRecovery.Outcome;
import io.beemesh.machine.network.GroupRecovery.Plan;
import io.beemesh.machine.network.GroupRecovery.Refusal;
import io.beemesh.machine.object.Json;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** {@code POST recover/statefulsets?namespace=S&name=N[&empty=true][&lost=0,2][&dryRun=All]}; 409 with the reason. */
record RecoveryPath(GroupRecovery recovery) {
    CompletableFuture<ApiResponse> answer(ApiRequest request) {
        String namespace = request.parameter("namespace").orElse("");
        String name = request.parameter("name").orElse("");
        String lost = request.parameter("lost").orElse("");
        if (!lost.matches("|[0-9]{1,9}(,[0-9]{1,9}){0,99}")) {
            return CompletableFuture.completedFuture(MeshApi.failure(400, "BadRequest",
                    "lost is \"" + lost + "\", not ordinals such as 0,2"));
        }
        Given given = new Given(request.parameter("empty").orElse("").equals("true"),
                Arrays.stream(lost.split(",")).filter(ordinal -> !ordinal.isEmpty())
                        .map(Integer::valueOf).collect(Collectors.toSet()));
        CompletableFuture<Outcome> outcome = request.parameter("dryRun").isPresent()
                ? CompletableFuture.completedFuture(recovery.plan(namespace, name, given))
                : recovery.begin(namespace, name, given);
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

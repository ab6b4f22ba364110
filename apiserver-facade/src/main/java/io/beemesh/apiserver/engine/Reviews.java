package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.auth.BoundTokens;
import io.beemesh.apiserver.auth.User;
import io.beemesh.apiserver.authorization.Authorizer;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Answers what is asked by creating an object that nobody keeps: who am I, what may I. */
final class Reviews {
    private final BoundTokens tokens;
    private final AccessReviews access;

    Reviews(BoundTokens tokens, Authorizer authorizer) {
        this.tokens = tokens;
        this.access = new AccessReviews(authorizer);
    }

    ApiResponse handle(Call call) {
        if (call.output().shape() != io.beemesh.apiserver.request.OutputFormat.Shape.OBJECT) {
            throw StatusTable.notAcceptable(
                    List.of("application/json", "application/yaml"));
        }
        ResourceDescriptor resource = call.resource();
        WriteOptions options = WriteOptions.of(call.request(), "CreateOptions", false);
        ApiObject review = FieldChecks.read(call, options);
        review.metadata().putNull("creationTimestamp");
        review.tree().remove("status");
        switch (resource.type().resource()) {
            case "selfsubjectreviews" -> describe(review.status(), "userInfo",
                    call.request().user());
            case "selfsubjectaccessreviews", "subjectaccessreviews",
                    "localsubjectaccessreviews" ->
                access.decide(resource, review, call);
            case "selfsubjectrulesreviews" -> access.rules(review, call.request().user());
            case "tokenreviews" -> token(review);
            default -> throw StatusTable.methodNotAllowed();
        }
        return Rendering.tree(call, 201, review.tree());
    }

    private void token(ApiObject review) {
        List<String> audiences = new ArrayList<>();
        review.spec().path("audiences").forEach(a -> audiences.add(a.asText("")));
        if (audiences.isEmpty()) {
            audiences.add(BoundTokens.ISSUER);
        }
        Optional<BoundTokens.Verified> verified = tokens
                .verify(review.spec().path("token").asText(""), audiences);
        ObjectNode status = review.status();
        if (verified.isEmpty()) {
            status.putObject("user");
            status.put("error", "invalid bearer token");
            return;
        }
        status.put("authenticated", true);
        describe(status, "user", verified.get().user());
        verified.get().audiences().forEach(status.putArray("audiences")::add);
    }

    private static void describe(ObjectNode status, String field, User user) {
        ObjectNode info = status.putObject(field);
        info.put("username", user.name());
        if (!user.uid().isEmpty()) {
            info.put("uid", user.uid());
        }
        user.groups().forEach(info.putArray("groups")::add);
        if (!user.extra().isEmpty()) {
            ObjectNode extra = info.putObject("extra");
            new TreeMap<>(user.extra())
                    .forEach((key, values) -> values.forEach(extra.putArray(key)::add));
        }
    }
}

package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.auth.BoundTokens;
import io.beemesh.apiserver.auth.User;
import io.beemesh.apiserver.authorization.Authorizer;
import io.beemesh.apiserver.authorization.Authorizer.Action;
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
    private static final String REASON = "there are no roles yet: every certificate may do everything";

    private final BoundTokens tokens;
    private final Authorizer authorizer;

    Reviews(BoundTokens tokens, Authorizer authorizer) {
        this.tokens = tokens;
        this.authorizer = authorizer;
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
                    "localsubjectaccessreviews" -> {
                requireSubject(resource, review);
                boolean self = resource.type().resource().startsWith("self");
                decide(review, self ? call.request().user() : subject(review));
            }
            case "selfsubjectrulesreviews" -> rules(review.status(), call.request().user());
            case "tokenreviews" -> token(review);
            default -> throw StatusTable.methodNotAllowed();
        }
        return Rendering.tree(call, 201, review.tree());
    }

    private void decide(ApiObject review, User user) {
        JsonNode path = review.spec().path("nonResourceAttributes");
        JsonNode about = review.spec().path("resourceAttributes");
        String resource = about.path("resource").asText("");
        String subresource = about.path("subresource").asText("");
        boolean allowed = path.isObject()
                ? authorizer.allowsPath(user, path.path("verb").asText(""),
                        path.path("path").asText(""))
                : authorizer.allows(user, new Action(about.path("verb").asText(""),
                        about.path("group").asText(""),
                        subresource.isEmpty() ? resource : resource + "/" + subresource,
                        about.path("namespace").asText(""), about.path("name").asText("")));
        review.status().put("allowed", allowed);
        if (allowed) {
            review.status().put("reason", REASON);
        }
    }

    private static User subject(ApiObject review) {
        List<String> groups = new ArrayList<>();
        review.spec().path("groups").forEach(g -> groups.add(g.asText("")));
        return new User(review.spec().path("user").asText(""),
                review.spec().path("uid").asText(""), groups);
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

    private static void requireSubject(ResourceDescriptor resource, ApiObject review) {
        boolean about = review.spec().has("resourceAttributes")
                || review.spec().has("nonResourceAttributes");
        if (!about) {
            throw StatusTable.invalid(resource.type().group(), resource.kind(), "",
                    List.of(new io.beemesh.apiserver.request.ApiStatus.Cause(
                            "FieldValueInvalid",
                            "Invalid value: null: exactly one of nonResourceAttributes or "
                                    + "resourceAttributes must be specified",
                            "spec.resourceAttributes")));
        }
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

    private void rules(ObjectNode status, User user) {
        if (!authorizer.mayAll(user)) {
            status.putArray("resourceRules");
            status.putArray("nonResourceRules");
            status.put("incomplete", false);
            return;
        }
        ObjectNode resources = status.putArray("resourceRules").addObject();
        resources.putArray("verbs").add("*");
        resources.putArray("apiGroups").add("*");
        resources.putArray("resources").add("*");
        ObjectNode paths = status.putArray("nonResourceRules").addObject();
        paths.putArray("verbs").add("*");
        paths.putArray("nonResourceURLs").add("*");
        status.put("incomplete", false);
    }
}

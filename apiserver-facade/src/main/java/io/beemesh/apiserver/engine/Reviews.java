package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.auth.User;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;

/** Answers what is asked by creating an object that nobody keeps: who am I, what may I. */
final class Reviews {
    private static final String REASON = "authorisation is not enforced yet: "
            + "every valid credential may do everything";

    private Reviews() {}

    static ApiResponse handle(Call call) {
        if (call.output().shape() != io.beemesh.apiserver.request.OutputFormat.Shape.OBJECT) {
            throw StatusTable.notAcceptable(
                    java.util.List.of("application/json", "application/yaml"));
        }
        ResourceDescriptor resource = call.resource();
        WriteOptions options = WriteOptions.of(call.request(), "CreateOptions", false);
        ApiObject review = FieldChecks.read(call, options);
        review.metadata().putNull("creationTimestamp");
        review.tree().remove("status");
        switch (resource.type().resource()) {
            case "selfsubjectreviews" -> describe(review.status(), call.request().user());
            case "selfsubjectaccessreviews", "subjectaccessreviews",
                    "localsubjectaccessreviews" -> {
                requireSubject(resource, review);
                review.status().put("allowed", true);
                review.status().put("reason", REASON);
            }
            case "selfsubjectrulesreviews" -> rules(review.status());
            default -> throw StatusTable.methodNotAllowed();
        }
        return Rendering.tree(call, 201, review.tree());
    }

    private static void requireSubject(ResourceDescriptor resource, ApiObject review) {
        boolean about = review.spec().has("resourceAttributes")
                || review.spec().has("nonResourceAttributes");
        if (!about) {
            throw StatusTable.invalid(resource.type().group(), resource.kind(), "",
                    java.util.List.of(new io.beemesh.apiserver.request.ApiStatus.Cause(
                            "FieldValueInvalid",
                            "Invalid value: null: exactly one of nonResourceAttributes or "
                                    + "resourceAttributes must be specified",
                            "spec.resourceAttributes")));
        }
    }

    private static void describe(ObjectNode status, User user) {
        ObjectNode info = status.putObject("userInfo");
        info.put("username", user.name());
        if (!user.uid().isEmpty()) {
            info.put("uid", user.uid());
        }
        user.groups().forEach(info.putArray("groups")::add);
    }

    private static void rules(ObjectNode status) {
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

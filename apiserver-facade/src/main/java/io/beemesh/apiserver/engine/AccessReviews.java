package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.auth.User;
import io.beemesh.apiserver.authorization.Attributes;
import io.beemesh.apiserver.authorization.Authorizer;
import io.beemesh.apiserver.authorization.PolicyRule;
import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Answers whether somebody may do something, and what somebody may.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/">SubjectAccessReview</a>
 */
final class AccessReviews {
    private final Authorizer authorizer;

    AccessReviews(Authorizer authorizer) {
        this.authorizer = authorizer;
    }

    /** Fills in the status of an access review of one of three kinds. */
    void decide(ResourceDescriptor resource, ApiObject review, Call call) {
        JsonNode spec = review.tree().path("spec");
        boolean self = resource.type().resource().startsWith("self");
        broken(spec, self).ifPresent(cause -> {
            throw StatusTable.invalid(resource.type().group(), resource.kind(), "",
                    List.of(cause));
        });
        if (resource.namespaced()) {
            requireLocal(resource, review, call.info().namespace());
        }
        Authorizer.Decision decision = authorizer
                .decide(self ? call.request().user() : subject(spec), attributes(spec));
        ObjectNode status = review.status();
        status.put("allowed", decision.allowed());
        if (!decision.reason().isEmpty()) {
            status.put("reason", decision.reason());
        }
    }

    private static Optional<Cause> broken(JsonNode spec, boolean self) {
        if (spec.path("resourceAttributes").isObject() == spec.path("nonResourceAttributes")
                .isObject()) {
            return Optional.of(new Cause("FieldValueInvalid",
                    "Invalid value: null: exactly one of nonResourceAttributes or "
                            + "resourceAttributes must be specified",
                    "spec.resourceAttributes"));
        }
        if (!self && spec.path("user").asText("").isEmpty() && spec.path("groups").isEmpty()) {
            return Optional.of(new Cause("FieldValueInvalid",
                    "Invalid value: \"\": at least one of user or group must be specified",
                    "spec.user"));
        }
        return Optional.empty();
    }

    /** A local review is about its own namespace and nothing else. */
    private static void requireLocal(ResourceDescriptor resource, ApiObject review,
            String namespace) {
        JsonNode spec = review.tree().path("spec");
        if (!review.namespace().isEmpty() && !review.namespace().equals(namespace)) {
            throw StatusTable.badRequest("the namespace of the provided object does not match the "
                    + "namespace sent on the request");
        }
        review.metadata().put("namespace", namespace);
        String asked = spec.path("resourceAttributes").path("namespace").asText("");
        Optional<Cause> cause = Optional.empty();
        if (spec.path("nonResourceAttributes").isObject()) {
            cause = Optional.of(new Cause("FieldValueInvalid",
                    "Invalid value: null: disallowed on this kind of request",
                    "spec.nonResourceAttributes"));
        } else if (!asked.equals(namespace)) {
            cause = Optional.of(new Cause("FieldValueInvalid", "Invalid value: \"" + asked
                    + "\": must match metadata.namespace", "spec.resourceAttributes.namespace"));
        }
        cause.ifPresent(broken -> {
            throw StatusTable.invalid(resource.type().group(), resource.kind(), "",
                    List.of(broken));
        });
    }

    private static Attributes attributes(JsonNode spec) {
        JsonNode path = spec.path("nonResourceAttributes");
        if (path.isObject()) {
            return Attributes.path(path.path("verb").asText(""), path.path("path").asText(""));
        }
        JsonNode about = spec.path("resourceAttributes");
        return Attributes.resource(about.path("verb").asText(""),
                new GroupResource(about.path("group").asText(""),
                        about.path("resource").asText("")),
                about.path("subresource").asText(""), about.path("namespace").asText(""),
                about.path("name").asText(""));
    }

    private static User subject(JsonNode spec) {
        Map<String, List<String>> extra = new LinkedHashMap<>();
        spec.path("extra").properties().forEach(e -> extra.put(e.getKey(), texts(e.getValue())));
        return new User(spec.path("user").asText(""), spec.path("uid").asText(""),
                texts(spec.path("groups")), extra);
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(text -> texts.add(text.asText("")));
        return texts;
    }

    /** Fills in what {@code user} may in the namespace that {@code review} names. */
    void rules(ApiObject review, User user) {
        String namespace = review.tree().path("spec").path("namespace").asText("");
        if (namespace.isEmpty()) {
            throw StatusTable.badRequest("no namespace on request");
        }
        ObjectNode status = review.status();
        ArrayNode resources = status.putArray("resourceRules");
        ArrayNode paths = status.putArray("nonResourceRules");
        Authorizer.Rules rules = authorizer.rules(user, namespace);
        for (PolicyRule rule : rules.rules()) {
            if (!rule.resources().isEmpty()) {
                resources.add(rule.resourcePart());
            }
            if (!rule.nonResourceUrls().isEmpty()) {
                paths.add(rule.pathPart());
            }
        }
        status.put("incomplete", false);
        if (!rules.problems().isEmpty()) {
            status.put("evaluationError", String.join(", ", rules.problems()));
        }
    }
}

package io.beemesh.apiserver.authorization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.auth.User;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;

/**
 * Keeps users from giving more than they have: a role may be written by who has all that it allows, or
 * may {@code escalate} it; a binding by who has all that its role allows, or may {@code bind} it.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping">privilege
 *     escalation prevention</a>
 */
public final class GrantChecks {
    private static final List<PolicyRule> EVERYTHING = List.of(
            new PolicyRule(List.of("*"), List.of("*"), List.of("*"), List.of(), List.of()),
            new PolicyRule(List.of("*"), List.of(), List.of(), List.of(), List.of("*")));

    private final Authorizer authorizer;

    public GrantChecks(Authorizer authorizer) {
        this.authorizer = authorizer;
    }

    /**
     * Refuses a write of a role or binding that gives more than {@code user} has; other kinds pass.
     *
     * @param key as the request names it: without a name if it creates
     * @param current empty if it is new
     */
    public void check(User user, ObjectKey key, ApiObject next, Optional<ApiObject> current) {
        GroupResource type = key.type();
        if (!type.group().equals(GroupResource.ROLES.group()) || Authorizer.isMaster(user)
                || current.filter(c -> isSameButOwners(next, c)).isPresent()) {
            return;
        }
        if (type.equals(GroupResource.ROLES) || type.equals(GroupResource.CLUSTER_ROLES)) {
            checkRole(user, key, next, current);
        } else {
            checkBinding(user, key, next);
        }
    }

    private void checkRole(User user, ObjectKey key, ApiObject next, Optional<ApiObject> current) {
        if (authorizer.allows(user, Attributes.resource("escalate", key.type(), "",
                key.namespace(), key.name()))) {
            return;
        }
        confirm(user, key, PolicyRule.list(next.tree().path("rules")), next.name());
        boolean aggregates = isAggregating(next)
                || current.map(GrantChecks::isAggregating).orElse(false);
        if (aggregates && !Coverage.missing(authorizer.rules(user, "").rules(), EVERYTHING)
                .isEmpty()) {
            throw StatusTable.forbidden(key.type(), next.name(),
                    "must have cluster-admin privileges to use the aggregationRule", List.of());
        }
    }

    private void checkBinding(User user, ObjectKey key, ApiObject next) {
        JsonNode reference = next.tree().path("roleRef");
        ObjectKey role = Binding.role(reference, key.namespace());
        boolean known = List.of("Role", "ClusterRole")
                .contains(reference.path("kind").asText(""));
        if (known && authorizer.allows(user,
                new Attributes("bind", reference.path("apiGroup").asText(""),
                        role.type().resource(), "", key.namespace(), role.name(), ""))) {
            return;
        }
        List<PolicyRule> rules = authorizer.rules(role)
                .orElseThrow(() -> StatusTable.notFound(role.type(), role.name()));
        confirm(user, key, rules, next.name());
    }

    private void confirm(User user, ObjectKey key, List<PolicyRule> wanted, String name) {
        Authorizer.Rules owned = authorizer.rules(user, key.namespace());
        SortedSet<String> missing = Coverage.missing(owned.rules(), wanted);
        if (missing.isEmpty()) {
            return;
        }
        String problems = owned.problems().isEmpty()
                ? ""
                : "; resolution errors: [" + Authorizer.aggregate(owned.problems()) + "]";
        throw StatusTable.forbidden(key.type(), name,
                "user \"" + user.name() + "\" (groups=" + PolicyRule.quoted(user.groups())
                        + ") is attempting to grant RBAC permissions not currently held:\n"
                        + String.join("\n", missing) + problems,
                List.of());
    }

    private static boolean isAggregating(ApiObject role) {
        return !role.tree().path("aggregationRule").path("clusterRoleSelectors").isEmpty();
    }

    /** True if nothing changes but what the garbage collector writes. */
    private static boolean isSameButOwners(ApiObject next, ApiObject current) {
        return comparable(next).equals(comparable(current));
    }

    private static ObjectNode comparable(ApiObject object) {
        ApiObject copy = object.copy();
        copy.metadata().remove(List.of("ownerReferences", "finalizers", "selfLink",
                "managedFields"));
        return copy.tree();
    }
}

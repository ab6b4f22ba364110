package io.beemesh.apiserver.authorization;

import io.beemesh.apiserver.auth.User;
import io.beemesh.apiserver.request.StatusException;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who may do what: role-based access control as in Kubernetes. Members of {@code system:masters} may do
 * everything; for everybody else some rule of some role that is bound to them must allow it. Any thread;
 * costs microseconds and no I/O, and sees every change of a role or binding at once.
 *
 * @see <a href="https://kubernetes.io/docs/reference/access-authn-authz/rbac/">RBAC</a>
 */
public final class Authorizer {
    private final Policy policy;

    public Authorizer(Registry registry) {
        this.policy = new Policy(registry);
    }

    /**
     * May he, and why.
     *
     * @param reason in Kubernetes' words; may be empty
     */
    public record Decision(boolean allowed, String reason) {}

    /**
     * All rules that a user has somewhere.
     *
     * @param problems roles that are bound to him and not there
     */
    public record Rules(List<PolicyRule> rules, List<String> problems) {
        public Rules {
            rules = List.copyOf(rules);
            problems = List.copyOf(problems);
        }
    }

    /** Reads the bindings and follows them; on the loop. Until then only administrators may anything. */
    public void start() {
        policy.start();
    }

    /** True if nothing is forbidden to {@code user}, whatever roles say. */
    public static boolean isMaster(User user) {
        return user.groups().contains(User.MASTERS);
    }

    /** Says whether {@code user} may do what is asked for. */
    public Decision decide(User user, Attributes wanted) {
        if (isMaster(user)) {
            return new Decision(true, "");
        }
        List<String> problems = new ArrayList<>();
        for (String scope : scopes(wanted.namespace())) {
            for (Policy.Grant grant : policy.grants(user, scope)) {
                Optional<List<PolicyRule>> rules = policy.rules(grant.binding().role());
                if (rules.isEmpty()) {
                    problems.add(missing(grant.binding().role()));
                    continue;
                }
                for (PolicyRule rule : rules.get()) {
                    if (rule.allows(wanted)) {
                        return new Decision(true, "RBAC: allowed by " + grant.description());
                    }
                }
            }
        }
        return new Decision(false, problems.isEmpty() ? "" : "RBAC: " + aggregate(problems));
    }

    /** True if {@code user} may do what is asked for. */
    public boolean allows(User user, Attributes wanted) {
        return decide(user, wanted).allowed();
    }

    /** The refusal, in Kubernetes' words, if {@code user} may not do what is asked for. */
    public Optional<StatusException> refuse(User user, Attributes wanted) {
        Decision decision = decide(user, wanted);
        return decision.allowed()
                ? Optional.empty()
                : Optional.of(wanted.forbidden(user.name(), decision.reason()));
    }

    /** The rules that {@code user} has in a namespace, or everywhere if it is empty. */
    public Rules rules(User user, String namespace) {
        List<PolicyRule> all = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (String scope : scopes(namespace)) {
            for (Policy.Grant grant : policy.grants(user, scope)) {
                policy.rules(grant.binding().role()).ifPresentOrElse(all::addAll,
                        () -> problems.add(missing(grant.binding().role())));
            }
        }
        return new Rules(all, problems);
    }

    /** The rules of a role; empty if it is not there. */
    Optional<List<PolicyRule>> rules(ObjectKey role) {
        return policy.rules(role);
    }

    private static List<String> scopes(String namespace) {
        return namespace.isEmpty() ? List.of("") : List.of("", namespace);
    }

    private static String missing(ObjectKey role) {
        return role.type() + " \"" + role.name() + "\" not found";
    }

    /** Several problems in one text, each once. */
    static String aggregate(List<String> problems) {
        List<String> distinct = problems.stream().distinct().toList();
        return distinct.size() == 1
                ? distinct.getFirst()
                : "[" + String.join(", ", distinct) + "]";
    }
}

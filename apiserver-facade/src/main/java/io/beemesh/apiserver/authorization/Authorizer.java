package io.beemesh.apiserver.authorization;

import io.beemesh.apiserver.auth.User;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import java.util.List;

/**
 * Who may do what, until there are roles. People, who come with a certificate, may do everything. A
 * service account, whose token every pod carries, may do what Kubernetes lets every account do: look at
 * what the API is, and ask about itself. One that an administrator has annotated with {@value #ROLE}:
 * {@value #ADMIN} may do everything too. Any thread.
 */
public final class Authorizer {
    static final String ROLE = "beemesh.io/role";
    static final String ADMIN = "cluster-admin";
    private static final List<String> PUBLIC = List.of("/api", "/apis", "/openapi", "/version",
            "/healthz", "/livez", "/readyz", "/.well-known", "/openid");
    private static final List<String> SELF_REVIEWS = List.of("selfsubjectreviews",
            "selfsubjectaccessreviews", "selfsubjectrulesreviews");

    private final Registry registry;

    public Authorizer(Registry registry) {
        this.registry = registry;
    }

    /**
     * What somebody wants to do with resources.
     *
     * @param resource such as {@code pods} or {@code pods/log}
     * @param namespace empty for the cluster scope
     */
    public record Action(String verb, String group, String resource, String namespace,
            String name) {}

    /** True if {@code user} may do this. */
    public boolean allows(User user, Action action) {
        return mayAll(user)
                || (action.verb.equals("create") && SELF_REVIEWS.contains(action.resource));
    }

    /** True if {@code user} may do this with a path that names no resource. */
    public boolean allowsPath(User user, String verb, String path) {
        int second = path.indexOf('/', 1);
        boolean reads = verb.equals("get") || verb.equals("head");
        return mayAll(user)
                || (reads && PUBLIC.contains(second < 0 ? path : path.substring(0, second)));
    }

    /** True if nothing is forbidden to {@code user}. */
    public boolean mayAll(User user) {
        if (!user.name().startsWith(User.SERVICE_ACCOUNT_PREFIX)) {
            return true;
        }
        String account = user.name().substring(User.SERVICE_ACCOUNT_PREFIX.length());
        int colon = account.indexOf(':');
        return colon > 0 && registry
                .get(new ObjectKey(GroupResource.SERVICE_ACCOUNTS, account.substring(0, colon),
                        account.substring(colon + 1)))
                .filter(a -> ADMIN.equals(a.object().annotations().get(ROLE))).isPresent();
    }
}

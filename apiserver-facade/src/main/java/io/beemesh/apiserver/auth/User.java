package io.beemesh.apiserver.auth;

import java.util.List;
import java.util.Map;

/**
 * Who asks.
 *
 * @param name of a client certificate the common name
 * @param groups of a client certificate the organisations, and {@code system:authenticated}
 * @param extra further attributes, keys in lower case
 */
public record User(String name, String uid, List<String> groups,
        Map<String, List<String>> extra) {
    /** The group whose members may do everything. */
    public static final String MASTERS = "system:masters";
    public static final String AUTHENTICATED = "system:authenticated";
    /** The group of all service accounts, and before a colon and a namespace of those of one. */
    public static final String SERVICE_ACCOUNTS = "system:serviceaccounts";
    /** Before the namespace, a colon and the name of a service account. */
    public static final String SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:";
    public static final String UNAUTHENTICATED = "system:unauthenticated";

    public static final User ANONYMOUS = new User("system:anonymous", "",
            List.of(UNAUTHENTICATED));

    public User {
        groups = List.copyOf(groups);
        extra = Map.copyOf(extra);
    }

    /** A user without further attributes. */
    public User(String name, String uid, List<String> groups) {
        this(name, uid, groups, Map.of());
    }
}

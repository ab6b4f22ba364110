package io.beemesh.apiserver.auth;

import java.util.List;

/**
 * Who asks.
 *
 * @param name of a client certificate the common name
 * @param groups of a client certificate the organisations, and {@code system:authenticated}
 */
public record User(String name, String uid, List<String> groups) {
    public static final User ANONYMOUS = new User("system:anonymous", "",
            List.of("system:unauthenticated"));

    public User {
        groups = List.copyOf(groups);
    }
}

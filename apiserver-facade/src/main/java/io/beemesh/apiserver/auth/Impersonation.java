package io.beemesh.apiserver.auth;

import io.beemesh.apiserver.auth.Authentication.Authenticated;
import io.beemesh.apiserver.auth.Authentication.Rejected;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Lets administrators act as another user, as {@code kubectl --as} does.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation">User
 *     impersonation</a>
 */
final class Impersonation {
    private static final String EXTRA = "impersonate-extra-";

    private Impersonation() {}

    /** The user whom the headers of {@code user}'s request name, or {@code user}. */
    static Authentication apply(User user, Credentials credentials) {
        String name = credentials.header("impersonate-user");
        if (name.isEmpty()) {
            boolean others = credentials.headers().keySet().stream()
                    .anyMatch(h -> h.startsWith("impersonate-"));
            return others
                    ? new Rejected(400, "BadRequest",
                            "Impersonate-Group, -Uid and -Extra need Impersonate-User")
                    : new Authenticated(user);
        }
        if (!user.groups().contains(User.MASTERS)) {
            return new Rejected(403, "Forbidden", "users \"" + name + "\" is forbidden: User \""
                    + user.name() + "\" cannot impersonate resource \"users\" in API group \"\""
                    + " at the cluster scope");
        }
        return new Authenticated(new User(name, credentials.header("impersonate-uid"),
                groups(name, credentials), extra(credentials)));
    }

    private static List<String> groups(String name, Credentials credentials) {
        List<String> groups = new ArrayList<>(
                credentials.headers().getOrDefault("impersonate-group", List.of()));
        int namespaceEnd = name.indexOf(':', User.SERVICE_ACCOUNT_PREFIX.length());
        if (groups.isEmpty() && name.startsWith(User.SERVICE_ACCOUNT_PREFIX) && namespaceEnd > 0) {
            groups.add(User.SERVICE_ACCOUNTS);
            groups.add(User.SERVICE_ACCOUNTS + ":"
                    + name.substring(User.SERVICE_ACCOUNT_PREFIX.length(), namespaceEnd));
        }
        String last = name.equals(User.ANONYMOUS.name())
                ? User.UNAUTHENTICATED
                : User.AUTHENTICATED;
        if (!groups.contains(last)) {
            groups.add(last);
        }
        return groups;
    }

    private static Map<String, List<String>> extra(Credentials credentials) {
        Map<String, List<String>> extra = new LinkedHashMap<>();
        credentials.headers().forEach((header, values) -> {
            if (header.startsWith(EXTRA)) {
                extra.put(decode(header.substring(EXTRA.length())), List.copyOf(values));
            }
        });
        return extra;
    }

    private static String decode(String key) {
        try {
            // A plus sign is itself here, other than in a query.
            return URLDecoder.decode(key.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return key;
        }
    }
}

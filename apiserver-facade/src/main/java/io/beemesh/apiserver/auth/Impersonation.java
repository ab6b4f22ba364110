package io.beemesh.apiserver.auth;

import io.beemesh.apiserver.auth.Authentication.Authenticated;
import io.beemesh.apiserver.auth.Authentication.Rejected;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Lets a user act as another one, as {@code kubectl --as} does, if he may {@code impersonate} every part
 * of him: the name, each group, the uid and each further attribute.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation">User
 *     impersonation</a>
 */
public final class Impersonation {
    private static final String EXTRA = "impersonate-extra-";
    private static final String GROUP = "authentication.k8s.io";

    private final Check check;

    public Impersonation(Check check) {
        this.check = check;
    }

    /** Part of whom somebody wants to act as: {@code resource} with {@code name}. */
    public record Part(String group, String resource, String subresource, String namespace,
            String name) {}

    /** Says whether somebody may act as another one. */
    @FunctionalInterface
    public interface Check {
        /** The refusal if {@code user} may not impersonate {@code part}. */
        Optional<Rejected> refuse(User user, Part part);
    }

    /** The user whom the headers of {@code user}'s request name, or {@code user}. */
    Authentication apply(User user, Credentials credentials) {
        String name = credentials.header("impersonate-user");
        if (name.isEmpty()) {
            boolean others = credentials.headers().keySet().stream()
                    .anyMatch(h -> h.startsWith("impersonate-"));
            return others
                    ? new Rejected(500, "InternalError",
                            "Internal error occurred: requested parts of a user without impersonating"
                                    + " a user")
                    : new Authenticated(user);
        }
        for (Part part : parts(name, credentials)) {
            Optional<Rejected> refusal = check.refuse(user, part);
            if (refusal.isPresent()) {
                return refusal.get();
            }
        }
        return new Authenticated(new User(name, credentials.header("impersonate-uid"),
                groups(name, credentials), extra(credentials)));
    }

    /** All that must be allowed. */
    private static List<Part> parts(String name, Credentials credentials) {
        List<Part> parts = new ArrayList<>();
        String[] account = account(name);
        parts.add(account.length == 2
                ? new Part("", "serviceaccounts", "", account[0], account[1])
                : new Part("", "users", "", "", name));
        for (String group : credentials.headers().getOrDefault("impersonate-group", List.of())) {
            parts.add(new Part("", "groups", "", "", group));
        }
        extra(credentials).forEach((key, values) -> values
                .forEach(value -> parts.add(new Part(GROUP, "userextras", key, "", value))));
        String uid = credentials.header("impersonate-uid");
        if (!uid.isEmpty()) {
            parts.add(new Part(GROUP, "uids", "", "", uid));
        }
        return parts;
    }

    /** Namespace and name of a service account; nothing if {@code name} is another user's. */
    private static String[] account(String name) {
        String[] parts = name.startsWith(User.SERVICE_ACCOUNT_PREFIX)
                ? name.substring(User.SERVICE_ACCOUNT_PREFIX.length()).split(":", -1)
                : new String[0];
        return parts.length == 2 && !parts[0].isEmpty() && !parts[1].isEmpty()
                ? parts
                : new String[0];
    }

    private static List<String> groups(String name, Credentials credentials) {
        List<String> groups = new ArrayList<>(
                credentials.headers().getOrDefault("impersonate-group", List.of()));
        String[] account = account(name);
        if (groups.isEmpty() && account.length == 2) {
            groups.add(User.SERVICE_ACCOUNTS);
            groups.add(User.SERVICE_ACCOUNTS + ":" + account[0]);
        }
        if (name.equals(User.ANONYMOUS.name())) {
            addIfAbsent(groups, User.UNAUTHENTICATED);
        } else if (!groups.contains(User.UNAUTHENTICATED)) {
            addIfAbsent(groups, User.AUTHENTICATED);
        }
        return groups;
    }

    private static void addIfAbsent(List<String> groups, String group) {
        if (!groups.contains(group)) {
            groups.add(group);
        }
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

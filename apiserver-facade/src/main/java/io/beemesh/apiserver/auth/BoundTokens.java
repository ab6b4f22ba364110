package io.beemesh.apiserver.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * Tokens of service accounts: each for some audiences and a time, and good only as long as the account,
 * and the object that it is bound to, are there. Any thread.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/">service
 *     account tokens</a>
 */
public final class BoundTokens {
    /** Who issues tokens, and whom those without an audience are for. */
    public static final String ISSUER = "https://kubernetes.default.svc.cluster.local";
    /** Clocks of machines may differ by this. */
    private static final Duration SKEW = Duration.ofSeconds(30);
    /** A pod may use its token while it ends. */
    private static final Duration AFTER_DELETION = Duration.ofSeconds(60);
    private static final String PRIVATE = "kubernetes.io";
    private static final String EXTRA = "authentication.kubernetes.io/";

    private final Registry registry;
    private final TokenSigner signer;
    private final InstantSource clock;
    private final RandomGenerator random;

    /** @param random may be used by several threads */
    public BoundTokens(Registry registry, TokenSigner signer, InstantSource clock,
            RandomGenerator random) {
        this.registry = registry;
        this.signer = signer;
        this.clock = clock;
        this.random = random;
    }

    /**
     * What a token is to say.
     *
     * @param account of which it is
     * @param audiences empty means the API server's own
     * @param bound the Pod, Secret or Node that it needs; empty if none
     */
    public record Request(ApiObject account, List<String> audiences, Duration lifetime,
            Optional<ApiObject> bound) {}

    /** A token and the time until which it is good. */
    public record Issued(String token, Instant expiry) {}

    /** Whose token it was, and for whom. */
    public record Verified(User user, List<String> audiences) {}

    /** The key that tokens are verified with. */
    public TokenSigner signer() {
        return signer;
    }

    /** Issues a token. */
    public Issued issue(Request request) {
        ApiObject account = request.account;
        Instant now = clock.instant();
        Instant expiry = now.plus(request.lifetime);
        ObjectNode claims = Json.object();
        List<String> audiences = request.audiences.isEmpty()
                ? List.of(ISSUER)
                : request.audiences;
        audiences.forEach(claims.putArray("aud")::add);
        claims.put("exp", expiry.getEpochSecond()).put("iat", now.getEpochSecond());
        claims.put("iss", ISSUER).put("jti",
                new UUID((random.nextLong() & ~0xf000L) | 0x4000L,
                        (random.nextLong() & ~(3L << 62)) | (2L << 62)).toString());
        ObjectNode own = claims.putObject(PRIVATE);
        own.put("namespace", account.namespace());
        request.bound.ifPresent(object -> {
            reference(own, object);
            String node = object.tree().path("spec").path("nodeName").asText("");
            registry.get(ObjectKey.cluster(GroupResource.NODES, node))
                    .ifPresent(n -> reference(own, n.object()));
        });
        reference(own, account);
        claims.put("nbf", now.getEpochSecond());
        claims.put("sub", name(account.namespace(), account.name()));
        return new Issued(signer.sign(claims), Instant.ofEpochSecond(expiry.getEpochSecond()));
    }

    private static void reference(ObjectNode into, ApiObject object) {
        into.putObject(object.kind().toLowerCase(java.util.Locale.ROOT)).put("name", object.name())
                .put("uid", object.uid());
    }

    /** The user of a token that counts here and now for one of {@code audiences}, which must not be empty. */
    public Optional<Verified> verify(String token, List<String> audiences) {
        return signer.verify(token).flatMap(claims -> {
            List<String> common = new ArrayList<>();
            claims.path("aud").forEach(a -> common.add(a.asText("")));
            common.retainAll(audiences);
            return common.isEmpty() || !isCurrent(claims) || !standsFor(claims)
                    ? Optional.empty()
                    : Optional.of(new Verified(user(claims), common));
        });
    }

    private boolean isCurrent(JsonNode claims) {
        long now = clock.instant().getEpochSecond();
        return claims.path("iss").asText("").equals(ISSUER)
                && now <= claims.path("exp").asLong(0) + SKEW.toSeconds()
                && now >= claims.path("nbf").asLong(Long.MAX_VALUE) - SKEW.toSeconds();
    }

    /** True if the account and what the token is bound to are still there. */
    private boolean standsFor(JsonNode claims) {
        JsonNode own = claims.path(PRIVATE);
        String namespace = own.path("namespace").asText("");
        return isThere(GroupResource.SERVICE_ACCOUNTS, namespace, own.path("serviceaccount"))
                && (!own.has("pod") || isThere(GroupResource.PODS, namespace, own.path("pod")))
                && (!own.has("secret")
                        || isThere(GroupResource.SECRETS, namespace, own.path("secret")))
                && (own.has("pod") || !own.has("node")
                        || isThere(GroupResource.NODES, "", own.path("node")));
    }

    private boolean isThere(GroupResource type, String namespace, JsonNode reference) {
        Optional<StoredObject> found = registry
                .get(new ObjectKey(type, namespace, reference.path("name").asText("")))
                .filter(object -> object.uid().equals(reference.path("uid").asText("")));
        return found.isPresent() && found.get().object().deletionTimestamp()
                .map(t -> clock.instant().isBefore(t.plus(AFTER_DELETION))).orElse(true);
    }

    private static User user(JsonNode claims) {
        JsonNode own = claims.path(PRIVATE);
        String namespace = own.path("namespace").asText("");
        Map<String, List<String>> extra = new LinkedHashMap<>();
        extra.put(EXTRA + "credential-id", List.of("JTI=" + claims.path("jti").asText("")));
        for (String kind : List.of("node", "pod")) {
            if (own.has(kind)) {
                extra.put(EXTRA + kind + "-name", List.of(own.path(kind).path("name").asText("")));
                extra.put(EXTRA + kind + "-uid", List.of(own.path(kind).path("uid").asText("")));
            }
        }
        return new User(name(namespace, own.path("serviceaccount").path("name").asText("")),
                own.path("serviceaccount").path("uid").asText(""),
                List.of(User.SERVICE_ACCOUNTS, User.SERVICE_ACCOUNTS + ":" + namespace,
                        User.AUTHENTICATED),
                extra);
    }

    private static String name(String namespace, String account) {
        return User.SERVICE_ACCOUNT_PREFIX + namespace + ":" + account;
    }
}

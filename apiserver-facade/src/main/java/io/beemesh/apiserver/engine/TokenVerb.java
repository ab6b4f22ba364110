package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.auth.BoundTokens;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Answers {@code serviceaccounts/token}: issues a token that is bound as the request says.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/">TokenRequest</a>
 */
final class TokenVerb {
    private static final GroupResource REQUESTS = new GroupResource("authentication.k8s.io",
            "tokenrequests");
    private static final long SECONDS_DEFAULT = 3600;
    private static final long SECONDS_MIN = 600;
    private static final long SECONDS_MAX = 1L << 32;
    /** Longer ones are cut, as clusters do that set a limit. */
    private static final long SECONDS_GIVEN_MAX = Duration.ofDays(1).toSeconds();
    private static final Map<String, GroupResource> BOUND = Map.of("Pod", GroupResource.PODS,
            "Secret", GroupResource.SECRETS, "Node", GroupResource.NODES);

    private final Registry registry;
    private final BoundTokens tokens;

    TokenVerb(Registry registry, BoundTokens tokens) {
        this.registry = registry;
        this.tokens = tokens;
    }

    ApiResponse handle(Call call) {
        WriteOptions options = WriteOptions.of(call.request(), "CreateOptions", false);
        ApiObject request = Bodies.object(call.request(), "authentication.k8s.io/v1",
                "TokenRequest");
        StoredObject account = registry.get(call.key())
                .orElseThrow(() -> StatusTable.notFound(call.type(), call.info().name()));
        String name = request.name();
        if (!name.isEmpty() && !name.equals(call.info().name())) {
            throw StatusTable.badRequest("metadata.name: Invalid value: \"" + name
                    + "\": must match the service account name if specified");
        }
        ObjectNode spec = request.spec();
        long seconds = spec.path("expirationSeconds").asLong(SECONDS_DEFAULT);
        requireLifetime(seconds);
        spec.put("expirationSeconds", seconds);
        if (spec.path("audiences").isEmpty()) {
            spec.putArray("audiences").add(BoundTokens.ISSUER);
        }
        List<String> audiences = new ArrayList<>();
        spec.path("audiences").forEach(a -> audiences.add(a.asText("")));
        Optional<ApiObject> bound = bound(call, spec.path("boundObjectRef"),
                account.key().name());
        ObjectNode metadata = request.metadata();
        metadata.put("name", call.info().name()).put("namespace", call.info().namespace());
        if (!options.dryRun()) {
            BoundTokens.Issued issued = tokens.issue(new BoundTokens.Request(account.object(),
                    audiences, Duration.ofSeconds(Math.min(seconds, SECONDS_GIVEN_MAX)), bound));
            metadata.put("creationTimestamp",
                    issued.expiry().minusSeconds(Math.min(seconds, SECONDS_GIVEN_MAX)).toString());
            request.status().put("token", issued.token()).put("expirationTimestamp",
                    issued.expiry().toString());
        }
        return Rendering.tree(call, 201, request.tree());
    }

    private static void requireLifetime(long seconds) {
        String problem = seconds < SECONDS_MIN
                ? "may not specify a duration less than 10 minutes"
                : seconds > SECONDS_MAX
                        ? "may not specify a duration larger than 2^32 seconds"
                        : "";
        if (!problem.isEmpty()) {
            throw StatusTable.invalid(REQUESTS.group(), "TokenRequest", "",
                    List.of(new Cause("FieldValueInvalid",
                            "Invalid value: " + seconds + ": " + problem,
                            "spec.expirationSeconds")));
        }
    }

    private Optional<ApiObject> bound(Call call, JsonNode reference, String account) {
        if (!reference.isObject()) {
            return Optional.empty();
        }
        String kind = reference.path("kind").asText("");
        GroupResource type = BOUND.get(kind);
        if (type == null || !reference.path("apiVersion").asText("v1").equals("v1")) {
            throw StatusTable.badRequest("cannot bind token for serviceaccount \"" + account
                    + "\" to object of kind \"" + kind + "\"");
        }
        String name = reference.path("name").asText("");
        String namespace = type.equals(GroupResource.NODES) ? "" : call.info().namespace();
        ApiObject object = registry.get(new ObjectKey(type, namespace, name))
                .map(StoredObject::object).orElseThrow(() -> StatusTable.notFound(type, name));
        String uid = reference.path("uid").asText("");
        if (!uid.isEmpty() && !uid.equals(object.uid())) {
            throw StatusTable.conflict(type, name, "the UID in the bound object reference (" + uid
                    + ") does not match the UID in record. The object might have been deleted and then "
                    + "recreated");
        }
        if (kind.equals("Pod")
                && !object.spec().path("serviceAccountName").asText("").equals(account)) {
            throw StatusTable.badRequest("cannot bind token for serviceaccount \"" + account
                    + "\" to pod running with different serviceaccount name.");
        }
        return Optional.of(object);
    }
}

package io.beemesh.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.auth.BoundTokens;
import io.beemesh.apiserver.auth.TokenSigner;
import io.beemesh.apiserver.discovery.Discovery;
import io.beemesh.apiserver.discovery.OpenApi;
import io.beemesh.apiserver.discovery.OpenApiV2;
import io.beemesh.apiserver.engine.DocumentSource;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.MediaType;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.apiserver.resource.ResourceCatalog;
import io.beemesh.machine.object.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Discovery, OpenAPI and the keys of tokens over HTTP: which form a client gets, and how long it may keep it.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/overview/kubernetes-api/">the Kubernetes API</a>
 */
final class ApiDocuments implements DocumentSource {
    private static final String JSON = "application/json";
    private static final String AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    private static final String KEYS = "/openid/v1/jwks";
    private static final String OPENAPI = "/openapi/v3";
    private static final String OPENAPI_V2 = "/openapi/v2";
    private static final String SWAGGER = "application/com.github.proto-openapi.spec.v2";

    private final Discovery discovery;
    private final OpenApi openApi;
    private final OpenApiV2 openApiV2;
    private final String serverAddress;
    private final TokenSigner signer;

    /** @param serverAddress host and port under which clients reach this server */
    ApiDocuments(ResourceCatalog catalog, String serverAddress, TokenSigner signer) {
        this.discovery = new Discovery(catalog);
        this.openApi = new OpenApi(catalog);
        this.openApiV2 = new OpenApiV2(catalog, Versions.server().gitVersion());
        this.serverAddress = serverAddress;
        this.signer = signer;
    }

    @Override
    public Optional<ApiResponse> find(ApiRequest request) {
        String path = request.path();
        if (path.length() > 1 && path.endsWith("/")) {
            path = path.substring(0, path.length() - 1);
        }
        if (path.equals("/api")) {
            return Optional.of(wantsAggregated(request)
                    ? aggregated(request, discovery.aggregatedCore())
                    : json(discovery.apiVersions(serverAddress)));
        }
        if (path.equals("/apis")) {
            return Optional.of(wantsAggregated(request)
                    ? aggregated(request, discovery.aggregatedGroups())
                    : json(discovery.groupList()));
        }
        if (path.equals("/.well-known/openid-configuration")) {
            return Optional.of(json(Json.write(issuer())));
        }
        if (path.equals(KEYS)) {
            return Optional.of(new ApiResponse.Whole(200, "application/jwk-set+json", Map.of(),
                    List.of(Json.write(signer.keySet()))));
        }
        if (path.equals(OPENAPI)) {
            return Optional.of(json(openApi.index()));
        }
        if (path.equals(OPENAPI_V2)) {
            return Optional.of(openApiV2(request));
        }
        if (path.startsWith(OPENAPI + "/")) {
            return openApi(request, path.substring(OPENAPI.length() + 1));
        }
        String[] parts = path.substring(1).split("/", -1);
        return switch (parts[0]) {
            case "api" -> parts.length == 2
                    ? discovery.resources("", parts[1]).map(this::json)
                    : Optional.empty();
            case "apis" -> switch (parts.length) {
                case 2 -> discovery.group(parts[1]).map(this::json);
                case 3 -> discovery.resources(parts[1], parts[2]).map(this::json);
                default -> Optional.empty();
            };
            default -> Optional.empty();
        };
    }

    /** What OpenID Connect clients need to verify tokens of service accounts. */
    private ObjectNode issuer() {
        ObjectNode issuer = Json.object();
        issuer.put("issuer", BoundTokens.ISSUER);
        issuer.put("jwks_uri", "https://" + serverAddress + KEYS);
        issuer.putArray("response_types_supported").add("id_token");
        issuer.putArray("subject_types_supported").add("public");
        issuer.putArray("id_token_signing_alg_values_supported").add("ES256");
        return issuer;
    }

    /** The exact version counts: old clients know only v2beta1 and would misread v2. */
    private static boolean wantsAggregated(ApiRequest request) {
        for (MediaType clause : MediaType.parseAccept(request.header("accept"))) {
            if (clause.type().equals(JSON)
                    && clause.parameter("g").equals("apidiscovery.k8s.io")
                    && clause.parameter("as").equals("APIGroupDiscoveryList")
                    && clause.parameter("v").equals("v2")) {
                return true;
            }
            if (clause.accepts(JSON) && clause.parameters().isEmpty()) {
                return false;
            }
        }
        return false;
    }

    private ApiResponse aggregated(ApiRequest request, byte[] document) {
        Map<String, List<String>> headers = new LinkedHashMap<>();
        headers.put("ETag", List.of(Discovery.etag(document)));
        headers.put("Vary", List.of("Accept"));
        headers.put("Cache-Control", List.of("public"));
        boolean known = request.header("if-none-match").equals(Discovery.etag(document));
        return new ApiResponse.Whole(known ? 304 : 200, AGGREGATED, headers,
                known ? List.of() : List.of(document));
    }

    private Optional<ApiResponse> openApi(ApiRequest request, String path) {
        Optional<String> hash = openApi.hash(path);
        if (hash.isEmpty()) {
            return Optional.empty();
        }
        String etag = "\"" + hash.get() + "\"";
        Map<String, List<String>> headers = new LinkedHashMap<>();
        headers.put("ETag", List.of(etag));
        headers.put("Vary", List.of("Accept"));
        Optional<String> asked = request.parameter("hash");
        if (asked.isPresent() && !asked.get().equals(hash.get())) {
            headers.put("Location", List.of(OPENAPI + "/" + path + "?hash=" + hash.get()));
            return Optional.of(new ApiResponse.Whole(301, JSON, headers, List.of()));
        }
        headers.put("Cache-Control",
                List.of(asked.isPresent() ? "public, immutable, max-age=31536000" : "no-cache"));
        if (request.header("if-none-match").equals(etag)) {
            return Optional.of(new ApiResponse.Whole(304, JSON, headers, List.of()));
        }
        return openApi.document(path).map(
                document -> new ApiResponse.Whole(200, JSON, headers, document.body()));
    }

    private ApiResponse openApiV2(ApiRequest request) {
        boolean protobuf = wantsProtobuf(request);
        String type = protobuf ? SWAGGER + ".v1.0+protobuf" : JSON;
        String etag = "\"" + openApiV2.hash() + "\"";
        Map<String, List<String>> headers = Map.of("ETag", List.of(etag), "Vary",
                List.of("Accept"));
        if (request.header("if-none-match").equals(etag)) {
            return new ApiResponse.Whole(304, type, headers, List.of());
        }
        return new ApiResponse.Whole(200, type, headers,
                protobuf ? openApiV2.protobuf() : openApiV2.json());
    }

    private static boolean wantsProtobuf(ApiRequest request) {
        for (MediaType clause : MediaType.parseAccept(request.header("accept"))) {
            if (clause.type().equals(SWAGGER + "@v1.0+protobuf")) {
                return true;
            }
            if (clause.accepts(JSON)) {
                return false;
            }
        }
        throw StatusTable.notAcceptable(List.of(JSON, SWAGGER + "@v1.0+protobuf"));
    }

    private ApiResponse json(byte[] document) {
        return new ApiResponse.Whole(200, JSON, Map.of("Vary", List.of("Accept")),
                List.of(document));
    }
}

package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.RequestInfo;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.object.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Answers the paths that name no resource: version, health and the list of paths. */
public final class ServerPaths {
    private static final List<String> PATHS = List.of("/.well-known/openid-configuration", "/api",
            "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v3", "/openid/v1/jwks", "/readyz",
            "/version");

    private final ServerVersion version;
    private final List<Check> checks;

    /** @param checks what must hold for the server to be ready, in order */
    public ServerPaths(ServerVersion version, List<Check> checks) {
        this.version = version;
        this.checks = List.copyOf(checks);
    }

    /**
     * One thing that must hold.
     *
     * @param live true if a server without it should be restarted
     */
    public record Check(String name, boolean live, BooleanSupplier holds) {}

    /**
     * What {@code /version} says.
     *
     * @param minor of the Kubernetes API that is served, digits only
     * @param gitVersion such as {@code v1.34.1+beemesh-0.1.0}
     */
    public record ServerVersion(String major, String minor, String gitVersion, String gitCommit,
            String buildDate, String platform) {}

    Optional<ApiResponse> find(ApiRequest request) {
        String path = request.path().length() > 1 && request.path().endsWith("/")
                ? request.path().substring(0, request.path().length() - 1)
                : request.path();
        String first = path.substring(1);
        String rest = "";
        int slash = first.indexOf('/');
        if (slash >= 0) {
            rest = first.substring(slash + 1);
            first = first.substring(0, slash);
        }
        return switch (first) {
            case "" -> Optional.of(paths());
            case "version" -> rest.isEmpty() ? Optional.of(version()) : Optional.empty();
            case "healthz", "livez", "readyz" -> Optional.of(health(request, first, rest));
            default -> Optional.empty();
        };
    }

    private ApiResponse health(ApiRequest request, String endpoint, String name) {
        List<Check> wanted = checks.stream().filter(c -> c.live || endpoint.equals("readyz"))
                .filter(c -> name.isEmpty() || c.name.equals(name)).toList();
        if (!name.isEmpty() && wanted.isEmpty() && !name.equals("ping")) {
            throw StatusTable.noSuchPath();
        }
        StringBuilder text = new StringBuilder("[+]ping ok\n");
        boolean healthy = true;
        for (Check check : wanted) {
            boolean holds = check.holds.getAsBoolean();
            healthy &= holds;
            text.append(holds ? "[+]" : "[-]").append(check.name)
                    .append(holds ? " ok\n" : " failed: reason withheld\n");
        }
        text.append(endpoint).append(healthy ? " check passed\n" : " check failed\n");
        boolean verbose = request.query().containsKey("verbose")
                && RequestInfo.isTrue(request.query(), "verbose");
        String body = healthy && !verbose ? "ok" : text.toString();
        return new ApiResponse.Whole(healthy ? 200 : 500, "text/plain; charset=utf-8",
                Map.of("Cache-Control", List.of("no-cache, private"), "X-Content-Type-Options",
                        List.of("nosniff")),
                List.of(body.getBytes(StandardCharsets.UTF_8)));
    }

    private ApiResponse version() {
        ObjectNode json = Json.object();
        json.put("major", version.major);
        json.put("minor", version.minor);
        json.put("gitVersion", version.gitVersion);
        json.put("gitCommit", version.gitCommit);
        json.put("gitTreeState", "clean");
        json.put("buildDate", version.buildDate);
        json.put("goVersion", "none");
        json.put("compiler", "javac");
        json.put("platform", version.platform);
        return json(json);
    }

    private static ApiResponse paths() {
        ObjectNode json = Json.object();
        ArrayNode paths = json.putArray("paths");
        PATHS.forEach(paths::add);
        return json(json);
    }

    private static ApiResponse json(ObjectNode json) {
        return new ApiResponse.Whole(200, "application/json",
                Map.of("Cache-Control", List.of("no-cache, private")),
                List.of(Json.write(json), new byte[]{'\n'}));
    }
}

package io.beemesh.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.beemesh.apiserver.auth.User;
import io.beemesh.apiserver.request.ApiHandler;
import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Creates a Deployment or StatefulSet from YAML or JSON, or replaces the one of that name. */
final class WorkloadPost {
    /** Who asks on the loopback port; what the Status of an answer calls him. */
    static final User LOOPBACK = new User("beemesh-loopback", "",
            List.of(User.MASTERS, User.AUTHENTICATED));

    private final ApiHandler api;
    private final Kind kind;

    WorkloadPost(ApiHandler api, Kind kind) {
        this.api = api;
        this.kind = kind;
    }

    /** Which kind of workload a path takes. */
    enum Kind {
        STATELESS("stateless", "Deployment", "deployments"), STATEFUL("stateful", "StatefulSet",
                "statefulsets");

        private final String path;
        private final String kind;
        private final String resource;

        Kind(String path, String kind, String resource) {
            this.path = path;
            this.kind = kind;
            this.resource = resource;
        }

        String path() {
            return path;
        }
    }

    /** Applies what {@code body} says; wrong input is an answer, too. */
    CompletableFuture<ApiResponse.Whole> apply(byte[] body) {
        ObjectNode object;
        try {
            object = parse(body);
        } catch (IOException e) {
            return sentence("The body is no YAML or JSON object: " + firstLine(e));
        }
        String given = object.path("kind").asText("");
        if (!given.equals(kind.kind) || !object.path("apiVersion").asText("").equals("apps/v1")) {
            return sentence("/v1/workloads/" + kind.path + " takes one " + kind.kind
                    + " of apps/v1, not " + (given.isEmpty() ? "an object without kind" : given)
                    + " of " + object.path("apiVersion").asText("no apiVersion")
                    + "; use kubectl apply for other kinds.");
        }
        String name = object.path("metadata").path("name").asText("");
        if (name.isEmpty()) {
            return sentence("The " + kind.kind + " has no metadata.name.");
        }
        String namespace = object.path("metadata").path("namespace").asText("default");
        String collection = "/apis/apps/v1/namespaces/" + encode(namespace) + "/" + kind.resource;
        byte[] json = Json.write(object);
        return ask("POST", collection, json).thenCompose(created -> created.code() == 409
                ? ask("PUT", collection + "/" + encode(name), json)
                : CompletableFuture.completedFuture(created));
    }

    private CompletableFuture<ApiResponse.Whole> ask(String method, String path, byte[] json) {
        ApiRequest request = new ApiRequest(method, path,
                Map.of("fieldManager", List.of("beemesh-loopback"), "fieldValidation",
                        List.of("Strict")),
                Map.of("content-type", "application/json", "accept", "application/json"), json,
                LOOPBACK);
        return api.handle(request).thenApply(answer -> answer instanceof ApiResponse.Whole whole
                ? whole
                : Statuses.internal("not a whole answer"));
    }

    private static ObjectNode parse(byte[] body) throws IOException {
        // Made anew each time: a seldom request must not cost memory for good.
        try (MappingIterator<JsonNode> documents = new YAMLMapper().readerFor(JsonNode.class)
                .readValues(body)) {
            ObjectNode found = null;
            while (documents.hasNext()) {
                JsonNode document = documents.next();
                if (document.isNull() || document.isMissingNode()) {
                    continue;
                }
                if (!(document instanceof ObjectNode object)) {
                    throw new IOException("a document is not an object");
                }
                if (found != null) {
                    throw new IOException("more than one document");
                }
                found = object;
            }
            if (found == null) {
                throw new IOException("it is empty");
            }
            return found;
        } catch (RuntimeException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static CompletableFuture<ApiResponse.Whole> sentence(String text) {
        return CompletableFuture.completedFuture(
                new ApiResponse.Whole(400, "text/plain; charset=utf-8", Map.of(),
                        List.of((text + "\n").getBytes(StandardCharsets.UTF_8))));
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    /** A name with a slash must not reach another path. */
    private static String encode(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8);
    }
}

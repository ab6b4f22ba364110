package io.beemesh.apiserver.discovery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.resource.ResourceCatalog;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.apiserver.resource.ResourceDescriptor.Subresource;
import io.beemesh.machine.object.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The OpenAPI v3 documents, one a group and version, made from the catalogue and the published schemas
 * at each call. Clients keep them by their hash, so that they are asked for seldom. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3">OpenAPI v3</a>
 */
public final class OpenApi {
    /** Raised when documents are made in another way, so that clients fetch them again. */
    private static final String FORMAT = "1";
    private static final List<String> COMMON = List.of("meta.v1.Status", "meta.v1.DeleteOptions",
            "meta.v1.Patch", "meta.v1.WatchEvent");
    private final ResourceCatalog catalog;

    public OpenApi(ResourceCatalog catalog) {
        this.catalog = catalog;
    }

    /**
     * A document.
     *
     * @param body pieces to be written one after another
     * @param hash what the index says; the ETag is the same in quotes
     */
    public record Document(List<byte[]> body, String hash) {
        public Document {
            body = List.copyOf(body);
        }
    }

    /** {@code GET /openapi/v3}: the paths of all documents, each with its hash. */
    public byte[] index() {
        ObjectNode index = Json.object();
        ObjectNode paths = index.putObject("paths");
        byPath().forEach((path, kinds) -> paths.putObject(path).put("serverRelativeURL",
                "/openapi/v3/" + path + "?hash=" + hash(kinds)));
        return Json.write(index);
    }

    /**
     * {@code GET /openapi/v3/PATH}; empty if there is none.
     *
     * @param path such as {@code api/v1} or {@code apis/apps/v1}
     */
    public Optional<Document> document(String path) {
        return Optional.ofNullable(byPath().get(path)).map(kinds -> new Document(
                List.of(head(kinds), new Definitions().members(roots(kinds)), tail()),
                hash(kinds)));
    }

    /** The hash of a document without making it; empty if there is none. */
    public Optional<String> hash(String path) {
        return Optional.ofNullable(byPath().get(path)).map(OpenApi::hash);
    }

    private Map<String, List<ResourceDescriptor>> byPath() {
        Map<String, List<ResourceDescriptor>> byPath = new LinkedHashMap<>();
        for (ResourceDescriptor kind : catalog.all()) {
            String prefix = kind.type().group().isEmpty() ? "api/" : "apis/";
            byPath.computeIfAbsent(prefix + kind.apiVersion(), path -> new ArrayList<>()).add(kind);
        }
        return byPath;
    }

    static String hash(List<ResourceDescriptor> kinds) {
        StringBuilder text = new StringBuilder(FORMAT).append(Definitions.hash());
        for (ResourceDescriptor kind : kinds) {
            text.append(kind.type()).append(kind.version()).append(kind.kind())
                    .append(kind.namespaced()).append(kind.verbs()).append(kind.subresources());
        }
        return Hashes.sha512(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] head(List<ResourceDescriptor> kinds) {
        ObjectNode paths = Json.object();
        kinds.forEach(kind -> new OpenApiPaths(kind).addTo(paths));
        ObjectNode info = Json.object().put("title", "Kubernetes").put("version", "unversioned");
        return ("{\"openapi\":\"3.0.0\",\"info\":" + info + ",\"paths\":" + paths
                + ",\"components\":{\"schemas\":{").getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] tail() {
        return ("},\"securitySchemes\":{\"BearerToken\":{\"type\":\"apiKey\",\"description\":\"Bearer "
                + "Token authentication\",\"name\":\"authorization\",\"in\":\"header\"}}}}")
                .getBytes(StandardCharsets.UTF_8);
    }

    static List<String> roots(List<ResourceDescriptor> kinds) {
        TreeSet<String> roots = new TreeSet<>();
        COMMON.forEach(name -> roots.add(Definitions.published(name)));
        for (ResourceDescriptor kind : kinds) {
            String name = schemaOf(kind);
            roots.add(name);
            if (kind.verbs().contains("list")) {
                roots.add(name + "List");
            }
            for (Subresource sub : kind.subresources()) {
                schemaOf(kind, sub).ifPresent(roots::add);
            }
        }
        return List.copyOf(roots);
    }

    static String schemaOf(ResourceDescriptor kind) {
        return Definitions.published(kind.schema().get().name());
    }

    /** Empty for subresources that answer with no object. */
    static Optional<String> schemaOf(ResourceDescriptor kind, Subresource sub) {
        if (sub.kind().endsWith("Options") || sub.name().equals("log")) {
            return Optional.empty();
        }
        if (sub.kind().equals(kind.kind())) {
            return Optional.of(schemaOf(kind));
        }
        String group = sub.version().isEmpty() ? "core" : sub.group();
        String version = sub.version().isEmpty() ? "v1" : sub.version();
        int dot = group.indexOf('.');
        return Optional.of(Definitions.published((dot < 0 ? group : group.substring(0, dot)) + "."
                + version + "." + sub.kind()));
    }
}

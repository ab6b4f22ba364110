package io.beemesh.apiserver.request;

import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a request asks for, read from its method and path.
 *
 * @param verb as in RBAC, such as {@code list}; of other paths the method in lower case
 * @param resource empty if the path names none, such as {@code /version} or {@code /api/v1}
 * @param namespace empty for cluster-scoped resources and for all namespaces
 * @param rest the path below a {@code proxy} subresource
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris">resource
 *     URIs</a>
 */
public record RequestInfo(String verb, String group, String version, String resource,
        String namespace, String name, String subresource, String rest) {

    /** Reads the request line; never fails, unknown paths are no resources. */
    public static RequestInfo of(String method, String path, Map<String, List<String>> query) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/", -1)) {
            if (!part.isEmpty()) {
                parts.add(part);
            }
        }
        boolean core = !parts.isEmpty() && parts.getFirst().equals("api");
        boolean named = !parts.isEmpty() && parts.getFirst().equals("apis");
        int prefix = core ? 2 : 3;
        if ((!core && !named) || parts.size() <= prefix) {
            return new RequestInfo(method.toLowerCase(Locale.ROOT), "", "", "", "", "", "", "");
        }
        String group = core ? "" : parts.get(1);
        String version = parts.get(prefix - 1);
        return resource(method, group, version, parts.subList(prefix, parts.size()), query);
    }

    private static RequestInfo resource(String method, String group, String version,
            List<String> path, Map<String, List<String>> query) {
        List<String> parts = path;
        boolean legacyWatch = parts.size() > 1 && parts.getFirst().equals("watch");
        if (legacyWatch) {
            parts = parts.subList(1, parts.size());
        }
        String namespace = "";
        if (parts.getFirst().equals("namespaces") && parts.size() > 2 && !isNamespacePart(parts)) {
            namespace = parts.get(1);
            parts = parts.subList(2, parts.size());
        }
        String name = parts.size() > 1 ? parts.get(1) : "";
        String subresource = parts.size() > 2 ? parts.get(2) : "";
        String rest = parts.size() > 3 ? String.join("/", parts.subList(3, parts.size())) : "";
        String verb = legacyWatch ? "watch" : verb(method, name, query);
        return new RequestInfo(verb, group, version, parts.getFirst(), namespace, name, subresource,
                rest);
    }

    /** True for {@code namespaces/x/status}, where the third part belongs to the namespace itself. */
    private static boolean isNamespacePart(List<String> parts) {
        return parts.size() == 3
                && (parts.get(2).equals("status") || parts.get(2).equals("finalize"));
    }

    private static String verb(String method, String name, Map<String, List<String>> query) {
        return switch (method) {
            case "GET", "HEAD" ->
                !name.isEmpty() ? "get" : isTrue(query, "watch") ? "watch" : "list";
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            case "DELETE" -> name.isEmpty() ? "deletecollection" : "delete";
            default -> method.toLowerCase(Locale.ROOT);
        };
    }

    /** True for a parameter that is there and says neither false nor 0, as Kubernetes reads it. */
    public static boolean isTrue(Map<String, List<String>> query, String parameter) {
        List<String> values = query.getOrDefault(parameter, List.of());
        return !values.isEmpty()
                && !values.getFirst().equals("0")
                && !values.getFirst().equalsIgnoreCase("false");
    }

    public boolean isResource() {
        return !resource.isEmpty();
    }

    public GroupResource type() {
        return new GroupResource(group, resource);
    }

    public ObjectKey key() {
        return new ObjectKey(type(), namespace, name);
    }
}

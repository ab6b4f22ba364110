package io.beemesh.apiserver.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.apiserver.resource.ResourceDescriptor.Subresource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The paths of one kind and their operations. */
final class OpenApiPaths {
    private static final List<String> BODIES = List.of("application/json", "application/yaml",
            "application/vnd.kubernetes.protobuf");
    private static final List<String> PATCHES = List.of("application/apply-patch+yaml",
            "application/json-patch+json", "application/merge-patch+json",
            "application/strategic-merge-patch+json");
    private static final String LIST = "allowWatchBookmarks:boolean continue:string fieldSelector:string "
            + "labelSelector:string limit:integer resourceVersion:string resourceVersionMatch:string "
            + "sendInitialEvents:boolean timeoutSeconds:integer watch:boolean";
    private static final String WRITE = "dryRun:string fieldManager:string fieldValidation:string";
    private static final String DELETE = "dryRun:string gracePeriodSeconds:integer "
            + "orphanDependents:boolean propagationPolicy:string";
    private static final Map<String, String> CONNECT = Map.of("exec",
            "command:string container:string stderr:boolean stdin:boolean stdout:boolean tty:boolean",
            "attach", "container:string stderr:boolean stdin:boolean stdout:boolean tty:boolean",
            "portforward", "ports:integer", "log",
            "container:string follow:boolean insecureSkipTLSVerifyBackend:boolean limitBytes:integer "
                    + "previous:boolean sinceSeconds:integer stream:string tailLines:integer "
                    + "timestamps:boolean");
    private final ResourceDescriptor kind;
    private final String schema;

    OpenApiPaths(ResourceDescriptor kind) {
        this.kind = kind;
        this.schema = OpenApi.schemaOf(kind);
    }

    void addTo(ObjectNode paths) {
        String base = kind.type().group().isEmpty()
                ? "/api/" + kind.version()
                : "/apis/" + kind.apiVersion();
        String collection = base + (kind.namespaced() ? "/namespaces/{namespace}/" : "/")
                + kind.type().resource();
        if (kind.namespaced() && kind.verbs().contains("list")) {
            ObjectNode all = paths.putObject(base + "/" + kind.type().resource());
            list(all, "ForAllNamespaces");
        }
        collection(paths.putObject(collection));
        if (kind.verbs().contains("get")) {
            item(paths.putObject(collection + "/{name}"));
        }
        for (Subresource sub : kind.subresources()) {
            subresource(paths.putObject(collection + "/{name}/" + sub.name()), sub);
        }
    }

    private void collection(ObjectNode path) {
        parameters(path, kind.namespaced() ? "namespace" : "");
        if (kind.verbs().contains("list")) {
            list(path, "");
        }
        if (kind.verbs().contains("create")) {
            ObjectNode post = operation(path, "post", "post", "create", "", WRITE);
            body(post, BODIES, schema);
            answers(post, schema, "200", "201", "202");
        }
        if (kind.verbs().contains("deletecollection")) {
            ObjectNode delete = operation(path, "delete", "deletecollection", "deleteCollection",
                    "",
                    LIST.replace(" watch:boolean", "").replace("allowWatchBookmarks:boolean ", "")
                            + " " + DELETE);
            body(delete, BODIES, Definitions.published("meta.v1.DeleteOptions"));
            answers(delete, Definitions.published("meta.v1.Status"), "200");
        }
    }

    private void list(ObjectNode path, String suffix) {
        ObjectNode get = operation(path, "get", "list", "list", suffix, LIST);
        answers(get, schema + "List", "200");
    }

    private void item(ObjectNode path) {
        parameters(path, kind.namespaced() ? "name namespace" : "name");
        answers(operation(path, "get", "get", "read", "", ""), schema, "200");
        put(path, "", schema);
        patch(path, "", schema);
        ObjectNode delete = operation(path, "delete", "delete", "delete", "", DELETE);
        body(delete, BODIES, Definitions.published("meta.v1.DeleteOptions"));
        answers(delete, Definitions.published("meta.v1.Status"), "200", "202");
    }

    private void put(ObjectNode path, String suffix, String type) {
        ObjectNode put = operation(path, "put", "put", "replace", suffix, WRITE);
        body(put, BODIES, type);
        answers(put, type, "200", "201");
    }

    private void patch(ObjectNode path, String suffix, String type) {
        ObjectNode patch = operation(path, "patch", "patch", "patch", suffix,
                WRITE + " force:boolean");
        body(patch, PATCHES, Definitions.published("meta.v1.Patch"));
        answers(patch, type, "200", "201");
    }

    private void subresource(ObjectNode path, Subresource sub) {
        parameters(path, kind.namespaced() ? "name namespace" : "name");
        String suffix = Character.toUpperCase(sub.name().charAt(0)) + sub.name().substring(1);
        Optional<String> type = OpenApi.schemaOf(kind, sub);
        if (type.isEmpty()) {
            String query = CONNECT.getOrDefault(sub.name(), "");
            for (String verb : sub.verbs()) {
                String method = switch (verb) {
                    case "create" -> "post";
                    case "update" -> "put";
                    default -> verb;
                };
                String action = sub.name().equals("log") ? "get" : "connect";
                ObjectNode operation = operation(path, method, action,
                        action + Character.toUpperCase(method.charAt(0)) + method.substring(1),
                        suffix, query);
                answers(operation, "", "200");
            }
            return;
        }
        for (String verb : sub.verbs()) {
            switch (verb) {
                case "get" -> answers(operation(path, "get", "get", "read", suffix, ""),
                        type.get(), "200");
                case "update" -> put(path, suffix, type.get());
                case "patch" -> patch(path, suffix, type.get());
                default -> {
                    ObjectNode post = operation(path, "post", "post", "create", suffix, WRITE);
                    body(post, BODIES, type.get());
                    answers(post, type.get(), "200", "201", "202");
                }
            }
        }
    }

    private ObjectNode operation(ObjectNode path, String method, String action, String verb,
            String suffix, String query) {
        ObjectNode operation = path.putObject(method);
        operation.put("description", verb + " " + kind.kind() + (suffix.isEmpty()
                ? ""
                : ": " + suffix));
        String group = kind.type().group().isEmpty() ? "core" : kind.type().group();
        int dot = group.indexOf('.');
        String name = dot < 0 ? group : group.substring(0, dot);
        operation.put("operationId", verb + capital(name) + capital(kind.version())
                + (kind.namespaced() && !suffix.equals("ForAllNamespaces") ? "Namespaced" : "")
                + kind.kind() + suffix);
        operation.putArray("tags").add(name + "_" + kind.version());
        if (!query.isEmpty()) {
            ArrayNode parameters = operation.putArray("parameters");
            for (String parameter : query.split(" ", -1)) {
                int colon = parameter.indexOf(':');
                parameter(parameters, parameter.substring(0, colon), "query",
                        parameter.substring(colon + 1));
            }
        }
        operation.put("x-kubernetes-action", action);
        operation.putObject("x-kubernetes-group-version-kind").put("group", kind.type().group())
                .put("version", kind.version()).put("kind", kind.kind());
        return operation;
    }

    private static void parameters(ObjectNode path, String names) {
        ArrayNode parameters = path.putArray("parameters");
        if (!names.isEmpty()) {
            for (String name : names.split(" ", -1)) {
                parameter(parameters, name, "path", "string");
            }
        }
        parameter(parameters, "pretty", "query", "string");
    }

    private static void parameter(ArrayNode parameters, String name, String in, String type) {
        ObjectNode parameter = parameters.addObject().put("name", name).put("in", in);
        if (in.equals("path")) {
            parameter.put("required", true);
        }
        parameter.putObject("schema").put("type", type).put("uniqueItems", true);
    }

    private static void body(ObjectNode operation, List<String> types, String schema) {
        ObjectNode content = operation.putObject("requestBody").putObject("content");
        types.forEach(type -> reference(content.putObject(type), schema));
    }

    private static void answers(ObjectNode operation, String schema, String... codes) {
        ObjectNode responses = operation.putObject("responses");
        for (String code : codes) {
            ObjectNode response = responses.putObject(code);
            response.put("description", switch (code) {
                case "201" -> "Created";
                case "202" -> "Accepted";
                default -> "OK";
            });
            ObjectNode content = response.putObject("content");
            if (schema.isEmpty()) {
                content.putObject("text/plain").putObject("schema").put("type", "string");
            } else {
                reference(content.putObject("application/json"), schema);
                reference(content.putObject("application/yaml"), schema);
            }
        }
        responses.putObject("401").put("description", "Unauthorized");
    }

    private static void reference(ObjectNode media, String schema) {
        media.putObject("schema").put("$ref", "#/components/schemas/" + schema);
    }

    private static String capital(String word) {
        return Character.toUpperCase(word.charAt(0)) + word.substring(1);
    }
}

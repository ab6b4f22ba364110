package io.beemesh.apiserver.authorization;

import io.beemesh.apiserver.request.ApiRequest;
import io.beemesh.apiserver.request.RequestInfo;
import io.beemesh.apiserver.request.StatusException;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.object.GroupResource;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What somebody wants to do: a verb on a resource, or on a path that names none.
 *
 * @param resource empty for a path
 * @param namespace empty for the cluster scope
 * @param path empty for a resource
 */
public record Attributes(String verb, String group, String resource, String subresource,
        String namespace, String name, String path) {
    /** A field selector that demands one name; without escapes, whose meaning is the selector's. */
    private static final Pattern ONLY_NAME = Pattern
            .compile("(?:[^\\\\]*,)?metadata\\.name==?([-.:_A-Za-z0-9]+)(?:,[^\\\\]*)?");

    /** With an object or a kind of objects. */
    public static Attributes resource(String verb, GroupResource type, String subresource,
            String namespace, String name) {
        return new Attributes(verb, type.group(), type.resource(), subresource, namespace, name,
                "");
    }

    /** With a path that names no resource. */
    public static Attributes path(String verb, String path) {
        return new Attributes(verb, "", "", "", "", "", path);
    }

    /**
     * Of a request. A Namespace counts as being in itself, so that roles within it reach it; a list of
     * the one object of some name counts as being about that object.
     */
    public static Attributes of(ApiRequest request) {
        RequestInfo info = RequestInfo.of(request.method(), request.path(), request.query());
        if (!info.isResource()) {
            return path(info.verb(), request.path());
        }
        boolean namespace = info.type().equals(GroupResource.NAMESPACES);
        String name = info.name().isEmpty() ? onlyName(request) : info.name();
        return new Attributes(info.verb(), info.group(), info.resource(), info.subresource(),
                namespace ? info.name() : info.namespace(), name, "");
    }

    private static String onlyName(ApiRequest request) {
        Matcher matcher = ONLY_NAME.matcher(request.parameter("fieldSelector").orElse(""));
        return matcher.matches() ? matcher.group(1) : "";
    }

    boolean isResource() {
        return path.isEmpty();
    }

    /** Such as {@code pods} or {@code pods/log}. */
    String combinedResource() {
        return subresource.isEmpty() ? resource : resource + "/" + subresource;
    }

    /**
     * The refusal of this, in Kubernetes' words.
     *
     * @param reason why, or empty
     */
    StatusException forbidden(String user, String reason) {
        String because = reason.isEmpty() ? "" : ": " + reason;
        if (!isResource()) {
            return StatusTable.forbiddenPath("User \"" + user + "\" cannot " + verb + " path \""
                    + path + "\"" + because);
        }
        return StatusTable.forbidden(new GroupResource(group, resource), name,
                "User \"" + user + "\" cannot " + verb + " resource \"" + combinedResource()
                        + "\" in API group \"" + group + "\" "
                        + (namespace.isEmpty()
                                ? "at the cluster scope"
                                : "in the namespace \"" + namespace + "\"")
                        + because,
                List.of());
    }
}

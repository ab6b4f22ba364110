package io.beemesh.apiserver.authorization;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * One rule of a role: verbs on resources or on paths. Rules only ever allow.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources">referring
 *     to resources</a>
 */
public record PolicyRule(List<String> verbs, List<String> apiGroups, List<String> resources,
        List<String> resourceNames, List<String> nonResourceUrls) {
    static final String ALL = "*";

    public PolicyRule {
        verbs = List.copyOf(verbs);
        apiGroups = List.copyOf(apiGroups);
        resources = List.copyOf(resources);
        resourceNames = List.copyOf(resourceNames);
        nonResourceUrls = List.copyOf(nonResourceUrls);
    }

    /** The {@code rules} of a role. */
    static List<PolicyRule> list(JsonNode rules) {
        List<PolicyRule> list = new ArrayList<>();
        for (JsonNode rule : rules) {
            list.add(new PolicyRule(texts(rule, "verbs"), texts(rule, "apiGroups"),
                    texts(rule, "resources"), texts(rule, "resourceNames"),
                    texts(rule, "nonResourceURLs")));
        }
        return List.copyOf(list);
    }

    private static List<String> texts(JsonNode rule, String field) {
        List<String> texts = new ArrayList<>();
        rule.path(field).forEach(text -> texts.add(text.asText("")));
        return texts;
    }

    /** True if this rule allows what is asked for. */
    boolean allows(Attributes wanted) {
        return has(verbs, wanted.verb()) && (wanted.isResource()
                ? has(apiGroups, wanted.group()) && isAbout(wanted)
                        && (resourceNames.isEmpty() || resourceNames.contains(wanted.name()))
                : coversPath(wanted.path()));
    }

    private static boolean has(List<String> texts, String wanted) {
        return texts.contains(ALL) || texts.contains(wanted);
    }

    private boolean isAbout(Attributes wanted) {
        String subresource = wanted.subresource();
        if (subresource.isEmpty()) {
            return has(resources, wanted.resource());
        }
        return has(resources, wanted.combinedResource())
                || resources.contains("*/" + subresource);
    }

    private boolean coversPath(String path) {
        for (String url : nonResourceUrls) {
            if (url.equals(path) || (url.endsWith(ALL)
                    && path.startsWith(url.substring(0, url.length() - 1)))) {
                return true;
            }
        }
        return false;
    }

    /**
     * True if whoever has this rule has all that {@code part} allows, which has at most one value in
     * each list.
     */
    boolean covers(PolicyRule part) {
        boolean names = part.resourceNames.isEmpty()
                ? resourceNames.isEmpty()
                : resourceNames.isEmpty() || resourceNames.containsAll(part.resourceNames);
        return names && hasAll(verbs, part.verbs) && hasAll(apiGroups, part.apiGroups)
                && part.resources.stream().allMatch(this::coversResource)
                && part.nonResourceUrls.stream().allMatch(this::coversPath);
    }

    private static boolean hasAll(List<String> texts, List<String> wanted) {
        return texts.contains(ALL) || texts.containsAll(wanted);
    }

    private boolean coversResource(String resource) {
        int slash = resource.indexOf('/');
        return has(resources, resource)
                || (slash >= 0 && resources.contains("*" + resource.substring(slash)));
    }

    /** What it says of resources, as in a SelfSubjectRulesReview. */
    public ObjectNode resourcePart() {
        ObjectNode json = Json.object();
        put(json, "verbs", verbs);
        put(json, "apiGroups", apiGroups);
        put(json, "resources", resources);
        put(json, "resourceNames", resourceNames);
        return json;
    }

    /** What it says of paths, as in a SelfSubjectRulesReview. */
    public ObjectNode pathPart() {
        ObjectNode json = Json.object();
        put(json, "verbs", verbs);
        put(json, "nonResourceURLs", nonResourceUrls);
        return json;
    }

    private static void put(ObjectNode json, String field, List<String> texts) {
        if (!texts.isEmpty()) {
            texts.forEach(json.putArray(field)::add);
        }
    }

    /** As Kubernetes writes it in messages. */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        describe(parts, "APIGroups", apiGroups);
        describe(parts, "Resources", resources);
        describe(parts, "NonResourceURLs", nonResourceUrls);
        describe(parts, "ResourceNames", resourceNames);
        describe(parts, "Verbs", verbs);
        return "{" + String.join(", ", parts) + "}";
    }

    private static void describe(List<String> parts, String name, List<String> texts) {
        if (!texts.isEmpty()) {
            parts.add(name + ":" + quoted(texts));
        }
    }

    /** As Go's {@code %q} writes a list of texts. */
    static String quoted(List<String> texts) {
        return "[" + String.join(" ", texts.stream().map(t -> '"' + t + '"').toList()) + "]";
    }
}

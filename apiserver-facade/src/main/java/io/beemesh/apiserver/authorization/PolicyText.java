package io.beemesh.apiserver.authorization;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * The roles and bindings that every mesh has, read from {@code policy.txt}, which Kubernetes' own are
 * extracted to, and {@code mesh-policy.txt}. A line is one of these; lists have commas:
 *
 * <pre>
 * role NAME [to=ROLE]... [from=ROLE]...         is part of, or is made of the parts of, these roles
 * rule VERBS GROUPS RESOURCES [RESOURCENAMES]   of the role above; core is the group without name
 * url  VERBS PATHS                              of the role above
 * bind NAME ROLE [User=NAME|Group=NAME]...
 * </pre>
 */
final class PolicyText {
    static final String AUTO_UPDATE = "rbac.authorization.kubernetes.io/autoupdate";
    private static final String AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-";
    private static final String GROUP = "rbac.authorization.k8s.io";

    private final List<ApiObject> objects = new ArrayList<>();

    private PolicyText() {}

    /** All objects: ClusterRoles, then ClusterRoleBindings, of each text. */
    static List<ApiObject> objects() {
        PolicyText text = new PolicyText();
        for (String name : List.of("policy.txt", "mesh-policy.txt")) {
            read(name).lines().filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .forEach(line -> text.add(Arrays.asList(line.split(" +", -1))));
        }
        return List.copyOf(text.objects);
    }

    /** What an object of {@link #objects} is stored as. */
    static GroupResource typeOf(ApiObject object) {
        return object.kind().equals("ClusterRole")
                ? GroupResource.CLUSTER_ROLES
                : GroupResource.CLUSTER_ROLE_BINDINGS;
    }

    private void add(List<String> words) {
        switch (words.getFirst()) {
            case "role" -> role(words);
            case "rule" -> {
                ObjectNode rule = rule(words.get(1));
                list(rule, "apiGroups", words.get(2));
                list(rule, "resources", words.get(3));
                if (words.size() > 4) {
                    list(rule, "resourceNames", words.get(4));
                }
            }
            case "url" -> list(rule(words.get(1)), "nonResourceURLs", words.get(2));
            case "bind" -> bind(words);
            default -> throw new IllegalStateException("no policy line begins " + words);
        }
    }

    private void role(List<String> words) {
        ObjectNode role = named("ClusterRole", words.get(1));
        for (String word : words.subList(2, words.size())) {
            if (word.startsWith("to=")) {
                role.withObjectProperty("metadata").withObjectProperty("labels")
                        .put(AGGREGATE + word.substring("to=".length()), "true");
            } else {
                role.withObjectProperty("aggregationRule")
                        .withArrayProperty("clusterRoleSelectors").addObject()
                        .putObject("matchLabels")
                        .put(AGGREGATE + word.substring("from=".length()), "true");
            }
        }
        role.putArray("rules");
    }

    private ObjectNode rule(String verbs) {
        ObjectNode rule = objects.getLast().tree().withArrayProperty("rules").addObject();
        list(rule, "verbs", verbs);
        return rule;
    }

    private static void list(ObjectNode into, String field, String words) {
        ArrayNode list = into.putArray(field);
        for (String word : words.split(",", -1)) {
            list.add(word.equals("core") ? "" : word);
        }
    }

    private void bind(List<String> words) {
        ObjectNode binding = named("ClusterRoleBinding", words.get(1));
        binding.putObject("roleRef").put("apiGroup", GROUP).put("kind", "ClusterRole").put("name",
                words.get(2));
        for (String word : words.subList(3, words.size())) {
            int equals = word.indexOf('=');
            binding.withArrayProperty("subjects").addObject().put("apiGroup", GROUP)
                    .put("kind", word.substring(0, equals))
                    .put("name", word.substring(equals + 1));
        }
    }

    private ObjectNode named(String kind, String name) {
        ObjectNode tree = Json.object();
        tree.put("kind", kind).put("apiVersion", GROUP + "/v1");
        ObjectNode metadata = tree.putObject("metadata").put("name", name);
        metadata.putObject("labels").put("kubernetes.io/bootstrapping", "rbac-defaults");
        metadata.putObject("annotations").put(AUTO_UPDATE, "true");
        objects.add(new ApiObject(tree));
        return tree;
    }

    private static String read(String name) {
        try (InputStream in = PolicyText.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new NoSuchElementException("resource is missing: " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

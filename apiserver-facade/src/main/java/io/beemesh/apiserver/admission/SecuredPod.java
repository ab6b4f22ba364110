package io.beemesh.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/**
 * A pod or the template of pods that is held against the Pod Security Standards.
 *
 * @param minor the version of the standards
 */
record SecuredPod(JsonNode metadata, JsonNode spec, int minor) {
    private static final List<String> LISTS = List.of("initContainers", "containers",
            "ephemeralContainers");

    /** Names of the containers that are so. */
    List<String> containersThat(Predicate<JsonNode> bad) {
        List<String> names = new ArrayList<>();
        for (String list : LISTS) {
            for (JsonNode container : spec.path(list)) {
                if (bad.test(container)) {
                    names.add(container.path("name").asText(""));
                }
            }
        }
        return names;
    }

    /** Names of the containers of whose {@code securityContext} this is true. */
    List<String> contextsThat(Predicate<JsonNode> bad) {
        return containersThat(c -> bad.test(c.path("securityContext")));
    }

    /** Who sets something: {@code pod}, {@code containers "a", "b"}, both or nobody. */
    List<String> setters(Predicate<JsonNode> bad) {
        List<String> setters = new ArrayList<>();
        if (bad.test(context())) {
            setters.add("pod");
        }
        List<String> containers = contextsThat(bad);
        if (!containers.isEmpty()) {
            setters.add(containers(containers));
        }
        return setters;
    }

    /** The pod's own {@code securityContext}. */
    JsonNode context() {
        return spec.path("securityContext");
    }

    /** Such a pod may not set what Linux needs; it need not since version 1.25 of the standards. */
    boolean isExempt() {
        return minor >= 25 && spec.path("os").path("name").asText("").equals("windows");
    }

    static String containers(List<String> names) {
        return plural("container", "containers", names.size()) + " " + quoted(names);
    }

    static String plural(String one, String many, int count) {
        return count == 1 ? one : many;
    }

    static String quoted(Collection<String> texts) {
        return "\"" + String.join("\", \"", texts) + "\"";
    }

    /** A field of text; absent ones are empty. */
    static String text(JsonNode object, String field) {
        return object.path(field).asText("");
    }
}

package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A set of field paths as a tree, in the form of FieldsV1. Results of operations are new sets, which
 * may share branches: a set is not changed once it is built.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/server-side-apply/">server-side apply</a>
 */
final class FieldSet {
    private static final String SELF = ".";
    private static final int DEPTH_MAX = 200;

    private final SortedMap<String, FieldSet> children = new TreeMap<>();
    private boolean member;

    /** True if the path that led here is itself in the set. */
    boolean isMember() {
        return member;
    }

    void setMember() {
        member = true;
    }

    boolean isEmpty() {
        return !member && children.isEmpty();
    }

    SortedMap<String, FieldSet> children() {
        return children;
    }

    @Nullable
    FieldSet child(String element) {
        return children.get(element);
    }

    /** Adds {@code branch} below {@code element} unless it is empty. */
    void attach(String element, FieldSet branch) {
        if (!branch.isEmpty()) {
            children.put(element, branch);
        }
    }

    FieldSet union(FieldSet other) {
        FieldSet union = new FieldSet();
        union.member = member || other.member;
        union.children.putAll(children);
        other.children.forEach(
                (element, branch) -> union.children.merge(element, branch, FieldSet::union));
        return union;
    }

    FieldSet difference(FieldSet other) {
        FieldSet difference = new FieldSet();
        difference.member = member && !other.member;
        children.forEach((element, branch) -> {
            FieldSet less = other.children.get(element);
            difference.attach(element, less == null ? branch : branch.difference(less));
        });
        return difference;
    }

    FieldSet intersection(FieldSet other) {
        FieldSet intersection = new FieldSet();
        intersection.member = member && other.member;
        children.forEach((element, branch) -> {
            FieldSet both = other.children.get(element);
            if (both != null) {
                intersection.attach(element, branch.intersection(both));
            }
        });
        return intersection;
    }

    /** This set without the branch at a path. */
    FieldSet without(String... path) {
        FieldSet less = new FieldSet();
        less.member = member;
        children.forEach((element, branch) -> {
            if (!element.equals(path[0])) {
                less.children.put(element, branch);
            } else if (path.length > 1) {
                String[] rest = java.util.Arrays.copyOfRange(path, 1, path.length);
                less.attach(element, branch.without(rest));
            }
        });
        return less;
    }

    /** Nothing but the branch below one element. */
    FieldSet only(String element) {
        FieldSet only = new FieldSet();
        FieldSet branch = children.get(element);
        if (branch != null) {
            only.attach(element, branch);
        }
        return only;
    }

    /** All paths, as people read them, in order. */
    List<String> paths() {
        List<String> paths = new ArrayList<>();
        collect("", paths);
        return paths;
    }

    private void collect(String prefix, List<String> paths) {
        if (member && !prefix.isEmpty()) {
            paths.add(prefix);
        }
        children.forEach((element, branch) -> branch
                .collect(prefix + PathElement.display(element), paths));
    }

    /** As FieldsV1. */
    ObjectNode toJson() {
        ObjectNode json = Json.object();
        if (member && !children.isEmpty()) {
            json.putObject(SELF);
        }
        children.forEach((element, branch) -> json.set(element, branch.toJson()));
        return json;
    }

    /** Reads FieldsV1. */
    static FieldSet fromJson(JsonNode json) throws JsonProcessingException {
        return fromJson(json, 0);
    }

    private static FieldSet fromJson(JsonNode json, int depth) throws JsonProcessingException {
        FieldSet set = new FieldSet();
        if (depth > DEPTH_MAX) {
            return set;
        }
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            String element = entry.getKey();
            if (element.equals(SELF)) {
                set.member = true;
            } else if (element.length() > 1 && element.charAt(1) == ':') {
                FieldSet branch = fromJson(entry.getValue(), depth + 1);
                branch.member |= entry.getValue().isEmpty();
                set.attach(PathElement.canonical(element), branch);
            }
        }
        return set;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FieldSet that && member == that.member
                && children.equals(that.children);
    }

    @Override
    public int hashCode() {
        return children.hashCode() * 2 + (member ? 1 : 0);
    }

    @Override
    public String toString() {
        return paths().toString();
    }
}

package io.beemesh.apiserver.resource;

import io.beemesh.apiserver.resource.ResourceDescriptor.Subresource;
import io.beemesh.apiserver.schema.Schema;
import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.machine.object.GroupResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One line of the catalogue in the making: what is not said is as for most kinds. */
final class Kind {
    private final String group;
    private final String resource;
    private final String kind;
    private final boolean namespaced;
    private final List<String> verbs = new ArrayList<>(List.of("create", "delete",
            "deletecollection", "get", "list", "patch", "update", "watch"));
    private final List<Subresource> subresources = new ArrayList<>();
    private List<String> shortNames = List.of();
    private List<String> categories = List.of();
    private boolean stored = true;
    private boolean createOnUpdate;
    private boolean unconditionalUpdate = true;
    private String version = "v1";
    private GroupResource storage;
    private String rules;

    Kind(String group, String resource, String kind, boolean namespaced) {
        this.group = group;
        this.resource = resource;
        this.kind = kind;
        this.namespaced = namespaced;
        storage = new GroupResource(group, resource);
        rules = kind.replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }

    Kind version(String name) {
        version = name;
        return this;
    }

    /** A second view of the objects of another kind. */
    Kind storedAs(GroupResource other) {
        storage = other;
        return this;
    }

    Kind shortNames(String... names) {
        shortNames = List.of(names);
        return this;
    }

    /** Belongs to what {@code kubectl get all} shows. */
    Kind all() {
        categories = List.of("all");
        return this;
    }

    Kind without(String verb) {
        verbs.remove(verb);
        return this;
    }

    Kind createOnUpdate() {
        createOnUpdate = true;
        return this;
    }

    /** PUT needs a resourceVersion. */
    Kind conditionalUpdate() {
        unconditionalUpdate = false;
        return this;
    }

    Kind status() {
        return sub(new Subresource("status", "", "", kind, List.of("get", "patch", "update")));
    }

    Kind scale() {
        return sub(new Subresource("scale", "autoscaling", "v1", "Scale",
                List.of("get", "patch", "update")));
    }

    Kind sub(Subresource subresource) {
        subresources.add(subresource);
        return this;
    }

    /** Of the kind itself. */
    Kind sub(String name, String... verbs) {
        return sub(new Subresource(name, "", "", kind, List.of(verbs)));
    }

    /** One that opens a stream. */
    Kind connect(String name, String optionsKind) {
        return sub(new Subresource(name, "", "", optionsKind, List.of("create", "get")));
    }

    /** The name of the table of its rules, if not as the kind. */
    Kind rules(String table) {
        rules = table;
        return this;
    }

    /** One that hands requests of any kind on. */
    Kind proxy() {
        return sub(new Subresource("proxy", "", "", kind + "ProxyOptions",
                List.of("create", "delete", "get", "patch", "update")));
    }

    /** Answered and not kept. */
    Kind review() {
        stored = false;
        verbs.retainAll(List.of("create"));
        rules = "review";
        return this;
    }

    /** Computed when it is asked for, and not kept. */
    Kind computed() {
        stored = false;
        verbs.retainAll(List.of("get", "list"));
        rules = "review";
        return this;
    }

    ResourceDescriptor describe(Schemas schemas) {
        GroupResource type = new GroupResource(group, resource);
        String table = rules;
        String schema = schemaName();
        return new ResourceDescriptor(type, storage, version, kind, kind.toLowerCase(Locale.ROOT),
                shortNames,
                categories, namespaced, stored, verbs, subresources,
                new Lazy<Schema>(() -> schemas.find(schema)),
                new LazyStrategy(new Lazy<>(() -> new TableStrategy(RuleTable.load(table)))),
                BuiltInColumns.of(type), createOnUpdate, unconditionalUpdate);
    }

    private String schemaName() {
        String name = group.isEmpty() ? "core" : group;
        int dot = name.indexOf('.');
        return (dot < 0 ? name : name.substring(0, dot)) + "." + version + "." + kind;
    }
}

package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Who owns which fields of an object; immutable. */
public final class ManagedFields {
    /** More writers than these are remembered together, as in Kubernetes. */
    static final int UPDATERS_MAX = 10;
    private static final String ANCIENT = "ancient-changes";
    private static final Comparator<Entry> ORDER = Comparator
            .comparing((Entry e) -> !e.manager.apply()).thenComparing(Entry::time)
            .thenComparing(e -> e.manager.name()).thenComparing(e -> e.manager.apiVersion())
            .thenComparing(e -> e.manager.subresource());

    static final ManagedFields NONE = new ManagedFields(List.of());

    private final List<Entry> entries;

    private ManagedFields(List<Entry> entries) {
        this.entries = entries.stream().filter(e -> !e.fields.isEmpty()).sorted(ORDER).toList();
    }

    /** One owner. */
    record Entry(Manager manager, String time, FieldSet fields) {}

    /** Reads {@code metadata.managedFields}; empty if it is none, or broken. */
    static Optional<ManagedFields> parse(JsonNode managedFields) {
        List<Entry> entries = new ArrayList<>();
        try {
            for (JsonNode entry : managedFields) {
                String operation = entry.path("operation").asText("");
                boolean known = operation.equals("Apply") || operation.equals("Update");
                if (!known || !entry.path("fieldsType").asText("").equals("FieldsV1")) {
                    return Optional.empty();
                }
                Manager manager = new Manager(entry.path("manager").asText(""),
                        operation.equals("Apply"), entry.path("apiVersion").asText(""),
                        entry.path("subresource").asText(""));
                entries.add(new Entry(manager, entry.path("time").asText(""),
                        FieldSet.fromJson(entry.path("fieldsV1"))));
            }
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
        return entries.isEmpty() ? Optional.empty() : Optional.of(new ManagedFields(entries));
    }

    /** True for the one empty entry by which a client asks to forget all owners. */
    public static boolean isReset(JsonNode managedFields) {
        return managedFields.size() == 1 && managedFields.get(0).isObject()
                && managedFields.get(0).isEmpty();
    }

    /** True if these are owners that this program understands. */
    public static boolean isReadable(JsonNode managedFields) {
        return parse(managedFields).isPresent();
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    List<Entry> entries() {
        return entries;
    }

    Optional<Entry> find(Manager manager) {
        return entries.stream().filter(e -> e.manager.isSame(manager)).findFirst();
    }

    FieldSet all() {
        FieldSet all = new FieldSet();
        for (Entry entry : entries) {
            all = all.union(entry.fields);
        }
        return all;
    }

    /** With other fields for everybody but {@code manager}. */
    ManagedFields changeOthers(Manager manager, UnaryOperator<FieldSet> change) {
        return new ManagedFields(entries.stream()
                .map(e -> e.manager.isSame(manager)
                        ? e
                        : new Entry(e.manager, e.time, change.apply(e.fields)))
                .toList());
    }

    /** With these fields for {@code manager}; its time stays if they are the same. */
    ManagedFields with(Manager manager, FieldSet fields, String time) {
        Optional<Entry> old = find(manager);
        if (old.isPresent() && old.get().fields.equals(fields)
                && old.get().manager.equals(manager)) {
            return this;
        }
        List<Entry> next = new ArrayList<>(entries);
        old.ifPresent(next::remove);
        next.add(new Entry(manager, time, fields));
        return new ManagedFields(next).capped();
    }

    private ManagedFields capped() {
        List<Entry> updaters = entries.stream().filter(e -> !e.manager.apply()).toList();
        int surplus = updaters.size() - UPDATERS_MAX;
        if (surplus <= 0) {
            return this;
        }
        List<Entry> next = new ArrayList<>(entries);
        List<Entry> oldest = updaters.subList(0, surplus + 1);
        next.removeAll(oldest);
        FieldSet fields = new FieldSet();
        for (Entry entry : oldest) {
            fields = fields.union(entry.fields);
        }
        Entry last = oldest.getLast();
        next.add(new Entry(new Manager(ANCIENT, false, last.manager.apiVersion(), ""), last.time,
                fields));
        return new ManagedFields(next);
    }

    ArrayNode toJson() {
        ArrayNode json = JsonNodeFactory.instance.arrayNode();
        for (Entry entry : entries) {
            ObjectNode node = json.addObject();
            node.put("manager", entry.manager.name());
            node.put("operation", entry.manager.apply() ? "Apply" : "Update");
            node.put("apiVersion", entry.manager.apiVersion());
            if (!entry.time.isEmpty()) {
                node.put("time", entry.time);
            }
            node.put("fieldsType", "FieldsV1");
            node.set("fieldsV1", entry.fields.toJson());
            if (!entry.manager.subresource().isEmpty()) {
                node.put("subresource", entry.manager.subresource());
            }
        }
        return json;
    }
}

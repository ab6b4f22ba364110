package io.beemesh.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.patch.Fields.Comparison;
import io.beemesh.apiserver.patch.ManagedFields.Entry;
import io.beemesh.apiserver.schema.Schema;
import io.beemesh.machine.object.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Field ownership of one kind: what an apply makes of an object, and what other writes do to the
 * owners.
 *
 * <p>An apply lays its configuration over the object. What the same manager applied before and does not
 * apply now goes, unless somebody else owns it too. A field that the apply would change and another
 * owns is a conflict; by force it changes hands, and so does what kubectl itself applied on the client's
 * side before. Any other write takes what it changes and frees what
 * it removes.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/server-side-apply/">server-side apply</a>
 */
public final class ServerSideApply {
    private static final Manager BEFORE_FIRST_APPLY = new Manager("before-first-apply", false, "",
            "");

    private final Shape shape;

    public ServerSideApply(Schema schema) {
        this.shape = new Shape(schema);
    }

    /** What came of an apply. */
    public sealed interface Result {
        /** The object with its managedFields. */
        record Applied(ObjectNode object) implements Result {}

        /** Others own fields that it would change. */
        record Conflicts(List<Conflict> conflicts) implements Result {
            public Conflicts {
                conflicts = List.copyOf(conflicts);
            }
        }
    }

    /**
     * A field that somebody else owns.
     *
     * @param manager as in messages, such as {@code "kubectl" using apps/v1}
     * @param field such as {@code .spec.replicas}
     */
    public record Conflict(String manager, String field) {}

    /**
     * Applies {@code config} to {@code live}, which are both not changed.
     *
     * @param live with its managedFields; an empty object to create one
     */
    public Result apply(ObjectNode live, ObjectNode config, Manager manager, boolean force,
            Instant now) {
        ManagedFields managed = ManagedFields.parse(managedOf(live)).orElse(ManagedFields.NONE);
        String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
        ObjectNode before = withoutManaged(live);
        if (managed.isEmpty() && !live.isEmpty()) {
            managed = managed.with(
                    new Manager(BEFORE_FIRST_APPLY.name(), false, manager.apiVersion(), ""),
                    BEFORE_FIRST_APPLY.ownable(
                            Fields.compare(Json.object(), before, shape).changed()),
                    time);
        }
        ObjectNode wanted = withoutManaged(config);
        dropNulls(wanted);
        FieldSet applied = manager.ownable(Fields.of(wanted, shape));
        FieldSet last = managed.find(manager).map(Entry::fields).orElseGet(FieldSet::new);
        ManagedFields next = managed.with(manager, applied, time);
        JsonNode merged = TypedMerge.merge(before, wanted, shape);
        FieldSet dropped = named(last, shape)
                .difference(named(next.all().union(applied), shape));
        JsonNode pruned = Fields.remove(merged, dropped, shape);
        ObjectNode after = pruned instanceof ObjectNode object ? object : Json.object();
        Comparison comparison = Fields.compare(before, after, shape);
        FieldSet changed = comparison.changed();
        if (!force) {
            List<Conflict> conflicts = conflicts(next, manager,
                    changed.difference(LastApplied.unchanged(before, manager, shape)));
            if (!conflicts.isEmpty()) {
                return new Result.Conflicts(conflicts);
            }
        }
        next = next.changeOthers(manager,
                fields -> fields.difference(changed).difference(comparison.removed()));
        LastApplied.update(after, withoutManaged(config), manager);
        setManaged(after, next);
        return new Result.Applied(after);
    }

    /**
     * The managedFields after a write that is no apply.
     *
     * @param managedFields the owners before it: those of {@code live}, or those that the write itself
     *     brought
     * @param next the object after the write, as it will be kept; its managedFields are set
     */
    public void update(ObjectNode live, ObjectNode next, JsonNode managedFields, Manager manager,
            Instant now) {
        ManagedFields managed = ManagedFields.parse(managedFields).orElse(ManagedFields.NONE);
        if (managed.isEmpty() && !live.isEmpty()) {
            // Nobody asked to track this object: the first apply will begin to.
            setManaged(next, ManagedFields.NONE);
            return;
        }
        Comparison comparison = Fields.compare(withoutManaged(live), withoutManaged(next), shape);
        FieldSet changed = comparison.changed();
        FieldSet removed = comparison.removed();
        ManagedFields others = managed.changeOthers(manager,
                fields -> fields.difference(changed).difference(removed));
        FieldSet own = managed.find(manager).map(Entry::fields).orElseGet(FieldSet::new);
        FieldSet mine = own.difference(removed).union(manager.ownable(changed));
        setManaged(next, others.with(manager, mine,
                now.truncatedTo(ChronoUnit.SECONDS).toString()));
    }

    private static List<Conflict> conflicts(ManagedFields managed, Manager manager,
            FieldSet changed) {
        List<Conflict> conflicts = new ArrayList<>();
        for (Entry entry : managed.entries()) {
            if (!entry.manager().isSame(manager)) {
                for (String path : entry.fields().intersection(changed).paths()) {
                    conflicts.add(new Conflict(describe(entry), path));
                }
            }
        }
        return conflicts;
    }

    private static String describe(Entry entry) {
        Manager manager = entry.manager();
        StringBuilder text = new StringBuilder("\"").append(manager.name()).append('"');
        if (!manager.subresource().isEmpty()) {
            text.append(" with subresource \"").append(manager.subresource()).append('"');
        }
        if (!manager.apply()) {
            text.append(" using ").append(manager.apiVersion());
        }
        return text.toString();
    }

    /** With the declared fields on the way to each path, which are owned without being listed. */
    private static FieldSet named(FieldSet set, Shape shape) {
        FieldSet named = new FieldSet();
        if (set.isMember()) {
            named.setMember();
        }
        for (Map.Entry<String, FieldSet> child : set.children().entrySet()) {
            String element = child.getKey();
            boolean field = element.startsWith(PathElement.FIELD);
            String name = element.substring(PathElement.FIELD.length());
            FieldSet branch = named(child.getValue(), field ? shape.field(name) : shape.items());
            if (field && shape.declares(name)) {
                branch.setMember();
            }
            named.attach(element, branch);
        }
        return named;
    }

    private static JsonNode managedOf(ObjectNode object) {
        return object.path("metadata").path("managedFields");
    }

    private static ObjectNode withoutManaged(ObjectNode object) {
        ObjectNode copy = object.deepCopy();
        if (copy.get("metadata") instanceof ObjectNode metadata) {
            metadata.remove("managedFields");
        }
        return copy;
    }

    private static void setManaged(ObjectNode object, ManagedFields managed) {
        ObjectNode metadata = object.withObjectProperty("metadata");
        metadata.remove("managedFields");
        if (!managed.isEmpty()) {
            metadata.set("managedFields", managed.toJson());
        }
    }

    private static void dropNulls(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.removeNulls();
        }
        node.forEach(ServerSideApply::dropNulls);
    }
}

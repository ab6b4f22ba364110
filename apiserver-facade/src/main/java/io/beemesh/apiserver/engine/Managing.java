package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.patch.ManagedFields;
import io.beemesh.apiserver.patch.Manager;
import io.beemesh.apiserver.patch.ServerSideApply;
import io.beemesh.apiserver.patch.ServerSideApply.Conflict;
import io.beemesh.apiserver.patch.ServerSideApply.Result;
import io.beemesh.apiserver.request.ApiStatus.Cause;
import io.beemesh.apiserver.request.StatusException;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Keeps managedFields up to date on every write. */
record Managing(Loop loop) {
    /** The owners that a write begins with. */
    record Requested(JsonNode managedFields) {}

    /** The owners that the write itself brings, or else those there are. */
    Requested requested(Call call, ApiObject next, ApiObject current) {
        JsonNode brought = next.tree().path("metadata").path("managedFields");
        JsonNode known = current.tree().path("metadata").path("managedFields");
        if (!call.info().subresource().isEmpty()) {
            return new Requested(known);
        }
        if (ManagedFields.isReset(brought)) {
            return new Requested(MissingNode.getInstance());
        }
        return new Requested(ManagedFields.isReadable(brought) ? brought : known);
    }

    /** Makes the writer the owner of all that a new object has. */
    void created(Call call, WriteOptions options, ApiObject object) {
        JsonNode brought = object.tree().path("metadata").path("managedFields");
        engine(call).update(Json.object(), object.tree(), brought, manager(call, options, false),
                loop.wallTime());
    }

    /** Makes the writer the owner of what it changed. */
    void updated(Call call, WriteOptions options, Requested requested, ApiObject next,
            ApiObject current) {
        engine(call).update(current.tree(), next.tree(), requested.managedFields(),
                manager(call, options, false), loop.wallTime());
    }

    /** What an apply makes of {@code live}, which is empty if there is no object; or 409. */
    ObjectNode applied(Call call, WriteOptions options, ObjectNode live, ObjectNode config) {
        Result result = engine(call).apply(live, config, manager(call, options, true),
                options.force(), loop.wallTime());
        return switch (result) {
            case Result.Applied applied -> applied.object();
            case Result.Conflicts conflicts -> throw conflict(conflicts.conflicts());
        };
    }

    private static ServerSideApply engine(Call call) {
        return new ServerSideApply(call.resource().schema().get());
    }

    private static Manager manager(Call call, WriteOptions options, boolean apply) {
        return new Manager(options.manager(), apply, call.resource().apiVersion(),
                call.info().subresource());
    }

    private static StatusException conflict(List<Conflict> conflicts) {
        List<Cause> causes = conflicts.stream().map(c -> new Cause("FieldManagerConflict",
                "conflict with " + c.manager(), c.field())).toList();
        if (conflicts.size() == 1) {
            Conflict only = conflicts.getFirst();
            return StatusTable.applyConflict("Apply failed with 1 conflict: conflict with "
                    + only.manager() + ": " + only.field(), causes);
        }
        Map<String, List<String>> byManager = new TreeMap<>();
        conflicts.forEach(c -> byManager
                .computeIfAbsent(c.manager(), m -> new ArrayList<>()).add(c.field()));
        List<String> lines = new ArrayList<>();
        byManager.forEach((manager, fields) -> {
            lines.add("conflicts with " + manager + ":");
            fields.forEach(f -> lines.add("- " + f));
        });
        return StatusTable.applyConflict("Apply failed with " + conflicts.size() + " conflicts: "
                + String.join("\n", lines), causes);
    }
}

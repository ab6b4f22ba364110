package io.beemesh.machine.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.FieldMerge.Lost;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/** Warning Events that name what a merge could not keep; made with the merge, so that none is missing. */
final class MergeEvents {
    static final String CONFLICT = "MergeConflict";
    private static final String COMPONENT = "registry";
    private static final int MESSAGE_LENGTH_MAX = 1024;
    private static final int VALUE_LENGTH_MAX = 256;

    private final Loop loop;
    private final PeerId self;

    MergeEvents(Loop loop, PeerId self) {
        this.loop = loop;
        this.self = self;
    }

    /** Both sides changed the same fields. */
    Mutation conflict(StoredObject about, StoredObject ours, List<Lost> lost) {
        return event(about, ours.version(), "changed on both sides of a parted mesh; lost: "
                + text(lost));
    }

    /** One side deleted the object, which the other changed. */
    Mutation deleted(StoredObject changed, List<Lost> lost) {
        return event(changed, changed.version(),
                "deleted on one side of a parted mesh and changed on the other; lost: "
                        + text(lost));
    }

    /** Both sides made an object of one name. */
    Mutation twins(StoredObject winner, StoredObject loser) {
        return event(winner, loser.version(), "made on both sides of a parted mesh; lost is the"
                + " later one, uid " + loser.uid() + ": " + shortened(
                        new String(withoutMetadata(loser), StandardCharsets.UTF_8)));
    }

    private static byte[] withoutMetadata(StoredObject object) {
        ObjectNode tree = object.object().tree();
        tree.remove(List.of("kind", "apiVersion", "metadata", "status"));
        return Json.write(tree);
    }

    private static String text(List<Lost> lost) {
        return lost.stream().map(l -> l.path() + "=" + (l.value().isMissingNode()
                ? "(removed)"
                : shortened(value(l.value())))).collect(Collectors.joining(", "));
    }

    private static String value(JsonNode value) {
        return new String(Json.write(value), StandardCharsets.UTF_8);
    }

    private static String shortened(String text) {
        return text.length() > VALUE_LENGTH_MAX
                ? text.substring(0, VALUE_LENGTH_MAX) + "..."
                : text;
    }

    private Mutation event(StoredObject about, long unique, String text) {
        ApiObject object = about.object();
        String namespace = about.key().namespace().isEmpty()
                ? "default"
                : about.key().namespace();
        // The same again if the merge is tried again, another from another node.
        String name = about.key().name() + "." + Long.toHexString(unique)
                + Integer.toHexString(SlotMap.hash(self + text));
        ObjectNode tree = Json.object();
        tree.put("kind", "Event");
        tree.put("apiVersion", "v1");
        String now = loop.wallTime().truncatedTo(ChronoUnit.SECONDS).toString();
        ObjectNode metadata = tree.putObject("metadata");
        metadata.put("name", name);
        metadata.put("namespace", namespace);
        metadata.put("uid", UUID.nameUUIDFromBytes(
                (namespace + "/" + name).getBytes(StandardCharsets.UTF_8)).toString());
        metadata.put("creationTimestamp", now);
        ObjectNode reference = tree.putObject("involvedObject");
        reference.put("kind", object.kind());
        if (!about.key().namespace().isEmpty()) {
            reference.put("namespace", namespace);
        }
        reference.put("name", about.key().name());
        reference.put("uid", about.uid());
        reference.put("apiVersion", object.apiVersion());
        tree.put("reason", CONFLICT);
        tree.put("message", text.length() > MESSAGE_LENGTH_MAX
                ? text.substring(0, MESSAGE_LENGTH_MAX)
                : text);
        tree.putObject("source").put("component", COMPONENT);
        tree.put("firstTimestamp", now);
        tree.put("lastTimestamp", now);
        tree.put("count", 1);
        tree.put("type", "Warning");
        tree.putNull("eventTime");
        tree.put("reportingComponent", COMPONENT);
        tree.put("reportingInstance", "");
        return new Mutation.Create(
                Draft.of(new ObjectKey(GroupResource.EVENTS, namespace, name),
                        new ApiObject(tree)));
    }
}

package io.beemesh.machine.event;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WriteResult;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes notes into the registry as Events. The same note again raises the count of the Event that is
 * there; many notes that differ only in their text become one; more than a trickle about one object is
 * dropped.
 *
 * <p>Best effort: a note that cannot be written is lost and counted, and at most {@value
 * #WAITING_MAX} notes wait for their turn.
 */
public final class EventRecorder implements EventSink {
    /** Notes that wait to be written; beyond, new ones are dropped. */
    static final int WAITING_MAX = 512;
    private static final String DEFAULT_NAMESPACE = "default";
    private static final int MESSAGE_LENGTH_MAX = 1024;
    private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);

    private final Loop loop;
    private final Registry registry;
    private final Admission admission;
    private final String host;
    private final Correlator correlator = new Correlator();
    private final ArrayDeque<Note> waiting = new ArrayDeque<>();
    private boolean writing;
    private long dropped;
    private long sequence;

    /** @param host this node's name, which Events carry as their source */
    public EventRecorder(Loop loop, Registry registry, Admission admission, String host) {
        this.loop = loop;
        this.registry = registry;
        this.admission = admission;
        this.host = host;
    }

    /** Starts to remove Events an hour after they were last written. */
    public void start() {
        loop.execute(new EventExpiry(loop, registry)::start);
    }

    @Override
    public void event(ApiObject object, Severity severity, String reason, String message,
            String component) {
        loop.assertInside();
        String text = message.length() > MESSAGE_LENGTH_MAX
                ? message.substring(0, MESSAGE_LENGTH_MAX)
                : message;
        Note note = new Note(reference(object), severity, reason, text, component);
        if (waiting.size() >= WAITING_MAX || correlator.isSpam(note, loop.nanoTime())) {
            dropped++;
            LOG.debug("Event dropped reason={} about={} dropped={}", reason, object.name(),
                    dropped);
            return;
        }
        waiting.add(note);
        writeNext();
    }

    /** Notes that were not written, since the start. */
    public long dropped() {
        return dropped;
    }

    private void writeNext() {
        if (writing || waiting.isEmpty()) {
            return;
        }
        writing = true;
        loop.execute(this::writeWaiting);
    }

    /** One note after another, so that a repetition finds the Event it repeats. */
    private void writeWaiting() {
        Note note = waiting.remove();
        write(note).whenComplete((result, failure) -> {
            if (failure != null || !(result instanceof WriteResult.Committed)) {
                dropped++;
                LOG.debug("Event not written reason={} result={}", note.reason(), result,
                        failure);
            }
            writing = false;
            writeNext();
        });
    }

    private CompletableFuture<WriteResult> write(Note note) {
        String namespace = note.namespace().isEmpty() ? DEFAULT_NAMESPACE : note.namespace();
        Correlator.Match match = correlator.match(note, loop.nanoTime());
        Optional<StoredObject> known = match.name().isEmpty()
                ? Optional.empty()
                : registry.get(new ObjectKey(GroupResource.EVENTS, namespace, match.name()));
        if (known.isPresent()) {
            return repeat(known.get(), match.message());
        }
        if (!isOpen(namespace)) {
            return CompletableFuture.completedFuture(
                    new WriteResult.NotFound(
                            ObjectKey.cluster(GroupResource.NAMESPACES, namespace)));
        }
        ApiObject event = newEvent(note, namespace, match.message());
        correlator.written(note, event.name());
        try {
            admission.prepareCreate(GroupResource.EVENTS, event);
        } catch (Admission.RejectedException e) {
            return CompletableFuture.failedFuture(e);
        }
        ObjectKey key = new ObjectKey(GroupResource.EVENTS, namespace, event.name());
        return registry.write(List.of(new Mutation.Create(Draft.of(key, event))));
    }

    private boolean isOpen(String namespace) {
        return registry.get(ObjectKey.cluster(GroupResource.NAMESPACES, namespace))
                .map(n -> !"Terminating".equals(n.fields().get("status.phase"))).orElse(false);
    }

    private CompletableFuture<WriteResult> repeat(StoredObject known,
            String message) {
        ApiObject event = known.object();
        event.tree().put("count", event.tree().path("count").asInt(1) + 1);
        event.tree().put("lastTimestamp", now());
        event.tree().put("message", message);
        return registry.write(List.of(new Mutation.Update(Draft.of(known.key(), event),
                known.version())));
    }

    private ApiObject newEvent(Note note, String namespace, String message) {
        ObjectNode tree = Json.object();
        tree.put("kind", "Event");
        tree.put("apiVersion", "v1");
        ObjectNode metadata = tree.putObject("metadata");
        // As Kubernetes names them: what it is about, a dot, and a time made unique.
        Instant wall = loop.wallTime();
        long unique = wall.getEpochSecond() * 1_000_000_000L + wall.getNano() + sequence++;
        metadata.put("name", note.about().path("name").asText("") + "."
                + Long.toHexString(unique));
        metadata.put("namespace", namespace);
        tree.set("involvedObject", note.about());
        tree.put("reason", note.reason());
        tree.put("message", message);
        ObjectNode source = tree.putObject("source");
        source.put("component", note.component());
        source.put("host", host);
        String now = now();
        tree.put("firstTimestamp", now);
        tree.put("lastTimestamp", now);
        tree.put("count", 1);
        tree.put("type", note.severity().text());
        tree.putNull("eventTime");
        tree.put("reportingComponent", note.component());
        tree.put("reportingInstance", host);
        return new ApiObject(tree);
    }

    private String now() {
        return loop.wallTime().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static ObjectNode reference(ApiObject object) {
        ObjectNode reference = Json.object();
        reference.put("kind", object.kind());
        if (!object.namespace().isEmpty()) {
            reference.put("namespace", object.namespace());
        }
        reference.put("name", object.name());
        reference.put("uid", object.uid());
        reference.put("apiVersion", object.apiVersion());
        if (object.resourceVersion() > 0) {
            reference.put("resourceVersion", Long.toString(object.resourceVersion()));
        }
        return reference;
    }
}

package io.beemesh.machine.object;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a request to delete an object makes of it: pods get time to end, finalizers hold the object,
 * anything else goes at once. Pure.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination">pod
 *     termination</a>
 */
public final class GracefulDeletion {
    /** Keeps the owner until its dependents no longer name it. */
    public static final String ORPHAN = "orphan";
    /** Keeps the owner until its blocking dependents are gone. */
    public static final String FOREGROUND = "foregroundDeletion";
    private static final long GRACE_SECONDS_DEFAULT = 30;

    private GracefulDeletion() {}

    /** What becomes of the dependents. */
    public enum Propagation {
        ORPHAN, BACKGROUND, FOREGROUND
    }

    /**
     * What the request says.
     *
     * @param graceSeconds empty for the object's own
     * @param propagation empty for what the object's finalizers say, else background
     */
    public record Options(OptionalLong graceSeconds, Optional<Propagation> propagation) {
        /** The object's own grace; dependents go in the background. */
        public static final Options DEFAULT = new Options(OptionalLong.empty(), Optional.empty());

        /** At once, as an agent asks when all containers of a pod have ended. */
        public static Options now() {
            return new Options(OptionalLong.of(0), Optional.empty());
        }
    }

    /** What to write. */
    public sealed interface Outcome {
        /** Remove the object from the registry; {@code last} is its final state. */
        record Remove(ApiObject last) implements Outcome {}

        /** Write {@code next}: it is being deleted and goes later. */
        record Mark(ApiObject next) implements Outcome {}

        /** Already being deleted, no later than asked: nothing to write. */
        record Pending() implements Outcome {}
    }

    /** The deletion of {@code current}, which is not changed. */
    public static Outcome delete(GroupResource type, ApiObject current, Options options,
            Instant now) {
        ApiObject next = current.copy();
        boolean graceful = false;
        if (current.isDeleting()) {
            long grace = grace(current);
            if (grace > 0) {
                long asked = options.graceSeconds().orElse(grace);
                asked = asked < 0 ? 1 : asked;
                if (asked >= grace) {
                    return new Outcome.Pending();
                }
                Instant start = current.deletionTimestamp().orElse(now).minusSeconds(grace);
                mark(next, start.plusSeconds(asked), asked);
                graceful = true;
            }
        } else if (type.equals(GroupResource.PODS)) {
            long grace = podGrace(current, options);
            mark(next, now.plusSeconds(grace), grace);
            raiseGeneration(next);
            graceful = true;
        }
        setFinalizers(next, options.propagation());
        boolean held = !next.metadata().path("finalizers").isEmpty()
                || (type.equals(GroupResource.NAMESPACES)
                        && !next.tree().path("spec").path("finalizers").isEmpty());
        if (graceful) {
            return grace(next) > 0 || held ? new Outcome.Mark(next) : new Outcome.Remove(next);
        }
        if (!held) {
            return new Outcome.Remove(next);
        }
        if (!next.isDeleting()) {
            mark(next, now, 0);
            raiseGeneration(next);
        }
        if (type.equals(GroupResource.NAMESPACES)) {
            next.metadata().remove("deletionGracePeriodSeconds");
            next.status().put("phase", "Terminating");
        }
        return next.tree().equals(current.tree())
                ? new Outcome.Pending()
                : new Outcome.Mark(next);
    }

    private static long podGrace(ApiObject pod, Options options) {
        String phase = pod.tree().path("status").path("phase").asText("");
        JsonNode spec = pod.tree().path("spec");
        if (spec.path("nodeName").asText("").isEmpty() || phase.equals("Failed")
                || phase.equals("Succeeded")) {
            return 0;
        }
        long grace = options.graceSeconds().orElse(
                spec.path("terminationGracePeriodSeconds").asLong(GRACE_SECONDS_DEFAULT));
        return grace < 0 ? 1 : grace;
    }

    private static long grace(ApiObject object) {
        return object.tree().path("metadata").path("deletionGracePeriodSeconds").asLong(0);
    }

    private static void mark(ApiObject next, Instant when, long graceSeconds) {
        next.metadata().put("deletionTimestamp", when.truncatedTo(ChronoUnit.SECONDS).toString());
        next.metadata().put("deletionGracePeriodSeconds", graceSeconds);
    }

    private static void raiseGeneration(ApiObject next) {
        if (next.generation() > 0) {
            next.metadata().put("generation", next.generation() + 1);
        }
    }

    private static void setFinalizers(ApiObject next, Optional<Propagation> propagation) {
        if (propagation.isEmpty()) {
            return;
        }
        List<String> finalizers = new ArrayList<>();
        for (JsonNode finalizer : next.metadata().path("finalizers")) {
            String name = finalizer.asText("");
            if (!name.equals(ORPHAN) && !name.equals(FOREGROUND)) {
                finalizers.add(name);
            }
        }
        switch (propagation.get()) {
            case ORPHAN -> finalizers.add(ORPHAN);
            case FOREGROUND -> finalizers.add(FOREGROUND);
            case BACKGROUND -> {
            }
        }
        if (finalizers.isEmpty()) {
            next.metadata().remove("finalizers");
            return;
        }
        ArrayNode array = next.metadata().putArray("finalizers");
        finalizers.forEach(array::add);
    }
}

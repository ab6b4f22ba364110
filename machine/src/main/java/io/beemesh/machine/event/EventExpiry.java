package io.beemesh.machine.event;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Removes Events an hour after they were last written, as Kubernetes does. On the loop. */
final class EventExpiry implements WatchListener {
    static final Duration TIME_TO_LIVE = Duration.ofHours(1);
    /** Events are removed in bunches at least this far apart. */
    static final Duration PERIOD_MIN = Duration.ofMinutes(1);

    private final Loop loop;
    private final Registry registry;
    /** Key to the time of its expiry in nanoseconds, soonest first. */
    private final Map<ObjectKey, Long> expiries = new LinkedHashMap<>();
    private boolean scheduled;

    EventExpiry(Loop loop, Registry registry) {
        this.loop = loop;
        this.registry = registry;
    }

    void start() {
        registry.follow(this);
        Instant now = loop.wallTime();
        registry.peek(GroupResource.EVENTS, "").stream()
                .map(e -> Map.entry(e.key(), remaining(e, now)))
                .sorted(Map.Entry.comparingByValue())
                .forEach(e -> expiries.put(e.getKey(), loop.nanoTime() + e.getValue().toNanos()));
        schedule();
    }

    /** What an Event written before this start has left. */
    private static Duration remaining(StoredObject event, Instant now) {
        ApiObject object = event.object();
        String last = object.tree().path("lastTimestamp").asText("");
        Instant written = object.creationTimestamp().orElse(now);
        if (!last.isEmpty()) {
            try {
                written = Instant.parse(last);
            } catch (DateTimeParseException e) {
                // Another program's Event; its creation time will do.
            }
        }
        Duration left = Duration.between(now, written.plus(TIME_TO_LIVE));
        if (left.isNegative()) {
            return Duration.ZERO;
        }
        return left.compareTo(TIME_TO_LIVE) > 0 ? TIME_TO_LIVE : left;
    }

    @Override
    public void onChanges(List<Change> changes) {
        for (Change change : changes) {
            ObjectKey key = change.object().key();
            if (key.type().equals(GroupResource.EVENTS)) {
                expiries.remove(key);
                if (change.kind() != Change.Kind.DELETED) {
                    expiries.put(key, loop.nanoTime() + TIME_TO_LIVE.toNanos());
                }
            }
        }
        schedule();
    }

    @Override
    public void onProgress(long version) {
        // Only changes matter.
    }

    @Override
    public void onClosed(String reason) {
        expiries.clear();
    }

    private void schedule() {
        if (scheduled || expiries.isEmpty()) {
            return;
        }
        scheduled = true;
        long wait = expiries.values().iterator().next() - loop.nanoTime();
        loop.schedule(Duration.ofNanos(Math.max(wait, PERIOD_MIN.toNanos())), this::expire);
    }

    private void expire() {
        scheduled = false;
        long now = loop.nanoTime();
        List<ObjectKey> due = expiries.entrySet().stream().takeWhile(e -> e.getValue() <= now)
                .map(Map.Entry::getKey).toList();
        for (ObjectKey key : due) {
            expiries.remove(key);
            if (!registry.isPrimary(key)) {
                // Whoever decides on it removes it; if that is not to be, this node will have to.
                expiries.put(key, now + TIME_TO_LIVE.toNanos());
                continue;
            }
            registry.get(key).ifPresent(e -> registry.write(List.of(new Mutation.Delete(
                    Draft.of(key, e.object()), e.version()))));
        }
        schedule();
    }
}

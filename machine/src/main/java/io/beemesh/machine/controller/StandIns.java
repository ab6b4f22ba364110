package io.beemesh.machine.controller;

import io.beemesh.machine.ledger.Ledger;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.Pods;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Of two active pods of one index, which there are after a machine came back that was held for dead: the older one,
 * if it is Ready, takes its place back, and the newest goes. Until it is Ready the newest stays; it is given as
 * long as its machine was given to come back. It has not come back as long as it is out of reach ({@link Machines}):
 * what its machine says of it is undone until then, and the one in its place is still needed. Tells by the ages of
 * pods and not by what a ledger said before, so that it finds the same however many steps the controller takes.
 */
final class StandIns {
    private static final Duration REACHED_CHECK = Duration.ofSeconds(1);

    private final Instant now;
    private final Predicate<String> out;
    private final SortedMap<Integer, ApiObject> returned = new TreeMap<>();
    private final Set<String> uids = new HashSet<>();
    private final List<ApiObject> waiting = new ArrayList<>();
    private Duration recheck = Duration.ZERO;

    /** @param out whether the machine of the Node with a name is out of reach */
    StandIns(Instant now, Predicate<String> out) {
        this.now = now;
        this.out = out;
    }

    /** Looks at active pods; those that are not Ready yet and are not to be counted meanwhile. */
    List<ApiObject> find(Ledger ledger, List<ApiObject> active) {
        Map<String, ApiObject> byUid = new HashMap<>();
        active.forEach(pod -> byUid.put(pod.uid(), pod));
        for (ApiObject pod : active) {
            Optional<Integer> index = index(pod);
            Optional<ApiObject> holder = index.flatMap(ledger::place)
                    .map(place -> byUid.get(place.podUid()));
            if (holder.isEmpty() || holder.get().uid().equals(pod.uid())) {
                continue;
            }
            if (!isOlder(pod, holder.get())) {
                uids.add(pod.uid());
            } else if (out.test(Pods.nodeName(pod))) {
                waitFor(pod, REACHED_CHECK);
            } else if (Pods.isReady(pod)) {
                ApiObject other = returned.get(index.orElseThrow());
                if (other == null || isOlder(pod, other)) {
                    returned.put(index.orElseThrow(), pod);
                }
            } else {
                Duration left = timeLeft(pod);
                if (left.isZero()) {
                    uids.add(pod.uid());
                } else {
                    waitFor(pod, left);
                }
            }
        }
        returned.keySet().forEach(
                index -> uids.add(ledger.place(index).orElseThrow().podUid()));
        return waiting;
    }

    private void waitFor(ApiObject pod, Duration limit) {
        recheck = recheck.isZero() || limit.compareTo(recheck) < 0 ? limit : recheck;
        waiting.add(pod);
    }

    /** Pods that take back an index, by index. */
    SortedMap<Integer, ApiObject> returned() {
        return returned;
    }

    /** Pods that go first if there are too many. */
    Set<String> uids() {
        return uids;
    }

    /** The sooner of two times to look again, of which zero means never. */
    Duration sooner(Duration other) {
        return other.isZero() || (!recheck.isZero() && recheck.compareTo(other) < 0)
                ? recheck
                : other;
    }

    /** The index that a pod says it has. */
    static Optional<Integer> index(ApiObject pod) {
        try {
            return Optional.of(Integer.parseInt(
                    pod.labels().getOrDefault(Ledger.INDEX_LABEL, "")));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static boolean isOlder(ApiObject one, ApiObject other) {
        return one.creationTimestamp().orElse(Instant.EPOCH)
                .isBefore(other.creationTimestamp().orElse(Instant.EPOCH));
    }

    /** Counted from when it was no longer Ready. */
    private Duration timeLeft(ApiObject pod) {
        Instant since = Pods.condition(pod, "Ready")
                .flatMap(ready -> instant(ready.path("lastTransitionTime").asText("")))
                .or(pod::creationTimestamp).orElse(now);
        Duration left = Duration.between(now, since.plus(LostPodReconciler.LOST_KEPT));
        return left.isNegative() ? Duration.ZERO : left;
    }

    private static Optional<Instant> instant(String text) {
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}

package io.beemesh.machine.siblings;

import io.beemesh.machine.metrics.Counter;
import io.beemesh.machine.metrics.Meters;

/**
 * What became of clones, as {@code /metrics} shows it.
 *
 * @param published tasks that this node asked for
 * @param duplicates of those, where somebody else had been first
 * @param vetoed of those, where the pod was held alive
 * @param drained pods that were made in the place of others, and went when those were back
 */
public record CloneMeters(Counter published, Counter duplicates, Counter vetoed,
        Counter drained) {
    public static CloneMeters of(Meters meters) {
        return new CloneMeters(
                meters.counter("beemesh_clone_tasks_published_total",
                        "Clone tasks that siblings of a missed pod asked for."),
                meters.counter("beemesh_clone_duplicates_avoided_total",
                        "Clone tasks that met a replica somebody else had replaced."),
                meters.counter("beemesh_clone_vetoed_total",
                        "Clone tasks whose pod was held alive."),
                meters.counter("beemesh_clone_surplus_drained_total",
                        "Pods removed because the one in whose place they were made is back."));
    }
}

package io.beemesh.machine.registry;

import io.beemesh.machine.metrics.Meters;
import java.util.concurrent.atomic.LongAdder;

/** What happened in this node's part of the registry since it started; written on the loop only. */
final class RegistryCounters {
    long takeovers;
    long handovers;
    long forwarded;
    long redirects;
    long barriers;
    long homeChanges;
    long snapshots;
    /** Slots that this node showed as another of its side served them. */
    long mirrored;
    /** Slots that this node went on with alone, and those of them that were merged. */
    final LongAdder detached = new LongAdder();
    final LongAdder attached = new LongAdder();
    /** Objects that were merged, and conflicts among them. */
    final LongAdder merged = new LongAdder();
    final LongAdder conflicts = new LongAdder();

    /** Makes what was done alone part of {@code meters}. */
    void show(Meters meters, Forks forks) {
        meters.gauge("beemesh_registry_detached_slots",
                "Slots that this node goes on with alone.", () -> forks.openSlots().size());
        meters.gauge("beemesh_registry_detached_terms",
                "How often this node went on alone with a slot.", detached::sum);
        meters.gauge("beemesh_registry_merges",
                "How often all that this node did alone with a slot was merged.", attached::sum);
        meters.gauge("beemesh_registry_merged_objects",
                "Objects that this node changed alone and that were merged.", merged::sum);
        meters.gauge("beemesh_registry_merge_conflicts",
                "Merged objects of which an Event names what was lost.", conflicts::sum);
    }
}

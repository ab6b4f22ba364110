package io.beemesh.machine.registry;

/** What happened in runs of a mesh: the proof that the stated faults occurred. */
final class MeshCounters {
    long crashes;
    long partitions;
    long pauses;
    long fullDisks;
    long takeovers;
    long handovers;
    long homeChanges;
    long forwarded;
    long redirects;
    long snapshots;
    long committed;
    long refusals;
    long unknown;
    long reads;
    long watches;

    void add(RegistryCounters node) {
        takeovers += node.takeovers;
        handovers += node.handovers;
        homeChanges += node.homeChanges;
        forwarded += node.forwarded;
        redirects += node.redirects;
        snapshots += node.snapshots;
    }

    void add(SimulatedMesh mesh, MeshHistory history, int watched) {
        mesh.nodes.forEach(n -> n.lives.forEach(r -> add(r.counters())));
        committed += history.committed;
        refusals += history.refusals;
        unknown += history.unknown;
        reads += history.reads;
        watches += watched;
    }

    @Override
    public String toString() {
        return "crashes=" + crashes + " partitions=" + partitions + " pauses=" + pauses
                + " fullDisks=" + fullDisks
                + " takeovers=" + takeovers + " handovers=" + handovers + " homeChanges="
                + homeChanges + " forwarded=" + forwarded + " redirects=" + redirects
                + " snapshots=" + snapshots + " committed=" + committed + " refusals=" + refusals
                + " unknown=" + unknown + " reads=" + reads + " watches=" + watches;
    }
}

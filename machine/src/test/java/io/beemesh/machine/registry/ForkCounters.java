package io.beemesh.machine.registry;

import java.util.List;

/** What happened in runs of sides that go on alone. */
final class ForkCounters {
    long crashes;
    long partitions;
    long detached;
    long attached;
    long merged;
    long conflicts;
    /** Slots that a node showed as another of its side served them. */
    long mirrored;
    long readBack;
    long writes;
    long refusals;
    long unknown;
    long lists;
    long resumes;
    long expired;

    void add(SimulatedMesh mesh, ForkClients clients, List<ForkWatch> watches) {
        mesh.nodes.forEach(n -> n.lives.forEach(r -> {
            detached += r.counters().detached.sum();
            attached += r.counters().attached.sum();
            merged += r.counters().merged.sum();
            conflicts += r.counters().conflicts.sum();
            mirrored += r.counters().mirrored;
        }));
        writes += clients.writes;
        refusals += clients.refusals;
        unknown += clients.unknown;
        watches.forEach(w -> {
            lists += w.lists;
            resumes += w.resumes;
            expired += w.expired;
        });
    }

    @Override
    public String toString() {
        return "crashes=" + crashes + " partitions=" + partitions + " detached=" + detached
                + " attached=" + attached + " merged=" + merged + " conflicts=" + conflicts
                + " mirrored=" + mirrored + " readBack=" + readBack
                + " writes=" + writes + " refusals=" + refusals + " unknown=" + unknown + " lists="
                + lists + " resumes=" + resumes + " expired=" + expired;
    }
}

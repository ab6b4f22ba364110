package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.replica.Rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides the next step from the home set that is to the one that is wanted: a member at a time, but for a slot
 * that has far more homes than it needs, as each has that was founded by all members.
 */
final class Balance {
    /** One step. */
    sealed interface Step {
        record Stay() implements Step {}

        record Change(HomeSet homes) implements Step {}

        record HandOver(PeerId next) implements Step {}
    }

    /** Below this no home is removed for not being wanted: it may come back, and be needed. */
    private static final int HOMES_MIN = 3;

    private final Replica replica;
    private final Map<PeerId, Progress> others;

    Balance(Replica replica, Map<PeerId, Progress> others) {
        this.replica = replica;
        this.others = others;
    }

    /**
     * The next step.
     *
     * @param wanted the best first
     * @param gone who left or was removed
     */
    Step next(List<PeerId> wanted, List<PeerId> gone) {
        HomeSet homes = replica.homes();
        if (wanted.isEmpty()) {
            return new Step.Stay();
        }
        if (!replica.rules.hold(Rule.ONE_MEMBER)) {
            HomeSet all = new HomeSet(wanted);
            return all.equals(homes) ? new Step.Stay() : new Step.Change(all);
        }
        Optional<PeerId> forgetful = homes.members().stream()
                .filter(h -> others.containsKey(h) && others.get(h).voteless).findFirst();
        if (forgetful.isPresent() && homes.size() > 1) {
            // It counts again once it is taken in anew.
            return new Step.Change(homes.without(forgetful.get()));
        }
        Optional<PeerId> lost = homes.members().stream()
                .filter(h -> gone.contains(h) && !h.equals(replica.self)).findFirst();
        if (lost.isPresent()) {
            return new Step.Change(homes.without(lost.get()));
        }
        if (homes.size() <= wanted.size()) {
            Optional<PeerId> added = wanted.stream()
                    .filter(w -> !homes.contains(w) && isCaughtUp(w)).findFirst();
            if (added.isPresent()) {
                return new Step.Change(homes.with(added.get()));
            }
        }
        List<PeerId> surplus = homes.members().stream().filter(h -> !wanted.contains(h)).toList();
        int enough = Math.max(HOMES_MIN, wanted.size());
        boolean complete = homes.size() > enough;
        if (homes.size() > enough + 1) {
            Optional<HomeSet> core = core(homes, wanted, enough);
            if (core.isPresent()) {
                return new Step.Change(core.get());
            }
        }
        Optional<PeerId> removed = surplus.stream().filter(h -> !h.equals(replica.self))
                .findFirst();
        if (complete && removed.isPresent()) {
            return new Step.Change(homes.without(removed.get()));
        }
        PeerId best = wanted.getFirst();
        if (!best.equals(replica.self) && homes.contains(best) && isCaughtUp(best)) {
            return new Step.HandOver(best);
        }
        return new Step.Stay();
    }

    /** Of many homes, as a slot begins with, those to keep: this one, the wanted, and others up to enough. */
    private Optional<HomeSet> core(HomeSet homes, List<PeerId> wanted, int enough) {
        List<PeerId> kept = new ArrayList<>(List.of(replica.self));
        wanted.stream().filter(h -> homes.contains(h) && !kept.contains(h) && isCaughtUp(h))
                .forEach(kept::add);
        homes.members().stream()
                .filter(h -> kept.size() < enough && !kept.contains(h) && isCaughtUp(h))
                .forEach(kept::add);
        return kept.size() >= enough && kept.size() < homes.size()
                ? Optional.of(new HomeSet(kept))
                : Optional.empty();
    }

    private boolean isCaughtUp(PeerId peer) {
        Progress progress = others.get(peer);
        return progress != null && (!replica.rules.hold(Rule.CAUGHT_UP)
                || (progress.match >= replica.committed.sequence() && !progress.probing
                        && !progress.voteless));
    }
}

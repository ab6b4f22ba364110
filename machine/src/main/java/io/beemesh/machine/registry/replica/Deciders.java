package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.registry.replica.Rules.Rule;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToLongFunction;

/**
 * Who decides on a slot: its homes without those that are declared lost, and while many homes change at
 * once those of before too, each by a majority of its own.
 *
 * @see <a href="https://web.stanford.edu/~ouster/cgi-bin/papers/OngaroPhD.pdf">Ongaro, 4.3: joint
 *     consensus</a>
 */
final class Deciders {
    private final Replica replica;

    Deciders(Replica replica) {
        this.replica = replica;
    }

    /** The homes without those that are declared lost for good, if any are left then. */
    HomeSet voters() {
        return counting(replica.homes());
    }

    private HomeSet counting(HomeSet homes) {
        HomeSet voters = homes;
        for (PeerId home : homes.members()) {
            if (voters.size() > 1 && replica.effects.isRemoved(home)) {
                voters = voters.without(home);
            }
        }
        return voters;
    }

    /** The homes of before, while many change at once. */
    Optional<HomeSet> before() {
        return replica.rules.hold(Rule.ONE_MEMBER) ? replica.log.before() : Optional.empty();
    }

    /** Of each a majority is needed. */
    List<HomeSet> sets() {
        Optional<HomeSet> before = before();
        return before.isEmpty()
                ? List.of(voters())
                : List.of(counting(before.get()), voters());
    }

    boolean isMajority(Collection<PeerId> peers) {
        return sets().stream().allMatch(set -> set.isMajority(peers));
    }

    /** The highest value that a majority of each set has reached. */
    long reachedByMajority(ToLongFunction<PeerId> value) {
        return sets().stream().mapToLong(set -> set.reachedByMajority(value)).min().orElseThrow();
    }

    /** Everybody who has a say. */
    Set<PeerId> all() {
        Set<PeerId> all = new TreeSet<>(replica.homes().members());
        before().ifPresent(set -> all.addAll(set.members()));
        return all;
    }
}

package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * The nodes that hold a slot's log and decide over it by majority.
 *
 * @param members ordered by id, each once, at least one
 */
record HomeSet(List<PeerId> members) {
    HomeSet {
        members = members.stream().distinct().sorted().toList();
        if (members.isEmpty()) {
            throw new IllegalArgumentException("a slot needs at least one home");
        }
    }

    /** The highest value that a majority has reached, such as of a log position or of a time. */
    long reachedByMajority(ToLongFunction<PeerId> value) {
        long[] values = members.stream().mapToLong(value).sorted().toArray();
        return values[(values.length - 1) / 2];
    }

    boolean isMajority(Collection<PeerId> peers) {
        return 2 * members.stream().filter(peers::contains).count() > members.size();
    }

    @Override
    public String toString() {
        return Arrays.toString(members.toArray());
    }
}

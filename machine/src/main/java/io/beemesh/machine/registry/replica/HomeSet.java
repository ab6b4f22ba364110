package io.beemesh.machine.registry.replica;

import io.beemesh.libp2p.peer.PeerId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * The nodes that hold a slot's log and decide over it by majority.
 *
 * @param members ordered by id, each once, at least one
 */
public record HomeSet(List<PeerId> members) {
    /** Sorts the members. */
    public HomeSet {
        members = members.stream().distinct().sorted().toList();
        if (members.isEmpty()) {
            throw new IllegalArgumentException("a slot needs at least one home");
        }
    }

    /** The highest value that a majority has reached, such as of a log position or of a time. */
    public long reachedByMajority(ToLongFunction<PeerId> value) {
        long[] values = members.stream().mapToLong(value).sorted().toArray();
        return values[(values.length - 1) / 2];
    }

    public boolean isMajority(Collection<PeerId> peers) {
        return 2 * members.stream().filter(peers::contains).count() > members.size();
    }

    /** Whether the other differs by more than one member, so that a majority of each may not meet. */
    boolean isFarFrom(HomeSet other) {
        long left = members.stream().filter(m -> !other.contains(m)).count();
        long come = other.members.stream().filter(m -> !contains(m)).count();
        return left + come > 1;
    }

    public boolean contains(PeerId peer) {
        return members.contains(peer);
    }

    public int size() {
        return members.size();
    }

    /** The same and {@code peer}. */
    public HomeSet with(PeerId peer) {
        List<PeerId> more = new ArrayList<>(members);
        more.add(peer);
        return new HomeSet(more);
    }

    /** The same but {@code peer}; there must be others. */
    public HomeSet without(PeerId peer) {
        return new HomeSet(members.stream().filter(m -> !m.equals(peer)).toList());
    }

    @Override
    public String toString() {
        return Arrays.toString(members.toArray());
    }
}

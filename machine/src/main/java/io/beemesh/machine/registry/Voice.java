package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.membership.Members;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Whether this node may help to begin a slot: it has to know of all that there were when it came, or two
 * majorities that do not meet could begin one slot.
 *
 * <p>1. Who has just joined, or forgot, has no voice before it has what a majority told. 2. Who told a node that
 * joins helps nobody any more who begins a slot without it. 3. Whom it had promised a vote before that it names: the
 * node that joins has no voice in that slot before that one told it too, and so knows it. On the loop only.
 */
final class Voice {
    /** Until then all have heard of a node that joined. */
    private static final Duration FRESH = Duration.ofMinutes(2);

    private final Loop loop;
    private final Members members;
    private final Map<PeerId, Long> told = new HashMap<>();
    private final Map<Integer, Set<PeerId>> promised = new TreeMap<>();
    private boolean knowsAll;
    private boolean forgetful;

    /** @param forgetful of what it forgot, this node may have been half of those who know */
    Voice(Loop loop, Members members, boolean forgetful) {
        this.loop = loop;
        this.members = members;
        this.forgetful = forgetful;
        this.knowsAll = !members.isJoining() && !forgetful;
    }

    /** Whether it knows of all slots that there were when it came. */
    boolean isGiven() {
        return knowsAll;
    }

    /** Whether it may help to begin any slot, as far as it itself goes: nobody is to begin any without it. */
    boolean isWhole() {
        return knowsAll && promised.isEmpty();
    }

    /** Whether this node had at some time all that there was, and has lost nothing since. */
    boolean knowsAllThatWas() {
        return knowsAll && !forgetful;
    }

    /** This node has now what the others have. */
    void give() {
        knowsAll = true;
        forgetful = false;
        members.joined();
    }

    /** Whether this node may help to begin a slot on which {@code founders} are to decide. */
    boolean mayFound(int slot, Collection<PeerId> founders) {
        if (!knowsAll) {
            return false;
        }
        long now = loop.nanoTime();
        told.values().removeIf(at -> now - at > FRESH.toNanos());
        if (told.isEmpty() && promised.isEmpty()) {
            return true;
        }
        Set<PeerId> everyone = new HashSet<>(members.everyone());
        return told.keySet().stream().filter(everyone::contains).allMatch(founders::contains)
                && promised.getOrDefault(slot, Set.of()).stream().noneMatch(everyone::contains);
    }

    /** This node tells one that joins what there is. */
    void tells(PeerId joining) {
        told.put(joining, loop.nanoTime());
    }

    /** Of these slots somebody may begin each without this node, by promises of former times. */
    void isWithheld(Map<Integer, Set<PeerId>> candidates) {
        candidates.forEach((slot, some) -> promised.computeIfAbsent(slot, s -> new HashSet<>())
                .addAll(some));
        promised.values().removeIf(Set::isEmpty);
    }

    /** A member told this node all it knows: it begins nothing but {@code begun} without this one. */
    void toldBy(PeerId peer, Collection<Integer> begun) {
        promised.forEach((slot, some) -> {
            if (!begun.contains(slot)) {
                some.remove(peer);
            }
        });
        promised.values().removeIf(Set::isEmpty);
    }

    /** This node has entries of the slot, so it is begun and needs no founders. */
    void knows(int slot) {
        promised.remove(slot);
    }

    /** In which slots this node has no voice yet, and for whom. */
    Map<Integer, Set<PeerId>> withheld() {
        return promised;
    }
}

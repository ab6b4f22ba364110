package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.peer.PeerId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The peers known to answer, in one bucket of at most k for each length of the prefix that they have in
 * common with the own key. A full bucket keeps what it has: old contacts stay longest, and nobody is
 * pushed out from outside.
 *
 * <p>Exact where it matters: if a peer is among the k closest to a target, then all peers closer than it
 * lie in buckets of its table that hold fewer than k, so it can know every one of them.
 */
final class RoutingTable {
    /** What a failure adds to {@link Contact#failures}; a contact that reaches {@link #REMOVED} leaves. */
    private static final int BROKEN = 1;

    private static final int GONE = 2;
    private static final int REMOVED = 3;

    private final KadKey self;
    private final int bucketSize;
    private final int groupMax;
    private final List<List<Contact>> buckets = new ArrayList<>();
    private final Map<PeerId, Contact> byId = new HashMap<>();
    private final Map<Integer, Integer> groups = new HashMap<>();

    RoutingTable(KadKey self, int bucketSize, int groupMax) {
        this.self = self;
        this.bucketSize = bucketSize;
        this.groupMax = groupMax;
    }

    int size() {
        return byId.size();
    }

    @Nullable
    Contact contact(PeerId peer) {
        return byId.get(peer);
    }

    /** True if {@code key} would get a place. */
    boolean hasRoom(KadKey key) {
        int index = self.commonPrefix(key);
        return index < KadKey.BITS
                && (index >= buckets.size() || buckets.get(index).size() < bucketSize);
    }

    /** Called when the peer answered a request; false if it got no place. */
    boolean answered(PeerId peer, KadKey key, int group, long nowNanos) {
        Contact known = byId.get(peer);
        if (known != null) {
            known.answeredNanos = nowNanos;
            known.failures = 0;
            return true;
        }
        if (!hasRoom(key) || !groupHasRoom(group)) {
            return false;
        }
        int index = self.commonPrefix(key);
        while (buckets.size() <= index) {
            buckets.add(new ArrayList<>(2));
        }
        Contact contact = new Contact(peer, key, group, nowNanos);
        buckets.get(index).add(contact);
        byId.put(peer, contact);
        groups.merge(group, 1, Integer::sum);
        return true;
    }

    private boolean groupHasRoom(int group) {
        return groupMax == 0 || group == 0 || groups.getOrDefault(group, 0) < groupMax;
    }

    /** Called when a request to the peer failed; {@code gone} if it could not be reached at all. */
    void failed(PeerId peer, boolean gone) {
        Contact contact = byId.get(peer);
        if (contact != null) {
            contact.failures += gone ? GONE : BROKEN;
            if (contact.failures >= REMOVED) {
                remove(peer);
            }
        }
    }

    void remove(PeerId peer) {
        Contact contact = byId.remove(peer);
        if (contact != null) {
            buckets.get(self.commonPrefix(contact.key)).remove(contact);
            groups.computeIfPresent(contact.group, (group, count) -> count == 1 ? null : count - 1);
        }
    }

    /** The closest to {@code target} first, at most {@code count}. */
    List<Contact> closest(KadKey target, int count) {
        List<Contact> found = new ArrayList<>(count);
        walk(target, contact -> found.size() < count && found.add(contact));
        return found;
    }

    /**
     * Shows contacts, the closest to {@code target} first, as long as {@code goOn} says so.
     *
     * <p>Bucket i holds the peers that part from the own key at bit i. So the bucket of the bit where the
     * target parts from the own key comes first. Of the longer prefixes a bucket is closer than all after
     * it where the target's bit differs from the own one, and farther where not. The shorter ones come
     * last, one by one.
     */
    void walk(KadKey target, Predicate<Contact> goOn) {
        int own = Math.min(self.commonPrefix(target), KadKey.BITS - 1);
        boolean more = walk(own, target, goOn);
        for (int i = own + 1; more && i < buckets.size(); i++) {
            more = self.bit(i) == target.bit(i) || walk(i, target, goOn);
        }
        for (int i = buckets.size() - 1; more && i > own; i--) {
            more = self.bit(i) != target.bit(i) || walk(i, target, goOn);
        }
        for (int i = Math.min(own, buckets.size()) - 1; more && i >= 0; i--) {
            more = walk(i, target, goOn);
        }
    }

    private boolean walk(int index, KadKey target, Predicate<Contact> goOn) {
        if (index >= buckets.size() || buckets.get(index).isEmpty()) {
            return true;
        }
        Contact[] sorted = buckets.get(index).toArray(Contact[]::new);
        Arrays.sort(sorted, (x, y) -> target.compareDistance(x.key, y.key));
        for (Contact contact : sorted) {
            if (!goOn.test(contact)) {
                return false;
            }
        }
        return true;
    }

    /** Contacts of one bucket; empty beyond the last. */
    List<Contact> bucket(int index) {
        return index < buckets.size() ? List.copyOf(buckets.get(index)) : List.of();
    }

    /** One more than the longest common prefix of any contact. */
    int depth() {
        int depth = buckets.size();
        while (depth > 0 && buckets.get(depth - 1).isEmpty()) {
            depth--;
        }
        return depth;
    }
}

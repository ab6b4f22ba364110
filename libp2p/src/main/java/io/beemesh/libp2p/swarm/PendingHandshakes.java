package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.multiformats.AddressPart;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The handshakes of peers that dialed. If there are too many, the address that has the most, the newcomer
 * counted, loses its oldest: silent sockets keep out neither peers of other addresses nor later ones of their
 * own. Where all have one each, the newcomer is refused.
 */
public final class PendingHandshakes {
    private final int max;
    private final Map<AddressPart, Deque<Runnable>> byAddress = new LinkedHashMap<>();
    private int count;

    /** At most so many at a time. */
    public PendingHandshakes(int max) {
        this.max = max;
    }

    /**
     * True if one more may begin, which is then to be added; another one may have been ended for it.
     *
     * @param from its address, or its network
     */
    public boolean makeRoom(AddressPart from) {
        if (count < max) {
            return true;
        }
        Map.Entry<AddressPart, Deque<Runnable>> most = byAddress.entrySet().stream()
                .max(Comparator.comparingInt(it -> size(it, from))).orElseThrow();
        if (size(most, from) < 2) {
            return false;
        }
        // It removes itself when it ends.
        most.getValue().getFirst().run();
        return count < max;
    }

    /** True while every second place is taken: then who comes may be asked to prove where it is. */
    public boolean isBusy() {
        return count >= max / 2;
    }

    /** With the newcomer. */
    private static int size(Map.Entry<AddressPart, Deque<Runnable>> address, AddressPart from) {
        return address.getValue().size() + (address.getKey().equals(from) ? 1 : 0);
    }

    /**
     * One more has begun.
     *
     * @param end ends the handshake, and so removes it
     */
    public void add(AddressPart from, Runnable end) {
        byAddress.computeIfAbsent(from, ignored -> new ArrayDeque<>(1)).addLast(end);
        count++;
    }

    /** One of those is over, however it ended. */
    public void remove(AddressPart from, Runnable end) {
        Deque<Runnable> those = byAddress.get(from);
        if (those != null && those.remove(end)) {
            count--;
            if (those.isEmpty()) {
                byAddress.remove(from);
            }
        }
    }
}

package io.beemesh.machine.membership;

import io.beemesh.libp2p.peer.PeerId;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * How long a suspected member has to show itself: the longest time while one member alone suspects it,
 * the shortest once {@code confirmationsWanted} others have said so independently.
 *
 * @see <a href="https://arxiv.org/abs/1707.00788">Lifeguard, section IV B: LHA-Suspicion</a>
 */
final class Suspicion {
    private final long startNanos;
    private final long minNanos;
    private final long maxNanos;
    private final int confirmationsWanted;
    private final Set<PeerId> accusers = new LinkedHashSet<>();

    Suspicion(long startNanos, long minNanos, long maxNanos, int confirmationsWanted) {
        this.startNanos = startNanos;
        this.minNanos = minNanos;
        this.maxNanos = maxNanos;
        this.confirmationsWanted = confirmationsWanted;
    }

    /** Takes the word of one more member; the first is who began it. */
    void accuse(PeerId accuser) {
        if (accusers.size() <= confirmationsWanted) {
            accusers.add(accuser);
        }
    }

    /** When the member is held for dead, if nothing else happens; {@code delayNanos} the observer itself slept. */
    long deadlineNanos(long delayNanos) {
        return startNanos + delayNanos + timeoutNanos(accusers.size() - 1);
    }

    private long timeoutNanos(int confirmations) {
        if (confirmationsWanted < 1) {
            return minNanos;
        }
        int counted = Math.clamp(confirmations, 0, confirmationsWanted);
        double share = Math.log(counted + 1.0) / Math.log(confirmationsWanted + 1.0);
        return Math.max(minNanos, Math.round(maxNanos - share * (maxNanos - minNanos)));
    }
}

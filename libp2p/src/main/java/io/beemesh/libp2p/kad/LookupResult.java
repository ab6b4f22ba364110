package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.List;

/**
 * What a lookup found and cost.
 *
 * @param closest the peers closest to the target that answered, the closest first, at most k
 * @param hops the longest way by which one of them was found: 1 if it was in the own table
 * @param requests sent, repeated ones included
 * @param failures requests without an answer
 * @param complete false if the time was up or the query was satisfied before the closest had answered
 */
public record LookupResult(List<PeerId> closest, int hops, int requests, int failures,
        Duration took,
        boolean complete) {
    public LookupResult {
        closest = List.copyOf(closest);
    }
}

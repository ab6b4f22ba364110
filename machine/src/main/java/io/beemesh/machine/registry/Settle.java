package io.beemesh.machine.registry;

import io.beemesh.libp2p.peer.PeerId;

/**
 * Goes with changes that take part of a node's fork into the slot's log: once they are committed, that part
 * is no fork any more. As the log says it, no change of a fork is taken twice.
 *
 * @param owner whose fork it is
 * @param before up to which change the fork was taken in before
 * @param upTo up to which it is now
 * @param offer names the states that were taken, see {@link Pin}
 * @param more whether there is more of the fork, so that what the log has of it is half the truth
 * @param version of this, above those of the changes
 */
record Settle(PeerId owner, long before, long upTo, long offer, boolean more, long version) {
    Settle at(long newVersion) {
        return new Settle(owner, before, upTo, offer, more, newVersion);
    }
}

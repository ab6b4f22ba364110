package io.beemesh.machine.registry.replica;

/** What a node is to a slot in its current term. */
public enum Role {
    /** Follows a primary, or waits for one. */
    HOME,
    /** Asks the other homes whether they would vote for it. */
    TRIAL,
    /** Has voted for itself and waits for a majority. */
    CANDIDATE,
    /** Decides on writes. */
    PRIMARY
}

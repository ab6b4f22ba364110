package io.beemesh.machine.membership;

/** How a member is, as this node sees it. */
public enum MemberState {
    /** Known from its certificate, and not heard of since this node started. */
    UNHEARD,
    /** Heard of lately. */
    ALIVE,
    /** Could not be reached; has a short time to show itself. */
    SUSPECT,
    /** Did not show itself; alive again as soon as it does. */
    DEAD,
    /** Went in order. */
    LEFT
}

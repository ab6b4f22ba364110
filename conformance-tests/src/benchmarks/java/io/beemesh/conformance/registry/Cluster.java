package io.beemesh.conformance.registry;

/** Three members of one make, each a process on this machine. */
interface Cluster extends AutoCloseable {
    int MEMBERS = 3;

    /** Who leads what is loaded; waits until somebody does. */
    int leader();

    /** Of the member's process. */
    long pid(int member);

    /** Starts a member that was killed. */
    void restart(int member);

    @Override
    void close();
}

package io.beemesh.machine.runtime;

import java.time.Instant;

/**
 * A container as the runtime knows it.
 *
 * @param name as in the pod's spec
 * @param attempt counts the containers of this name in the pod from 0
 * @param exitCode meaningful once exited
 * @param startedAt {@link Instant#EPOCH} if never
 * @param finishedAt {@link Instant#EPOCH} if not yet
 * @param error why it could not start; usually empty
 * @param stopSignal what its image says ends it in order, by name or number; empty for SIGTERM
 * @param mark what its {@link ContainerSpec} said
 */
public record ContainerState(String id, String podUid, String name, int attempt, Status status,
        int exitCode, boolean oomKilled, Instant startedAt, Instant finishedAt, String image,
        String imageId, String error, String stopSignal,
        String mark) {
    /** Where in its life it is. */
    public enum Status {
        CREATED, RUNNING, EXITED
    }

    public boolean isRunning() {
        return status == Status.RUNNING;
    }

    public boolean isExited() {
        return status == Status.EXITED;
    }
}

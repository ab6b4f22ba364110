package io.beemesh.machine.runtime;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The files of pods on this machine: volumes, {@code /etc/hosts} and the like, termination messages.
 *
 * <p>Called, and completing, on the node's loop; failures are {@link RuntimeFailure}s in the words of
 * {@code FailedMount} events.
 */
public interface VolumeStore {
    /**
     * Makes the volumes, or brings their contents up to date: changed files appear together.
     *
     * @return the path of each volume on the machine, by its name
     */
    CompletableFuture<Map<String, String>> prepare(String podUid, List<Volume> volumes);

    /**
     * Makes what a {@code subPath} names inside a volume, and refuses one that leaves it.
     *
     * @return its path on the machine
     */
    CompletableFuture<String> subPath(String volumePath, String subPath);

    /**
     * Writes the files that every container of a pod sees, by path in the container, such as {@code
     * /etc/hosts}.
     *
     * @return their paths on the machine, by the same names
     */
    CompletableFuture<Map<String, String>> podFiles(String podUid, Map<String, String> contents);

    /** Makes an empty termination message file and returns its path on the machine. */
    CompletableFuture<String> terminationFile(String podUid, String container, int attempt);

    /** The container's termination message, at most 4,096 bytes, or empty. */
    CompletableFuture<String> terminationMessage(String podUid, String container, int attempt);

    /** The end of a container's log: at most 80 lines and 2,048 bytes. */
    CompletableFuture<String> logTail(String podUid, String container, int attempt);

    /** Removes what a persistent volume of this machine holds, by the volume's name; done if it is not there. */
    CompletableFuture<Void> removeVolume(String name);

    /** Removes all files of the pod, but nothing of hostPath and persistent volumes. */
    CompletableFuture<Void> remove(String podUid);
}

package io.beemesh.machine.volume;

import java.nio.file.Path;

/**
 * Where the files of pods lie: a directory per pod uid, and in it volumes, files, logs and termination
 * messages.
 *
 * @param pods the directory of them all
 */
public record PodDirectories(Path pods) {
    /** All that is kept for a pod. */
    public Path pod(String podUid) {
        if (podUid.isEmpty() || podUid.contains("/") || podUid.contains("..")) {
            throw new IllegalArgumentException("not a pod uid: " + podUid);
        }
        return pods.resolve(podUid);
    }

    /** A container's log; a line per line of output: time, stream, {@code F} or {@code P}, text. */
    public Path log(String podUid, String container, int attempt) {
        return pod(podUid).resolve("logs").resolve(container).resolve(attempt + ".log");
    }

    Path volume(String podUid, String name) {
        return pod(podUid).resolve("volumes").resolve(name);
    }

    Path file(String podUid, String name) {
        return pod(podUid).resolve("etc").resolve(name);
    }

    Path termination(String podUid, String container, int attempt) {
        return pod(podUid).resolve("termination").resolve(container + "." + attempt);
    }
}

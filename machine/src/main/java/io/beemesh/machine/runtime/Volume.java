package io.beemesh.machine.runtime;

import java.util.Map;
import java.util.TreeMap;

/** A volume to make, resolved from the pod's spec and the objects that it names. */
public sealed interface Volume {
    /** The volume's name in the pod's spec. */
    String name();

    /**
     * A directory that lives as long as the pod.
     *
     * @param limitBytes of a medium in memory; zero means half the machine's
     * @param group owns it, or -1
     */
    record EmptyDir(String name, boolean memory, long limitBytes, long group) implements Volume {}

    /**
     * Files with given contents, replaced together.
     *
     * @param files by relative path
     * @param group owns them, or -1
     */
    record Files(String name, Map<String, File> files, long group) implements Volume {
        public Files {
            files = new TreeMap<>(files);
        }
    }

    /** One file of {@link Files}: its bytes, shared, and permission bits. */
    record File(byte[] bytes, int mode) {}

    /**
     * A path of the machine.
     *
     * @param type as in {@code hostPath.type}: empty, {@code Directory}, {@code FileOrCreate}, ...
     */
    record HostPath(String name, String path, String type) implements Volume {}

    /** The directory of a persistent volume, made if absent. */
    record Persistent(String name, String path, long group) implements Volume {}
}

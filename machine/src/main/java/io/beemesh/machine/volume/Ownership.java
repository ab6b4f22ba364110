package io.beemesh.machine.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Modes and groups of files, as {@code fsGroup} asks for them. */
final class Ownership {
    private static final int GROUP_READ = 040;

    private Ownership() {}

    /** Sets mode and, unless negative, group; what a group owns it may also read. */
    static void set(Path path, long group, int mode) throws IOException {
        if (group >= 0) {
            Files.setAttribute(path, "unix:gid", (int) group);
        }
        Files.setAttribute(path, "unix:mode", group >= 0 ? mode | GROUP_READ : mode);
    }
}

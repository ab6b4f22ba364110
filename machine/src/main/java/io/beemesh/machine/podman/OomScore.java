package io.beemesh.machine.podman;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How far below its own a process of this machine may set {@code oom_score_adj}: the kernel takes less than one
 * has only from who has CAP_SYS_RESOURCE, and the runtime does not start a container that asks for it without.
 */
final class OomScore {
    private static final int LEAST = -1000;
    private static final int CAP_SYS_RESOURCE = 24;
    private static final String EFFECTIVE = "CapEff:";

    private OomScore() {}

    /** @param process its directory under {@code /proc} */
    static int least(Path process) {
        try {
            for (String line : Files.readAllLines(process.resolve("status"))) {
                if (line.startsWith(EFFECTIVE) && (Long.parseUnsignedLong(
                        line.substring(EFFECTIVE.length()).strip(), 16) >>> CAP_SYS_RESOURCE
                        & 1) == 1) {
                    return LEAST;
                }
            }
            return Integer.parseInt(Files.readString(process.resolve("oom_score_adj")).strip());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }
}

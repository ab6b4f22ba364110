package io.beemesh.conformance;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the project's own files lie. */
public final class Repository {
    private Repository() {}

    /** The folder with the launcher. */
    public static Path root() {
        Path dir = Path.of("").toAbsolutePath();
        while (!Files.exists(dir.resolve("beemesh")) || !Files.exists(dir.resolve("libp2p"))) {
            dir = dir.getParent();
            if (dir == null) {
                throw new IllegalStateException("not inside the Beemesh repository");
            }
        }
        return dir;
    }
}

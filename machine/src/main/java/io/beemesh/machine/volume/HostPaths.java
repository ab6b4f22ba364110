package io.beemesh.machine.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/**
 * Paths of the machine that pods ask for by {@code hostPath}.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/storage/volumes/#hostpath">hostPath</a>
 */
public final class HostPaths {
    private final List<Path> secret;

    /** @param secret what no pod may see, such as the data directory and Podman's socket */
    public HostPaths(List<Path> secret) {
        this.secret = List.copyOf(secret);
    }

    /** Hides nothing. */
    public static HostPaths all() {
        return new HostPaths(List.of());
    }

    /** The path, which is of the wanted type, made if the type says so. */
    Path check(String text, String type) throws IOException {
        Path path = Path.of(text).toAbsolutePath().normalize();
        refuseSecret(path);
        switch (type) {
            case "DirectoryOrCreate" -> {
                if (!Files.exists(path)) {
                    Files.createDirectories(path);
                    Ownership.set(path, -1, 0755);
                }
                expect(Files.isDirectory(path), path, "is not a directory");
            }
            case "FileOrCreate" -> {
                if (!Files.exists(path)) {
                    Files.createFile(path);
                    Ownership.set(path, -1, 0644);
                }
                expect(Files.isRegularFile(path), path, "is not a file");
            }
            case "Directory" -> expect(Files.isDirectory(path), path, "is not a directory");
            case "File" -> expect(Files.isRegularFile(path), path, "is not a file");
            case "Socket" -> expect(kind(path) == 0140000, path, "is not a socket file");
            case "CharDevice" -> expect(kind(path) == 0020000, path,
                    "is not a character device");
            case "BlockDevice" -> expect(kind(path) == 0060000, path, "is not a block device");
            default -> {
                if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                    // As container engines do for a path of no type.
                    Files.createDirectories(path);
                }
            }
        }
        if (Files.exists(path)) {
            refuseSecret(path.toRealPath());
        }
        return path;
    }

    private void refuseSecret(Path path) throws IOException {
        for (Path hidden : secret) {
            Path real = Files.exists(hidden) ? hidden.toRealPath() : hidden.toAbsolutePath();
            if (real.startsWith(path) || path.startsWith(real)
                    || hidden.toAbsolutePath().startsWith(path)) {
                throw new IOException("hostPath " + path + " would expose " + hidden
                        + ", which is refused unless the node runs with --allow-host-access");
            }
        }
    }

    private static int kind(Path path) throws IOException {
        return Files.exists(path)
                ? (Integer) Files.getAttribute(path, "unix:mode") & 0170000
                : 0;
    }

    private static void expect(boolean holds, Path path, String what) throws IOException {
        if (!holds) {
            throw new IOException("hostPath type check failed: " + path + " " + what);
        }
    }
}

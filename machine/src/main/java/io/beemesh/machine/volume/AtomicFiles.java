package io.beemesh.machine.volume;

import io.beemesh.machine.runtime.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Files that change together: they lie in a directory of a new name, {@code ..data} is a link to it
 * that is replaced in one step, and each visible name is a link through {@code ..data}.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically">mounted
 *     ConfigMaps</a>
 */
final class AtomicFiles {
    private static final String DATA = "..data";
    private static final String DATA_NEW = "..data_tmp";

    private final Path directory;
    private final long group;

    AtomicFiles(Path directory, long group) {
        this.directory = directory;
        this.group = group;
    }

    /** Makes the directory show just these files; does nothing if it does. */
    void write(Map<String, Volume.File> files) throws IOException {
        Files.createDirectories(directory);
        Ownership.set(directory, group, 0755);
        if (isCurrent(files)) {
            return;
        }
        Path old = current();
        Path fresh = Files.createTempDirectory(directory, "..");
        Ownership.set(fresh, group, 0755);
        for (Map.Entry<String, Volume.File> file : files.entrySet()) {
            Path path = inside(fresh, file.getKey());
            Files.createDirectories(path.getParent());
            Files.write(path, file.getValue().bytes());
            Ownership.set(path, group, file.getValue().mode());
        }
        Path link = directory.resolve(DATA_NEW);
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, fresh.getFileName());
        Files.move(link, directory.resolve(DATA), StandardCopyOption.ATOMIC_MOVE);
        linkNames(files);
        if (!old.equals(directory)) {
            DiskVolumes.deleteTree(old);
        }
    }

    private boolean isCurrent(Map<String, Volume.File> files) throws IOException {
        Path now = current();
        if (now.equals(directory)) {
            return false;
        }
        Set<String> seen = new HashSet<>();
        try (Stream<Path> paths = Files.walk(now)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                    seen.add(now.relativize(path).toString());
                }
            }
        }
        if (!seen.equals(files.keySet())) {
            return false;
        }
        for (Map.Entry<String, Volume.File> file : files.entrySet()) {
            if (!Arrays.equals(Files.readAllBytes(inside(now, file.getKey())),
                    file.getValue().bytes())) {
                return false;
            }
        }
        return true;
    }

    /** What {@code ..data} leads to, or the directory itself if there is none. */
    private Path current() throws IOException {
        Path data = directory.resolve(DATA);
        return Files.isSymbolicLink(data)
                ? directory.resolve(Files.readSymbolicLink(data))
                : directory;
    }

    private void linkNames(Map<String, Volume.File> files) throws IOException {
        Set<String> names = new HashSet<>();
        files.keySet().forEach(path -> names.add(List.of(path.split("/", -1)).getFirst()));
        for (String name : names) {
            Path link = directory.resolve(name);
            if (!Files.isSymbolicLink(link)) {
                Files.createSymbolicLink(link, Path.of(DATA, name));
            }
        }
        try (Stream<Path> list = Files.list(directory)) {
            for (Path path : list.toList()) {
                String name = path.getFileName().toString();
                if (!name.startsWith("..") && !names.contains(name)) {
                    Files.delete(path);
                }
            }
        }
    }

    private static Path inside(Path directory, String name) throws IOException {
        Path path = directory.resolve(name).normalize();
        if (!path.startsWith(directory) || path.equals(directory)) {
            throw new IOException("invalid path: " + name);
        }
        return path;
    }

    /** Permission bits as a set. */
    static Set<PosixFilePermission> permissions(int mode) {
        PosixFilePermission[] all = {PosixFilePermission.OTHERS_EXECUTE,
                PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_READ,
                PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.GROUP_WRITE,
                PosixFilePermission.GROUP_READ, PosixFilePermission.OWNER_EXECUTE,
                PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_READ};
        Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
        for (int bit = 0; bit < all.length; bit++) {
            if ((mode >> bit & 1) == 1) {
                set.add(all[bit]);
            }
        }
        return set;
    }
}

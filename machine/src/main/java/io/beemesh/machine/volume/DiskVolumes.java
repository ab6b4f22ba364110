package io.beemesh.machine.volume;

import io.beemesh.libp2p.Loop;
import io.beemesh.machine.runtime.RuntimeFailure;
import io.beemesh.machine.runtime.Volume;
import io.beemesh.machine.runtime.VolumeStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Volumes as directories of this machine. Works on virtual threads. */
public final class DiskVolumes implements VolumeStore {
    private static final int MESSAGE_BYTES_MAX = 4096;
    private static final int TAIL_BYTES_MAX = 2048;
    private static final int TAIL_LINES_MAX = 80;
    private static final int TAIL_READ_BYTES = 64 << 10;
    private static final int EMPTY_DIR_MODE = 0777;
    private static final int SET_GROUP_MODE = 02775;

    private final Loop loop;
    private final PodDirectories directories;
    private final Path volumes;
    private final HostPaths hostPaths;

    /**
     * @param pods a directory under the node's data directory
     * @param volumes the directory of persistent volumes, each by its name
     * @param hostPaths which paths of the machine pods may see
     */
    public DiskVolumes(Loop loop, Path pods, Path volumes, HostPaths hostPaths) {
        this.loop = loop;
        this.directories = new PodDirectories(pods);
        this.volumes = volumes;
        this.hostPaths = hostPaths;
    }

    @Override
    public CompletableFuture<Map<String, String>> prepare(String podUid, List<Volume> volumes) {
        return call(() -> {
            Map<String, String> paths = new LinkedHashMap<>();
            for (Volume volume : volumes) {
                try {
                    paths.put(volume.name(), make(podUid, volume).toString());
                } catch (IOException e) {
                    throw new IOException("MountVolume.SetUp failed for volume \"" + volume.name()
                            + "\" : " + text(e), e);
                }
            }
            return paths;
        });
    }

    private Path make(String podUid, Volume volume) throws IOException {
        Path path = directories.volume(podUid, volume.name());
        return switch (volume) {
            case Volume.EmptyDir dir -> emptyDir(path, dir);
            case Volume.Files files -> {
                new AtomicFiles(path, files.group()).write(files.files());
                yield path;
            }
            case Volume.HostPath host -> hostPaths.check(host.path(), host.type());
            case Volume.Persistent persistent -> persistent(persistent);
        };
    }

    private static Path emptyDir(Path path, Volume.EmptyDir dir) throws IOException {
        boolean fresh = !Files.isDirectory(path);
        Files.createDirectories(path);
        if (dir.memory() && !Mounts.isMountPoint(path)) {
            Mounts.mountTmpfs(path, dir.limitBytes());
            fresh = true;
        }
        if (fresh) {
            Ownership.set(path, dir.group(), dir.group() >= 0 ? 02777 : EMPTY_DIR_MODE);
        }
        return path;
    }

    private static Path persistent(Volume.Persistent volume) throws IOException {
        Path path = Path.of(volume.path());
        if (!Files.isDirectory(path)) {
            Files.createDirectories(path);
            Ownership.set(path, volume.group(), EMPTY_DIR_MODE);
        } else if (volume.group() >= 0) {
            Ownership.set(path, volume.group(), SET_GROUP_MODE);
        }
        return path;
    }

    @Override
    public CompletableFuture<String> subPath(String volumePath, String subPath) {
        return call(() -> {
            Path volume = Path.of(volumePath).toRealPath();
            Path path = volume.resolve(subPath).normalize();
            if (subPath.startsWith("/") || !path.startsWith(volume)) {
                throw new IOException("subPath \"" + subPath + "\" leaves its volume");
            }
            if (!Files.exists(path)) {
                Files.createDirectories(path);
                // As usable as the volume itself is.
                Files.setAttribute(path, "unix:mode",
                        (Integer) Files.getAttribute(volume, "unix:mode") & 07777);
                Files.setAttribute(path, "unix:gid", Files.getAttribute(volume, "unix:gid"));
            }
            // A link inside the volume must not lead out of it.
            if (!path.toRealPath().startsWith(volume)) {
                throw new IOException("subPath \"" + subPath + "\" leaves its volume");
            }
            return path.toRealPath().toString();
        });
    }

    @Override
    public CompletableFuture<Map<String, String>> podFiles(String podUid,
            Map<String, String> contents) {
        return call(() -> {
            Map<String, String> paths = new LinkedHashMap<>();
            for (Map.Entry<String, String> file : contents.entrySet()) {
                Path name = Path.of(file.getKey()).getFileName();
                Path path = directories.file(podUid, String.valueOf(name));
                Files.createDirectories(path.getParent());
                Files.writeString(path, file.getValue());
                Ownership.set(path, -1, 0644);
                paths.put(file.getKey(), path.toString());
            }
            return paths;
        });
    }

    @Override
    public CompletableFuture<String> terminationFile(String podUid, String container,
            int attempt) {
        return call(() -> {
            Path path = directories.termination(podUid, container, attempt);
            Files.createDirectories(path.getParent());
            Files.write(path, new byte[0]);
            Ownership.set(path, -1, 0666);
            return path.toString();
        });
    }

    @Override
    public CompletableFuture<String> terminationMessage(String podUid, String container,
            int attempt) {
        return call(() -> {
            Path path = directories.termination(podUid, container, attempt);
            if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                return "";
            }
            try (InputStream in = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS)) {
                return new String(in.readNBytes(MESSAGE_BYTES_MAX), StandardCharsets.UTF_8);
            }
        });
    }

    @Override
    public CompletableFuture<String> logTail(String podUid, String container, int attempt) {
        return call(() -> {
            Path path = directories.log(podUid, container, attempt);
            byte[] end;
            try (RandomAccessFile log = new RandomAccessFile(path.toFile(), "r")) {
                long from = Math.max(0, log.length() - TAIL_READ_BYTES);
                end = new byte[(int) (log.length() - from)];
                log.seek(from);
                log.readFully(end);
            }
            List<String> lines = new ArrayList<>();
            for (String line : new String(end, StandardCharsets.UTF_8).split("\n", -1)) {
                String[] parts = line.split(" ", 4);
                if (parts.length == 4) {
                    lines.add(parts[3] + (parts[2].equals("P") ? "" : "\n"));
                }
            }
            String text = String.join("", lines
                    .subList(Math.max(0, lines.size() - TAIL_LINES_MAX), lines.size()));
            return text.substring(Math.max(0, text.length() - TAIL_BYTES_MAX));
        });
    }

    @Override
    public CompletableFuture<Void> removeVolume(String name) {
        return call(() -> {
            Path volume = volumes.resolve(name).normalize();
            if (!volumes.equals(volume.getParent())) {
                throw new IOException("not the name of a volume: " + name);
            }
            deleteTree(volume);
            return null;
        });
    }

    @Override
    public CompletableFuture<Void> remove(String podUid) {
        return call(() -> {
            Path pod = directories.pod(podUid);
            Mounts.unmountBelow(pod);
            deleteTree(pod);
            return null;
        });
    }

    /** Deletes a directory and all in it, without following links. */
    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                    throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory,
                    @Nullable IOException thrown) throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static String text(IOException e) {
        return e instanceof NoSuchFileException
                ? "no such file or directory: " + e.getMessage()
                : String.valueOf(e.getMessage());
    }

    private <T> CompletableFuture<T> call(Callable<T> work) {
        CompletableFuture<T> future = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                T value = work.call();
                loop.execute(() -> future.complete(value));
            } catch (Exception e) {
                RuntimeFailure failure = new RuntimeFailure(RuntimeFailure.Kind.REFUSED,
                        e.getMessage() == null ? e.toString() : e.getMessage());
                loop.execute(() -> future.completeExceptionally(failure));
            }
        });
        return future;
    }
}

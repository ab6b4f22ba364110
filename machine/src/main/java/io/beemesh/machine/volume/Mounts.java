package io.beemesh.machine.volume;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** File systems in memory, by the machine's {@code mount} command. */
final class Mounts {
    private static final Path TABLE = Path.of("/proc/self/mounts");
    private static final long LIMIT_SECONDS = 20;

    private Mounts() {}

    static boolean isMountPoint(Path path) throws IOException {
        return points().contains(path.toAbsolutePath().toString());
    }

    /** @param limitBytes zero means the kernel's own: half the machine's memory */
    static void mountTmpfs(Path path, long limitBytes) throws IOException {
        List<String> command = new ArrayList<>(List.of("mount", "-t", "tmpfs", "-o",
                "nosuid,nodev" + (limitBytes > 0 ? ",size=" + limitBytes : ""), "tmpfs",
                path.toAbsolutePath().toString()));
        run(command);
    }

    static void unmountBelow(Path root) throws IOException {
        String prefix = root.toAbsolutePath() + "/";
        for (String point : points().reversed()) {
            if (point.startsWith(prefix)) {
                run(List.of("umount", point));
            }
        }
    }

    private static List<String> points() throws IOException {
        List<String> points = new ArrayList<>();
        for (String line : Files.readAllLines(TABLE)) {
            String[] fields = line.split(" ", 3);
            if (fields.length > 1) {
                points.add(fields[1].replace("\\040", " "));
            }
        }
        return points;
    }

    private static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readNBytes(1000),
                StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(output.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}

package io.beemesh.machine.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.registry.RegistryConfig;
import io.beemesh.machine.registry.WriteResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process of its own writes numbers, tells each one that is acknowledged, and is killed at a random
 * point, many times over one directory: while it starts, writes or makes checkpoints. What it told is
 * there afterwards; at most the one write that each writer had under way may be there besides.
 *
 * <p>{@code -Dbeemesh.kills=200} makes as many points as that.
 */
class KilledWriterTest {
    private static final int KILLS = Integer.getInteger("beemesh.kills", 12);
    private static final List<String> NAMES = List.of("a", "b", "c", "d", "e", "f", "g", "h");
    private static final String END = ".";
    private static final int TOLD_MAX = 600;
    private static final int DELETE_EVERY = 7;
    private static final RegistryConfig CONFIG = RegistryConfig.defaults()
            .withCheckpointBytes(60_000);

    @TempDir
    private Path directory;
    @TempDir
    private Path scratch;

    @Test
    void kill_atRandomPoints_losesNothingAcknowledged() throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        Map<String, Long> before = new TreeMap<>();
        long tolds = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            // Numbers of each life begin with one that is no delete.
            long first = kill * (long) DELETE_EVERY * TOLD_MAX * 10 + 1;
            Map<String, Long> told = runAndKill(first, random.nextInt(TOLD_MAX));
            tolds += told.size();
            check(kill, first, told, before);
        }
        assertThat(tolds).isPositive();
    }

    /** The last number that each writer told. */
    private Map<String, Long> runAndKill(long first, int lines) throws Exception {
        Map<String, Long> told = new TreeMap<>();
        Path errors = scratch.resolve("errors");
        Process writer = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp",
                System.getProperty("java.class.path"), KilledWriterTest.class.getName(),
                directory.toString(), Long.toString(first))
                .redirectError(errors.toFile()).start();
        try (BufferedReader output = new BufferedReader(
                new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
            for (int line = 0; line < lines; line++) {
                note(String.valueOf(output.readLine()), told);
            }
            // SIGKILL; what is in the pipe by then was told too.
            writer.toHandle().destroyForcibly();
            output.lines().forEach(line -> note(line, told));
        }
        assertThat(writer.waitFor()).as(() -> "exit code of a killed writer that said "
                + read(errors)).isEqualTo(137);
        return told;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static void note(String line, Map<String, Long> told) {
        String[] words = line.split(" ", -1);
        if (words.length == 3 && words[2].equals(END)) {
            told.put(words[0], Long.parseLong(words[1]));
        }
    }

    private void check(int kill, long first, Map<String, Long> told, Map<String, Long> before)
            throws IOException {
        DiskRegistry node = new DiskRegistry(directory, CONFIG);
        for (String name : NAMES) {
            Long last = told.get(name);
            long kept = last == null ? before.getOrDefault(name, -1L) : stateAfter(last);
            long underWay = stateAfter(last == null ? first : last + 1);
            long found = node.number(name);
            assertThat(found).as("%s after kill %d", name, kill).isIn(kept, underWay);
            before.put(name, found);
        }
        node.kill();
    }

    private static long stateAfter(long number) {
        return number % DELETE_EVERY == 0 ? -1 : number;
    }

    /** The process that is killed: directory and first number. */
    public static void main(String[] args) throws IOException, InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.println("starts");
        DiskRegistry node = new DiskRegistry(Path.of(args[0]), CONFIG);
        out.println("serves");
        NAMES.forEach(name -> write(node, name, Long.parseLong(args[1]), out));
        // Only a kill ends it.
        Thread.currentThread().join();
    }

    private static void write(DiskRegistry node, String name, long number, PrintStream out) {
        (stateAfter(number) < 0 ? node.delete(name) : node.put(name, number)).thenAccept(result -> {
            if (result instanceof WriteResult.Committed) {
                out.println(name + " " + number + " " + END);
                write(node, name, number + 1, out);
            } else {
                out.println(name + " failed " + result);
            }
        });
    }
}

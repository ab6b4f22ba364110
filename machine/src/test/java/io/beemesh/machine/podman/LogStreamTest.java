package io.beemesh.machine.podman;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.agent.PodStreams.LogRequest;
import io.beemesh.machine.agent.PodStreams.PodRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each option of {@code pods/log}, on a file as conmon writes it. */
final class LogStreamTest {
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:10Z");
    private static final LogRequest ALL = request(false, false, 0, 0);

    @TempDir
    Path directory;

    private Path log;

    @BeforeEach
    void write() throws IOException {
        log = Files.writeString(directory.resolve("log"), """
                2026-01-01T12:00:01.000000001+00:00 stdout F one
                2026-01-01T13:00:05.5+01:00 stderr F two
                2026-01-01T12:00:06Z stdout P th
                2026-01-01T12:00:06Z stdout F ree
                2026-01-01T12:00:09Z stdout F four
                """);
    }

    /** @param tail, limit none if 0 */
    private static LogRequest request(boolean follow, boolean timestamps, long tail, long limit) {
        return new LogRequest(new PodRef("default", "p", "uid"), "a", follow, false, timestamps,
                Optional.of(tail).filter(t -> t > 0), Optional.of(limit).filter(l -> l > 0),
                Optional.empty(), Optional.empty());
    }

    private static LogRequest since(Optional<Duration> since, Optional<Instant> time) {
        return new LogRequest(new PodRef("default", "p", "uid"), "a", false, false, false,
                Optional.empty(), Optional.empty(), since, time);
    }

    private String read(LogRequest request, BooleanSupplier running) throws IOException {
        try (LogStream stream = new LogStream(log, request, NOW, running)) {
            return new String(stream.readAllBytes(), UTF_8);
        }
    }

    private String read(LogRequest request) throws IOException {
        return read(request, () -> false);
    }

    @Test
    void whole_joinsWhatWasCut() throws IOException {
        assertThat(read(ALL)).isEqualTo("one\ntwo\nthree\nfour\n");
    }

    @Test
    void timestamps_areThoseOfWholeLines_inUniversalTime() throws IOException {
        assertThat(read(request(false, true, 0, 0))).isEqualTo("""
                2026-01-01T12:00:01.000000001Z one
                2026-01-01T12:00:05.500Z two
                2026-01-01T12:00:06Z three
                2026-01-01T12:00:09Z four
                """);
    }

    @Test
    void tail_isTheLastLines() throws IOException {
        assertThat(read(request(false, false, 1, 0))).isEqualTo("four\n");
        assertThat(read(request(false, false, 99, 0))).startsWith("one\n");
    }

    @Test
    void limit_cutsAnywhere() throws IOException {
        assertThat(read(request(false, false, 0, 6))).isEqualTo("one\ntw");
    }

    @Test
    void since_isATimeOrAnAge() throws IOException {
        assertThat(read(since(Optional.of(Duration.ofSeconds(4)), Optional.empty())))
                .isEqualTo("three\nfour\n");
        assertThat(read(since(Optional.empty(),
                Optional.of(Instant.parse("2026-01-01T12:00:07Z"))))).isEqualTo("four\n");
    }

    @Test
    void follow_goesOnIntoTheNextFile_untilTheContainerHasEnded() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        String read = read(request(true, false, 1, 0), () -> {
            switch (asked.incrementAndGet()) {
                case 1 -> append("2026-01-01T12:00:11Z stdout F five\n");
                case 2 -> rotate("2026-01-01T12:00:12Z stdout F six\n");
                default -> {
                    return false;
                }
            }
            return true;
        });

        assertThat(read).isEqualTo("four\nfive\nsix\n");
    }

    private void append(String line) {
        try {
            Files.writeString(log, line, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void rotate(String line) {
        try {
            Files.writeString(directory.resolve("new"), line);
            Files.move(log, directory.resolve("old"));
            Files.move(directory.resolve("new"), log);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

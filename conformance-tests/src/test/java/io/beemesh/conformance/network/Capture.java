package io.beemesh.conformance.network;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.Proof;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** All packets on all devices of this machine while it is open, by tcpdump. */
final class Capture implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(10);

    private final Path packets;
    private final Process process;

    private Capture(Path packets, Process process) {
        this.packets = packets;
        this.process = process;
    }

    static Capture start(Path directory) {
        Proof.needs(Command.of("sh", "-c", "command -v tcpdump").run().exitCode() == 0, "tcpdump",
                "./verify as root installs it");
        Path packets = directory.resolve("packets.pcap");
        Path log = directory.resolve("tcpdump.log");
        Process process = Command
                .of("tcpdump", "-i", "any", "-U", "-s", "0", "-Z", "root", "-w", packets.toString())
                .start(log);
        Eventually.contains(START, () -> read(log), "listening on");
        return new Capture(packets, process);
    }

    private static String read(Path file) {
        try {
            return Files.exists(file)
                    ? Files.readString(file, StandardCharsets.ISO_8859_1)
                    : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What was seen so far, byte by byte. */
    String bytes() {
        return read(packets);
    }

    /** How many packets from or to a TCP port of this machine were seen so far. */
    long packetsOf(int port) {
        return Command.of("tcpdump", "-n", "-r", packets.toString(), "tcp port " + port).run()
                .output().lines().filter(line -> line.contains("." + port)).count();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(START.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

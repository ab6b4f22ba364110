package io.beemesh.machine.volume;

import io.beemesh.machine.agent.AgentConfig.Amounts;
import io.beemesh.machine.agent.AgentConfig.MachineFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads what a Node says of its machine from {@code /proc} and {@code /etc}; blocks, once at start. */
public final class MachineFactsReader {
    private static final long KIBI = 1024;
    private static final int PODS_DEFAULT = 110;
    /** What stays for the machine itself. */
    private static final long RESERVED_BYTES = 100L << 20;

    private final Path proc;
    private final Path etc;

    public MachineFactsReader() {
        this(Path.of("/proc"), Path.of("/etc"));
    }

    MachineFactsReader(Path proc, Path etc) {
        this.proc = proc;
        this.etc = etc;
    }

    /**
     * The facts.
     *
     * @param data a directory on the file system that holds pods' files
     * @param version what the Node gives as kubelet's version
     * @param memoryBytes what pods may use at most, as by {@code --memory}; zero means all but a little
     */
    public MachineFacts read(Path data, String version, long memoryBytes) throws IOException {
        long memory = memoryTotal();
        long storage = Files.getFileStore(data).getTotalSpace();
        long cpu = 1000L * Runtime.getRuntime().availableProcessors();
        long room = Math.max(0, memory - RESERVED_BYTES);
        return new MachineFacts(new Amounts(cpu, memory, storage),
                new Amounts(cpu, memoryBytes > 0 ? Math.min(memoryBytes, room) : room,
                        storage / 10 * 9),
                PODS_DEFAULT, text(etc.resolve("machine-id")),
                text(proc.resolve("sys/kernel/random/boot_id")),
                text(proc.resolve("sys/kernel/osrelease")), osImage(), architecture(), version);
    }

    /** The machine's own resolver configuration, empty if it has none. */
    public String resolvConf() {
        return text(etc.resolve("resolv.conf"));
    }

    private long memoryTotal() throws IOException {
        for (String line : Files.readAllLines(proc.resolve("meminfo"))) {
            if (line.startsWith("MemTotal:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * KIBI;
            }
        }
        throw new IOException("no MemTotal in " + proc.resolve("meminfo"));
    }

    private String osImage() {
        for (String line : text(etc.resolve("os-release")).split("\n", -1)) {
            if (line.startsWith("PRETTY_NAME=")) {
                return line.substring("PRETTY_NAME=".length()).replace("\"", "");
            }
        }
        return "Linux";
    }

    private static String architecture() {
        String name = System.getProperty("os.arch", "");
        return switch (name) {
            case "x86_64" -> "amd64";
            case "aarch64" -> "arm64";
            default -> name;
        };
    }

    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }
}

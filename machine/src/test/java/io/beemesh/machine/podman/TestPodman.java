package io.beemesh.machine.podman;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.beemesh.libp2p.Waiting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A Podman service with storage of its own, and an image of busybox in it. Where there is no Podman the
 * test says so and proves nothing, but fails if {@code CI=true}.
 */
public final class TestPodman {
    public static final String IMAGE = "localhost/beemesh/busybox:test";
    private static final int REMOVALS_MAX = 5;
    private static final long LIMIT_SECONDS = 120;

    private final Path directory;
    private final Path config;
    private final Path registries;
    private Process service;

    /** Starts the service and waits until its socket is there. */
    public TestPodman() throws IOException, InterruptedException {
        require("/usr/bin/podman", "apt-get install podman runc catatonit netavark");
        require("/bin/busybox", "apt-get install busybox-static");
        if (!System.getProperty("user.name").equals("root")) {
            missing("not root, so no Podman as the node uses it; run as root");
        }
        directory = Files.createTempDirectory("beemesh-podman");
        config = directory.resolve("containers.conf");
        registries = Files.createFile(directory.resolve("registries.conf"));
        boolean unified = Files.readString(Path.of("/proc/mounts"))
                .contains(" /sys/fs/cgroup cgroup2 ");
        Files.writeString(config, """
                [containers]
                default_ulimits = ["nofile=20000:20000","nproc=4096:4096"]
                [engine]
                lock_type = "file"
                cgroup_manager = "cgroupfs"
                %s
                [network]
                network_backend = "netavark"
                network_config_dir = "%s"
                """.formatted(unified ? "" : "runtime = \"runc\"",
                Files.createDirectories(directory.resolve("networks"))));
        writeNetwork();
        service = startService();
        buildImage();
    }

    /** A bridge and addresses of its own, so that no other Podman's pods are met on it. */
    private void writeNetwork() throws IOException {
        Files.writeString(directory.resolve("networks/beemesh.json"), """
                {"name":"beemesh","id":"%s","driver":"bridge","network_interface":"bmtest0",
                "created":"2026-01-01T00:00:00Z","subnets":[{"subnet":"10.197.0.0/24",
                "gateway":"10.197.0.1"}],"ipv6_enabled":false,"internal":false,
                "dns_enabled":false,"ipam_options":{"driver":"host-local"}}
                """.formatted("be".repeat(32)));
    }

    private static void require(String file, String how) {
        if (!Files.exists(Path.of(file))) {
            missing("no " + file + "; " + how);
        }
    }

    private static void missing(String what) {
        if ("true".equals(System.getenv("CI"))) {
            fail("Real Podman: " + what);
        }
        abort("Not proved on real Podman: " + what);
    }

    /** Where the service listens. */
    public Path socket() {
        return directory.resolve("podman.sock");
    }

    /** For the files of pods. */
    public Path pods() {
        return directory.resolve("pods");
    }

    /** Lets a registry be asked without TLS; the service is started again. */
    void trust(String registry) throws IOException, InterruptedException {
        Files.writeString(registries, """
                [[registry]]
                location = "%s"
                insecure = true
                """.formatted(registry));
        stopService();
        restartService();
    }

    /** Ends the service; containers go on. */
    public void stopService() throws InterruptedException {
        service.destroy();
        if (!service.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            service.destroyForcibly();
        }
    }

    /** Starts it again. */
    public void restartService() throws IOException, InterruptedException {
        service = startService();
    }

    private Process startService() throws IOException, InterruptedException {
        Files.deleteIfExists(socket());
        Process process = start(List.of("system", "service", "-t", "0", "unix://" + socket()),
                ProcessBuilder.Redirect.to(directory.resolve("service.log").toFile()));
        Waiting.until(Duration.ofSeconds(LIMIT_SECONDS),
                () -> Files.exists(socket()) || !process.isAlive(),
                () -> "no socket in " + directory);
        if (!Files.exists(socket())) {
            throw new IOException(
                    "no Podman: " + Files.readString(directory.resolve("service.log")));
        }
        return process;
    }

    private void buildImage() throws IOException, InterruptedException {
        Files.copy(Path.of("/bin/busybox"), Files.createDirectories(directory.resolve("image"))
                .resolve("busybox"));
        build(IMAGE, """
                FROM scratch
                COPY busybox /bin/busybox
                RUN ["/bin/busybox", "--install", "-s", "/bin"]
                RUN mkdir -p /tmp /root && chmod 1777 /tmp
                CMD ["/bin/sh"]
                """);
    }

    /** Builds an image from a Containerfile that may copy the machine's busybox. */
    public void build(String tag, String containerfile) throws IOException, InterruptedException {
        Path context = directory.resolve("image");
        Files.writeString(context.resolve("Containerfile"), containerfile);
        podman("build", "-t", tag, context.toString());
    }

    /** Runs a Podman command and returns what it says. */
    public String podman(String... arguments) throws IOException, InterruptedException {
        Path output = directory.resolve("output-" + System.nanoTime());
        Process process = start(List.of(arguments),
                ProcessBuilder.Redirect.to(output.toFile()));
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(
                    List.of(arguments) + ": no end within " + LIMIT_SECONDS + " s");
        }
        String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
        if (process.exitValue() != 0) {
            throw new IOException(List.of(arguments) + ": " + text);
        }
        return text;
    }

    /**
     * Removes all pods. Podman 4.3 fails ("container not running") on a container that ends by itself at
     * the same moment, and then has removed only some: it is asked again.
     */
    public void removePods() throws IOException, InterruptedException {
        for (int tries = 1;; tries++) {
            try {
                podman("pod", "rm", "-fa", "-t", "0");
                return;
            } catch (IOException e) {
                if (tries == REMOVALS_MAX) {
                    throw e;
                }
            }
        }
    }

    private Process start(List<String> arguments, ProcessBuilder.Redirect output)
            throws IOException {
        List<String> command = new ArrayList<>(List.of("podman", "--root",
                directory.resolve("root").toString(), "--runroot",
                directory.resolve("run").toString(), "--tmpdir",
                directory.resolve("tmp").toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(output).redirectInput(Path.of("/dev/null").toFile());
        Map<String, String> environment = builder.environment();
        environment.put("CONTAINERS_CONF", config.toString());
        environment.put("CONTAINERS_REGISTRIES_CONF", registries.toString());
        return builder.start();
    }

    /**
     * Ends it and removes all that was its. Not by {@code podman system reset}, which also removes what
     * lies outside its root, such as the networks of the machine's other Podman.
     */
    public void close() throws IOException, InterruptedException {
        removePods();
        podman("network", "rm", "-f", "beemesh");
        stopService();
        for (String line : Files.readAllLines(Path.of("/proc/mounts")).reversed()) {
            String point = List.of(line.split(" ", -1)).get(1);
            if (point.startsWith(directory + "/")) {
                run("umount", "-l", point);
            }
        }
        run("rm", "-rf", directory.toString());
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}

package io.beemesh.conformance.mesh;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Proof;
import io.beemesh.conformance.node.NodeUnderTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Machines as network namespaces, each with a Podman of its own, on a switch that can be parted in two. Needs
 * root and {@code ip}; ends the test as a proof not made without.
 */
final class MeshNetwork implements AutoCloseable {
    private final String prefix = "bm" + ProcessHandle.current().pid() + "m";
    private final int machines;
    private final Path directory;

    MeshNetwork(int machines) {
        this.machines = machines;
        boolean able = sh(
                "test $(id -u) = 0 && command -v ip && command -v nsenter && ip netns add "
                        + prefix + "probe && ip netns del " + prefix + "probe")
                .exitCode() == 0;
        Proof.needs(able, "network namespaces", "./verify as root");
        try {
            directory = Files.createTempDirectory("bm");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        try {
            sh("""
                    set -e
                    ip netns add Psw
                    for b in 0 1; do
                      ip -n Psw link add name br$b type bridge; ip -n Psw link set br$b up
                    done
                    for m in MACHINES; do
                      ip netns add P$m; ip -n P$m link set lo up
                      ip link add name eth netns P$m type veth peer name v$m netns Psw
                      ip -n Psw link set v$m master br0 up
                      ip -n P$m addr add 10.231.0.$((m + 1))/24 dev eth; ip -n P$m link set eth up
                      ip -n P$m route add default via 10.231.0.254
                    done
                    """.replace("MACHINES", each()).replace("P", prefix)).ok();
        } catch (AssertionError e) {
            close();
            throw e;
        }
    }

    private String each() {
        return IntStream.range(0, machines).mapToObj(String::valueOf)
                .collect(Collectors.joining(" "));
    }

    private static Command.Result sh(String script) {
        return Command.of("sh", "-c", script).limit(Duration.ofSeconds(60)).run();
    }

    /** Where a node runs on a machine; images come from the first machine, which is to be started first. */
    NodeUnderTest.Place place(int machine) {
        Path podman = directory.resolve(String.valueOf(machine));
        String images = machine == 0
                ? ""
                : " --storage-opt overlay.imagestore=" + directory.resolve("0/root");
        return new NodeUnderTest.Place(List.of("nsenter", "--net=/run/netns/" + prefix + machine),
                "10.231.0." + (machine + 1),
                Map.of("BEEMESH_PODMAN_SOCKET", podman + "/podman.sock", "BEEMESH_PODMAN_ARGS",
                        "--root " + podman + "/root --runroot " + podman + "/run --tmpdir "
                                + podman + "/tmp" + images));
    }

    /** Cuts some machines off from the others. */
    void part(List<Integer> away) {
        move(away, 1);
    }

    /** Brings all machines together again. */
    void heal() {
        move(IntStream.range(0, machines).boxed().toList(), 0);
    }

    private void move(List<Integer> some, int bridge) {
        some.forEach(m -> sh("ip -n " + prefix + "sw link set v" + m + " master br" + bridge)
                .ok());
    }

    /** Ends what still runs on the machines, such as their Podman, and removes them. */
    @Override
    public void close() {
        sh("""
                for m in MACHINES sw; do
                  ip netns pids P$m 2>/dev/null | xargs -r kill -KILL
                  ip netns del P$m 2>/dev/null
                done
                grep " DIRECTORY/" /proc/mounts | cut -d ' ' -f 2 | sort -r | xargs -r -n 1 umount -l
                rm -rf DIRECTORY
                """
                .replace("MACHINES", each()).replace("P", prefix)
                .replace("DIRECTORY", directory.toString())).ok();
    }
}

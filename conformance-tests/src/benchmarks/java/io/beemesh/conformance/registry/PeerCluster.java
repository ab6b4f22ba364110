package io.beemesh.conformance.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.interop.InteropPeer;
import io.beemesh.conformance.node.NodeUnderTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Members that are driven by JSON lines: of etcd, or registries of ours with no API. */
final class PeerCluster implements Cluster {
    private static final Duration SOON = Duration.ofMinutes(1);

    private final IntFunction<InteropPeer> start;
    private final List<InteropPeer> peers = new ArrayList<>();

    private PeerCluster(IntFunction<InteropPeer> start) {
        this.start = start;
        for (int i = 0; i < MEMBERS; i++) {
            peers.add(start.apply(i));
        }
    }

    /**
     * Members of etcd with its defaults.
     *
     * @param program the Go program
     * @param clients where each serves clients
     */
    static PeerCluster etcd(Path program, Path data, List<String> clients) {
        List<String> urls = urls();
        String all = IntStream.range(0, MEMBERS).mapToObj(i -> "m" + i + "=" + urls.get(i))
                .collect(Collectors.joining(","));
        return new PeerCluster(i -> InteropPeer.program(
                List.of(program.toString(), "member"), "--name", "m" + i, "--data",
                data.resolve("m" + i).toString(), "--peer", urls.get(i), "--client",
                clients.get(i), "--cluster", all));
    }

    /** As many addresses of this machine as there are members. */
    static List<String> urls() {
        return IntStream.range(0, MEMBERS)
                .mapToObj(i -> "https://127.0.0.1:" + NodeUnderTest.freePort()).toList();
    }

    /** Registries of ours, compiled and collected as in a node. */
    static PeerCluster registries(Path data) {
        List<String> program = List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+UseCompactObjectHeaders",
                "-Xmx512m", "-Dio.netty.leakDetection.level=disabled",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp",
                System.getProperty("java.class.path"), RegistryPeer.class.getName());
        String ports = IntStream.range(0, MEMBERS)
                .mapToObj(i -> String.valueOf(NodeUnderTest.freePort()))
                .collect(Collectors.joining(","));
        return new PeerCluster(i -> InteropPeer.program(program, "--self", String.valueOf(i),
                "--ports", ports, "--data", data.resolve("r" + i).toString()));
    }

    /** What loads the member from within. */
    InteropPeer peer(int member) {
        return peers.get(member);
    }

    @Override
    public int leader() {
        return Eventually.get(SOON, () -> IntStream.range(0, MEMBERS)
                .filter(i -> peers.get(i).run(InteropPeer.command("leads")).path("leads")
                        .asBoolean())
                .findFirst().orElseThrow(() -> new AssertionError("nobody leads")));
    }

    @Override
    public long pid(int member) {
        JsonNode ready = peers.get(member)
                .event(event -> event.path("event").asText().equals("ready"));
        return ready.path("pid").asLong();
    }

    @Override
    public void restart(int member) {
        peers.get(member).close();
        peers.set(member, start.apply(member));
    }

    @Override
    public void close() {
        peers.forEach(InteropPeer::close);
    }
}

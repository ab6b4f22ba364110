package io.beemesh.conformance.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.conformance.Command;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.Proof;
import io.beemesh.conformance.Repository;
import io.beemesh.conformance.interop.InteropPeer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Three of ours beside three members of etcd, each a process of this machine with its data on its disk, in
 * interleaved rounds. Prints rows of a table: the median of ours, of etcd, and of the ratios round by
 * round with the least and the greatest. Two layers, of which each is loaded alike on both sides:
 *
 * <ul>
 * <li>{@code registry}: no client between, the load is in the process of a member that does not lead; ours
 * are registries on their links and disks, with no API.
 * <li>{@code api}: one Go program as the client, over TLS. Ours are whole nodes and a write is a PUT of a
 * ConfigMap, with all that the Kubernetes API does for it; at etcd it is a transaction, which in Kubernetes
 * has an API server before it.
 * </ul>
 *
 * <p>A write is 1,000 bytes and what makes an object of them, compared with the version that its writer saw
 * last, through a member that does not lead. The watch is at the third.
 *
 * <p>Arguments, also by the environment variable {@code REGISTRY_LOAD}: {@code --layers registry,api},
 * {@code --writers 1,16,64}, {@code --rounds N} (5), {@code --millis N} (2000, each load),
 * {@code --warm-up N} (20 seconds of each side), {@code --takeovers N} (5 of each side, whose leader is
 * killed).
 */
final class RegistryAgainstEtcd {
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final Path SOURCES = Repository.root()
            .resolve("conformance-tests/src/benchmarks/go");
    private static final int OBJECT_BYTES = 1000;
    private static final int WARM_UP_WORKERS = 16;
    private static final int SETTLE_MILLIS = 200;
    private static final int FORCES = 200;

    /** One side: members, and what loads each. */
    private record Side(Cluster cluster, IntFunction<InteropPeer> driver) {
        /** What is loaded: two that do not lead. */
        private record Targets(int leader, int written, int watched) {}

        Targets targets() {
            int leader = cluster.leader();
            return new Targets(leader, (leader + 1) % Cluster.MEMBERS,
                    (leader + 2) % Cluster.MEMBERS);
        }

        private JsonNode run(int target, ObjectNode command) {
            return driver.apply(target).run(command.put("target", target));
        }

        private JsonNode write(int target, int workers, long millis) {
            return run(target, InteropPeer.command("write").put("workers", workers)
                    .put("durationMs", millis).put("size", OBJECT_BYTES));
        }

        /** Each member takes writes. */
        void settle() {
            for (int i = 0; i < Cluster.MEMBERS; i++) {
                int target = i;
                Eventually.within(SOON, () -> {
                    if (write(target, 1, SETTLE_MILLIS).path("count").asInt() == 0) {
                        throw new AssertionError("nothing written at " + target);
                    }
                });
            }
        }

        Figures load(int workers, long millis) {
            Targets targets = targets();
            JsonNode ignored = run(targets.watched, InteropPeer.command("watch"));
            double cpuBefore = cpuSeconds();
            JsonNode written = write(targets.written, workers, millis);
            double cpu = cpuSeconds() - cpuBefore;
            JsonNode watched = run(targets.watched, InteropPeer.command("watched"));
            if (watched.path("count").asInt() < written.path("count").asInt() / 2) {
                throw new AssertionError("seen by the watch: " + watched + " of " + written);
            }
            double count = written.path("count").asDouble();
            return new Figures(count * 1e9 / written.path("nanos").asDouble(),
                    written.path("p50").asDouble() / 1e6, written.path("p99").asDouble() / 1e6,
                    watched.path("p50").asDouble() / 1e6, watched.path("p99").asDouble() / 1e6,
                    cpu * 1e3 / count);
        }

        private double cpuSeconds() {
            return IntStream.range(0, Cluster.MEMBERS)
                    .mapToObj(i -> ProcessHandle.of(cluster.pid(i)).orElseThrow().info()
                            .totalCpuDuration().orElseThrow())
                    .mapToDouble(cpu -> cpu.toNanos() / 1e9).sum();
        }

        /** Seconds from the leader's death to the first write. */
        double takeover() {
            Targets targets = targets();
            JsonNode done = run(targets.written, InteropPeer.command("takeover")
                    .put("pid", cluster.pid(targets.leader)).put("size", OBJECT_BYTES));
            cluster.restart(targets.leader);
            settle();
            return done.path("nanos").asDouble() / 1e9;
        }
    }

    /** Of one load: writes, milliseconds, and milliseconds of processor time of all members. */
    private record Figures(double perSecond, double p50, double p99, double watchP50,
            double watchP99, double cpuPerWrite) {}

    private final Path program = build();
    private final Path data = Files.createTempDirectory("etcd-bench");
    private final List<Integer> writers;
    private final int rounds;
    private final long millis;
    private final long warmUpMillis;
    private final int takeovers;

    private RegistryAgainstEtcd(List<String> options) throws IOException {
        writers = Arrays.stream(option(options, "--writers", "1,16,64").split(",", -1))
                .map(Integer::valueOf).toList();
        rounds = Integer.parseInt(option(options, "--rounds", "5"));
        millis = Long.parseLong(option(options, "--millis", "2000"));
        warmUpMillis = Long.parseLong(option(options, "--warm-up", "20")) * 1000;
        takeovers = Integer.parseInt(option(options, "--takeovers", "5"));
    }

    public static void main(String[] given) throws IOException {
        List<String> options = Arrays.asList((String.join(" ", given) + " "
                + System.getenv().getOrDefault("REGISTRY_LOAD", "")).split(" ", -1));
        RegistryAgainstEtcd benchmark = new RegistryAgainstEtcd(options);
        try {
            for (String layer : option(options, "--layers", "registry,api").split(",", -1)) {
                benchmark.run(layer);
            }
        } finally {
            benchmark.deleteData();
        }
    }

    private static String option(List<String> options, String name, String otherwise) {
        int at = options.indexOf(name);
        return at < 0 ? otherwise : options.get(at + 1);
    }

    private static Path build() {
        Path program = Repository.root().resolve("conformance-tests/target/etcd-bench");
        int code = Command
                .of("go", "build", "-C", SOURCES.toString(), "-o", program.toString(), ".")
                .limit(Duration.ofMinutes(15)).run().exitCode();
        Proof.needs(code == 0, "etcd", "go build in " + SOURCES);
        return program;
    }

    private void deleteData() throws IOException {
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private InteropPeer client(List<String> words) {
        return InteropPeer.program(List.of(program.toString(), "client"),
                words.toArray(String[]::new));
    }

    private void run(String layer) throws IOException {
        List<String> urls = PeerCluster.urls();
        PeerCluster members = PeerCluster.etcd(program, data.resolve("etcd-" + layer), urls);
        try (Cluster etcd = members) {
            if (layer.equals("registry")) {
                PeerCluster registries = PeerCluster.registries(data);
                try (Cluster ours = registries) {
                    compare(layer, new Side(ours, registries::peer),
                            new Side(etcd, members::peer));
                }
                return;
            }
            try (NodeCluster nodes = new NodeCluster()) {
                nodes.start();
                List<String> words = new ArrayList<>(List.of("--pki", nodes.pki().toString()));
                words.addAll(nodes.servers());
                try (InteropPeer node = client(words);
                        InteropPeer member = client(urls)) {
                    compare(layer, new Side(nodes, i -> node), new Side(etcd, i -> member));
                }
            }
        }
    }

    private void compare(String layer, Side ours, Side etcd) throws IOException {
        for (Side side : List.of(ours, etcd)) {
            side.settle();
            Figures ignored = side.load(WARM_UP_WORKERS, warmUpMillis);
        }
        System.out.println("| " + layer + " | ours | etcd | ratio |\n| --- | --- | --- | --- |");
        List<Double> forces = new ArrayList<>();
        for (int workers : writers) {
            List<Figures> ourFigures = new ArrayList<>();
            List<Figures> etcdFigures = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                ourFigures.add(ours.load(workers, millis));
                etcdFigures.add(etcd.load(workers, millis));
                forces.add(forceMillis());
            }
            String load = workers + (workers == 1 ? " writer" : " writers");
            row(load + ", writes/s", ourFigures, etcdFigures, Figures::perSecond);
            row(load + ", p50 ms", ourFigures, etcdFigures, Figures::p50);
            row(load + ", p99 ms", ourFigures, etcdFigures, Figures::p99);
            row(load + ", to the event elsewhere, p50 ms", ourFigures, etcdFigures,
                    Figures::watchP50);
            row(load + ", to the event elsewhere, p99 ms", ourFigures, etcdFigures,
                    Figures::watchP99);
            row(load + ", CPU ms a write", ourFigures, etcdFigures, Figures::cpuPerWrite);
        }
        List<Double> ourTakeovers = new ArrayList<>();
        List<Double> etcdTakeovers = new ArrayList<>();
        for (int round = 0; round < takeovers; round++) {
            ourTakeovers.add(ours.takeover());
            etcdTakeovers.add(etcd.takeover());
        }
        if (takeovers > 0) {
            row("kill -9 of the leader to the first write, s", ourTakeovers, etcdTakeovers,
                    it -> it);
        }
        System.out.println("Bare disk meanwhile, a forced append of " + OBJECT_BYTES
                + " bytes, p50 in ms: " + spread(forces));
    }

    /** What one forced append costs on the same disk. */
    private double forceMillis() throws IOException {
        double[] times = new double[FORCES];
        try (FileChannel file = FileChannel.open(data.resolve("bare"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE)) {
            ByteBuffer block = ByteBuffer.allocateDirect(OBJECT_BYTES);
            for (int i = 0; i < FORCES; i++) {
                long began = System.nanoTime();
                int written = file.write(block.rewind());
                assert written == OBJECT_BYTES;
                file.force(false);
                times[i] = (System.nanoTime() - began) / 1e6;
            }
        }
        return sorted(Arrays.stream(times).boxed().toList())[FORCES / 2];
    }

    private static double[] sorted(List<Double> values) {
        return values.stream().mapToDouble(it -> it).sorted().toArray();
    }

    private static <T> void row(String what, List<T> ours, List<T> etcd, ToDoubleFunction<T> of) {
        System.out.printf(Locale.ROOT, "| %s | %s | %s | %s |%n", what,
                spread(ours.stream().map(of::applyAsDouble).toList()),
                spread(etcd.stream().map(of::applyAsDouble).toList()),
                spread(IntStream.range(0, ours.size())
                        .mapToObj(i -> of.applyAsDouble(ours.get(i))
                                / of.applyAsDouble(etcd.get(i)))
                        .toList()));
    }

    private static String spread(List<Double> values) {
        double[] all = sorted(values);
        return String.format(Locale.ROOT, "**%s** (%s to %s)", digits(all[all.length / 2]),
                digits(all[0]), digits(all[all.length - 1]));
    }

    private static String digits(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.0f", value);
    }
}

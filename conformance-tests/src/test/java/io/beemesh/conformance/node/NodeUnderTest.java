package io.beemesh.conformance.node;

import io.beemesh.conformance.Command;
import io.beemesh.conformance.Proof;
import io.beemesh.conformance.Repository;
import io.beemesh.conformance.kubectl.Kubectl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A node started by the launcher as a user would, with data and ports of its own. */
public final class NodeUnderTest implements AutoCloseable {
    private static final Duration ANSWER = Duration.ofSeconds(60);
    /** Of a log, that tell why something failed. */
    private static final int LAST_LINES = 40;
    /** That a node listens on. */
    private static final int PORTS = 3;

    private static final int PORTS_FROM = 10_000;
    private static final int PORTS_ALL = 16_000;
    /** Classes run side by side: what was given to one and is not listened on yet is not free. */
    private static final AtomicInteger NEXT_PORT = new AtomicInteger(
            ThreadLocalRandom.current().nextInt(PORTS_ALL));

    /** In a namespace nobody else has them. */
    private static final List<Integer> USUAL_PORTS = List.of(6443, 8080, 7946);

    /**
     * Where a node runs.
     *
     * @param within the words with which a command runs there
     * @param address under which other machines reach it
     * @param environment of the launcher
     */
    public record Place(List<String> within, String address, Map<String, String> environment) {
        private static final Place HERE = new Place(List.of(), "127.0.0.1", Map.of());

        private Command command(String... words) {
            Command command = Command.of(within.toArray(String[]::new)).with(words);
            environment.forEach(command::environment);
            // As for root, whoever calls these tests by sudo.
            return command.environment("SUDO_UID", "");
        }
    }

    private final Path directory;
    private final Place place;
    private final String runtime;
    private final int apiPort;
    private final int httpPort;
    private final int meshPort;

    private NodeUnderTest(Path directory, Place place, String runtime, List<Integer> ports) {
        this.directory = directory;
        this.place = place;
        this.runtime = runtime;
        this.apiPort = ports.get(0);
        this.httpPort = ports.get(1);
        this.meshPort = ports.get(2);
    }

    /** A node with simulated pods; needs the built node. */
    public static NodeUnderTest simulated() {
        return start("simulated");
    }

    /** A node with simulated pods that joins the mesh of {@code issuer}. */
    public static NodeUnderTest joined(NodeUnderTest issuer, String... tokenOptions) {
        return start("simulated", "--join", token(issuer, tokenOptions));
    }

    /** So many nodes with simulated pods that join the mesh of {@code issuer} at one time. */
    public static List<NodeUnderTest> joinedTogether(NodeUnderTest issuer, int count) {
        List<Integer> ports = freePorts(PORTS * count);
        List<NodeUnderTest> nodes = IntStream.range(0, count)
                .mapToObj(i -> create("simulated", ports.subList(PORTS * i, PORTS * (i + 1))))
                .toList();
        return joinTogether(issuer, nodes);
    }

    /** The same with real containers, on other machines than this. */
    public static List<NodeUnderTest> joinedTogether(NodeUnderTest issuer, List<Place> places) {
        return joinTogether(issuer, places.stream()
                .map(place -> create(place, "podman", USUAL_PORTS)).toList());
    }

    private static List<NodeUnderTest> joinTogether(NodeUnderTest issuer,
            List<NodeUnderTest> nodes) {
        Map<NodeUnderTest, String> tokens = new HashMap<>();
        nodes.forEach(node -> tokens.put(node, token(issuer)));
        try {
            together(nodes, node -> node.up("--join", tokens.getOrDefault(node, "")));
        } catch (AssertionError e) {
            nodes.forEach(node -> node.beemesh("down", "--purge"));
            throw e;
        }
        return nodes;
    }

    /** Does something with all nodes at one time, which must succeed. */
    public static void together(List<NodeUnderTest> nodes,
            Function<NodeUnderTest, Command.Result> task) {
        try (ExecutorService threads = Executors.newFixedThreadPool(nodes.size())) {
            List<Future<Command.Result>> begun = nodes.stream()
                    .map(node -> threads.submit(() -> task.apply(node))).toList();
            for (Future<Command.Result> each : begun) {
                each.get().ok();
            }
        } catch (ExecutionException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** A node with real containers in the mesh of {@code issuer}. */
    public static NodeUnderTest joinedWithPodman(NodeUnderTest issuer) {
        return withPodman("--join", token(issuer));
    }

    /** A new one, of which this node is the issuer. */
    public String token() {
        return token(this);
    }

    private static String token(NodeUnderTest issuer, String... options) {
        String[] words = Stream.concat(Stream.of("token", "create"), Stream.of(options))
                .toArray(String[]::new);
        return issuer.beemesh(words).ok().strip().lines().toList().getLast();
    }

    /** A node with real containers, whose pods have sidecars; needs root and Podman too. */
    public static NodeUnderTest withPodman(String... more) {
        needsPodman();
        return start("podman", more);
    }

    /** A node with real containers and the usual ports on another machine than this. */
    public static NodeUnderTest podman(Place place) {
        needsPodman();
        NodeUnderTest node = create(place, "podman", USUAL_PORTS);
        node.up().ok();
        return node;
    }

    /** Says which proof cannot be made where nodes cannot run containers. */
    public static void needsPodman() {
        Proof.needs(Command.of("id", "-u").run().output().strip().equals("0"), "root",
                "sudo ./verify");
        Proof.needs(Command.of("sh", "-c", "command -v podman && command -v busybox").run()
                .exitCode() == 0, "Podman", "./verify as root installs it");
    }

    private static NodeUnderTest start(String runtime, String... more) {
        NodeUnderTest node = create(runtime, freePorts(PORTS));
        node.up(more).ok();
        return node;
    }

    private static NodeUnderTest create(String runtime, List<Integer> ports) {
        return create(Place.HERE, runtime, ports);
    }

    private static NodeUnderTest create(Place place, String runtime, List<Integer> ports) {
        Proof.needs(Files.exists(Repository.root().resolve("target/dist/.complete")),
                "the built node", "./verify");
        try {
            return new NodeUnderTest(Files.createTempDirectory("beemesh-test"), place, runtime,
                    ports);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code beemesh up -d} with this node's data and ports. */
    public Command.Result up(String... more) {
        return command(upWords(more)).limit(Duration.ofMinutes(5)).run();
    }

    /** The same, not waited for; its output goes to a file. */
    public Process startUp(Path output) {
        return command(upWords()).start(output);
    }

    private String[] upWords(String... more) {
        List<String> words = new ArrayList<>(List.of("up", "-d", "--runtime", runtime, "--api-port",
                String.valueOf(apiPort), "--http-port", String.valueOf(httpPort), "--listen",
                "/ip4/" + place.address + "/tcp/" + meshPort, "--node-ip", place.address,
                "--kubeconfig-dir",
                kubeconfigDirectory().toString()));
        words.addAll(Arrays.asList(more));
        return words.toArray(String[]::new);
    }

    /** The launcher with {@code --data} of this node. */
    public Command.Result beemesh(String... words) {
        return command(words).limit(Duration.ofMinutes(5)).run();
    }

    private Command command(String... words) {
        return place.command(Repository.root().resolve("beemesh").toString()).with(words)
                .with("--data", data().toString());
    }

    /** The Podman that this node uses, by hand. */
    public Command.Result podman(String... words) {
        try {
            return Command.of("podman", "--remote", "--url",
                    "unix://" + Files.readString(data().resolve("run/podman-socket"))).with(words)
                    .run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The API's answer to a client without a certificate.
     *
     * @param headers names and values in turn
     */
    public HttpResponse<String> ask(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest
                .newBuilder(URI.create("https://127.0.0.1:" + apiPort + path))
                .timeout(ANSWER);
        if (headers.length > 0) {
            request.headers(headers);
        }
        try (HttpClient client = TrustingClient
                .of(kubeconfigDirectory().resolve("pki/ca.crt"))) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** What the HTTP port answers, or why it does not. */
    public String web(String path) {
        return web(httpPort, path);
    }

    /** What a port of this machine answers over HTTP, or why it does not. */
    public static String web(int port, String path) {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .timeout(ANSWER).build(),
                    HttpResponse.BodyHandlers.ofString()).body();
        } catch (IOException e) {
            return e.toString();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public Kubectl kubectl() {
        return kubectl(kubeconfigDirectory().resolve("beemesh.yaml"));
    }

    /** The same with another kubeconfig, on the node's machine. */
    public Kubectl kubectl(Path kubeconfig) {
        return new Kubectl(kubeconfig, place.within);
    }

    public Path data() {
        return directory.resolve("data");
    }

    public Path kubeconfigDirectory() {
        return directory.resolve("kubeconfig");
    }

    public int apiPort() {
        return apiPort;
    }

    /** The port of other machines. */
    public int meshPort() {
        return meshPort;
    }

    /** The name of its Node. */
    public String name() {
        try {
            return Files.readString(data().resolve("node-name")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int httpPort() {
        return httpPort;
    }

    /** The process id that the launcher recorded. */
    public long pid() {
        try {
            return Long.parseLong(
                    Files.readString(data().resolve("run/pid")).split(" ", -1)[0].strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Fails with the last lines of its log if its API does not answer. */
    public void assertServes(Kubectl kubectl) {
        Command.Result ready = kubectl.run("get --raw /readyz --request-timeout=20s");
        if (ready.exitCode() != 0) {
            List<String> log = beemesh("logs").output().lines().toList();
            throw new AssertionError(name() + ", pid " + pid() + ": " + ready.output() + String
                    .join("\n", log.subList(Math.max(0, log.size() - LAST_LINES), log.size())));
        }
    }

    @Override
    public void close() {
        beemesh("down", "--purge").ok();
    }

    /** A TCP port that nothing has now. */
    public static int freePort() {
        return freePorts(1).getFirst();
    }

    /** Not those that the kernel gives to whoever wants any, nor those of Services or the demo; each is given once. */
    private static List<Integer> freePorts(int count) {
        return Stream.generate(NEXT_PORT::getAndIncrement)
                .map(port -> PORTS_FROM + port % PORTS_ALL)
                .filter(NodeUnderTest::isFree).limit(count).toList();
    }

    private static boolean isFree(int port) {
        try (ServerSocket _ = new ServerSocket(port);
                DatagramSocket _ = new DatagramSocket(port)) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}

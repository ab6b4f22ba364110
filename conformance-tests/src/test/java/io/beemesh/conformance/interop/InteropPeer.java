package io.beemesh.conformance.interop;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.conformance.Command;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.Proof;
import io.beemesh.conformance.Repository;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A libp2p peer in a process of its own, driven by JSON lines as {@code src/test/js/README.md} says.
 */
public final class InteropPeer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Path SOURCES = Repository.root().resolve("conformance-tests/src/test");

    private final Process process;
    private final Writer input;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> replies = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<JsonNode> events = new ConcurrentLinkedQueue<>();

    private InteropPeer(List<String> words, Path folder) {
        try {
            process = new ProcessBuilder(words)
                    .directory(folder.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        input = process.outputWriter(StandardCharsets.UTF_8);
        // Not virtual: a virtual thread that reads a pipe holds its carrier, and after a minute of
        // rest the JDK (25) gives new ones no other.
        Thread.ofPlatform().daemon().name("interop-peer").start(this::read);
    }

    /** A js-libp2p peer; ends the test as a proof not made where Node or its packages are missing. */
    public static InteropPeer js(String... options) {
        return js(List.of(), options);
    }

    /** The same, started by a command: {@code nsenter} to run in a network namespace. */
    public static InteropPeer js(List<String> within, String... options) {
        Path folder = SOURCES.resolve("js");
        Proof.needs(onPath("node") && onPath("npm"), "Node with npm", "apt-get install nodejs npm");
        if (!isInstalled(folder)) {
            npm(folder, "js-libp2p", "ci", "--no-audit", "--no-fund");
        }
        if (Stream.of(options).anyMatch(option -> option.contains("quic"))
                && !Files.exists(folder.resolve("node_modules/@chainsafe/libp2p-quic"))) {
            npm(folder, "QUIC of js-libp2p", "run", "with-quic");
        }
        return start(joined(within, List.of("node", "peer.mjs")), folder, options);
    }

    private static void npm(Path folder, String what, String... words) {
        List<String> command = new ArrayList<>(List.of("npm", "--prefix", folder.toString()));
        command.addAll(Arrays.asList(words));
        int code = Command.of(command.toArray(String[]::new)).limit(Duration.ofMinutes(5)).run()
                .exitCode();
        Proof.needs(code == 0, what, String.join(" ", command));
    }

    /** True if what is there came after the list of what is wanted. */
    private static boolean isInstalled(Path folder) {
        return folder.resolve("node_modules/.package-lock.json").toFile()
                .lastModified() >= folder.resolve("package-lock.json").toFile().lastModified();
    }

    /** A go-libp2p peer; ends the test as a proof not made where Go or its modules are missing. */
    public static InteropPeer go(String... options) {
        return go(List.of(), options);
    }

    /** The same, started by a command: {@code nsenter} to run in a network namespace. */
    public static InteropPeer go(List<String> within, String... options) {
        Path folder = SOURCES.resolve("go");
        Proof.needs(onPath("go"), "Go", "install Go 1.26 or later");
        Path program = Repository.root().resolve("conformance-tests/target/go-peer");
        int code = Command.of("go", "build", "-C", folder.toString(), "-o", program.toString(), ".")
                .limit(Duration.ofMinutes(15))
                .run()
                .exitCode();
        Proof.needs(code == 0, "go-libp2p", "go build in " + folder);
        return start(joined(within, List.of(program.toString())), folder, options);
    }

    private static List<String> joined(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    /** A rust-libp2p peer; ends the test as a proof not made where Cargo or the crates are missing. */
    public static InteropPeer rust(String... options) {
        Path folder = SOURCES.resolve("rust");
        Proof.needs(onPath("cargo"), "Cargo", "install Rust 1.88 or later");
        Path target = Repository.root().resolve("conformance-tests/target/rust");
        String manifest = folder.resolve("Cargo.toml").toString();
        List<String> build = List.of("cargo", "build", "--quiet", "--release", "--locked",
                "--manifest-path", manifest, "--target-dir", target.toString());
        List<String> offline = new ArrayList<>(build);
        offline.add("--offline");
        boolean built = Stream.of(offline, build).anyMatch(words -> Command
                .of(words.toArray(String[]::new)).limit(Duration.ofMinutes(30)).run()
                .exitCode() == 0);
        Proof.needs(built, "rust-libp2p", String.join(" ", build));
        return start(List.of(target.resolve("release/interop-peer").toString()), folder, options);
    }

    /** A peer of any make that reads and writes the same lines. */
    public static InteropPeer program(List<String> program, String... options) {
        return start(program, SOURCES, options);
    }

    private static InteropPeer start(List<String> program, Path folder, String... options) {
        List<String> words = new ArrayList<>(program);
        words.addAll(Arrays.asList(options));
        InteropPeer peer = new InteropPeer(words, folder);
        JsonNode ignored = peer.event(event -> event.path("event").asText().equals("ready"));
        return peer;
    }

    private static boolean onPath(String program) {
        return Arrays.stream(System.getenv("PATH").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private void read() {
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                JsonNode message = JSON.readTree(line);
                if (message.has("id")) {
                    CompletableFuture<JsonNode> reply = replies.remove(message.path("id").asInt());
                    if (reply != null) {
                        reply.complete(message);
                    }
                } else {
                    events.add(message);
                }
            }
        } catch (IOException e) {
            events.add(JSON.createObjectNode().put("event", "broken").put("reason", e.toString()));
        }
        replies.values()
                .forEach(reply -> reply.completeExceptionally(new IOException("peer ended")));
    }

    /** The peer's id. */
    public String id() {
        return ready().path("peerId").asText();
    }

    /** Its first address, with the id at the end. */
    public String address() {
        return ready().path("addrs").path(0).asText();
    }

    private JsonNode ready() {
        return event(event -> event.path("event").asText().equals("ready"));
    }

    /** The first event, past or to come, that fits. */
    public JsonNode event(Predicate<JsonNode> fits) {
        Eventually.within(LIMIT, () -> {
            if (find(fits).isEmpty() && !process.isAlive()) {
                throw new IllegalStateException("peer ended; events=" + events);
            }
            if (find(fits).isEmpty()) {
                throw new AssertionError("no such event; events=" + events);
            }
        });
        return find(fits).orElseThrow();
    }

    /** The events so far that fit. */
    public List<JsonNode> events(Predicate<JsonNode> fits) {
        return events.stream().filter(fits).toList();
    }

    private Optional<JsonNode> find(Predicate<JsonNode> fits) {
        return events.stream().filter(fits).findFirst();
    }

    /** A command to be filled in. */
    public static ObjectNode command(String name) {
        return JSON.createObjectNode().put("cmd", name);
    }

    /** Runs a command that must succeed; gives the reply. */
    public JsonNode run(ObjectNode command) {
        JsonNode reply = ask(command);
        if (!reply.path("ok").asBoolean()) {
            throw new AssertionError(command + " failed: " + reply);
        }
        return reply;
    }

    /** Runs a command; gives the reply, {@code ok} or not. */
    public JsonNode ask(ObjectNode command) {
        int id = ids.incrementAndGet();
        CompletableFuture<JsonNode> reply = new CompletableFuture<>();
        replies.put(id, reply);
        try {
            send(command.put("id", id));
            return reply.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (IOException | ExecutionException | TimeoutException | InterruptedException e) {
            throw new AssertionError(command + " was not answered", e);
        }
    }

    private synchronized void send(ObjectNode command) throws IOException {
        try {
            input.write(JSON.writeValueAsString(command) + "\n");
            input.flush();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw new AssertionError(e);
        }
    }
}

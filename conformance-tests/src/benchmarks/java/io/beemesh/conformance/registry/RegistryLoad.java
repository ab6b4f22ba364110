package io.beemesh.conformance.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.NodeRegistry;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.registry.WriteResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/**
 * Loads a registry from within its process. The same as {@code load.go}; the value of an object begins with
 * the time at which its write began.
 */
final class RegistryLoad {
    private static final String NAMESPACE = "bench";
    private static final int STAMP_DIGITS = 20;
    /** Between two writes that look whether there is a primary again. */
    private static final Duration PROBE_EVERY = Duration.ofMillis(20);
    private static final Duration TAKEOVER_MAX = Duration.ofMinutes(1);

    private final NodeRegistry registry;
    private final Loop loop;
    private final PeerId self;
    private final ConcurrentLinkedQueue<Long> ages = new ConcurrentLinkedQueue<>();
    /** Ends the watch. */
    private final AtomicReference<Runnable> watching = new AtomicReference<>(() -> {
    });

    RegistryLoad(NodeRegistry registry, Loop loop, PeerId self) {
        this.registry = registry;
        this.self = self;
        this.loop = loop;
    }

    private static long wallNanos() {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }

    /** Writes the value if the object is at the version, 0 for none; gives the new one. */
    private CompletableFuture<Long> put(String name, long version, int size) {
        ObjectKey key = new ObjectKey(GroupResource.CONFIG_MAPS, NAMESPACE, name);
        String stamp = String.format(Locale.ROOT, "%0" + STAMP_DIGITS + "d", wallNanos());
        ObjectNode tree = Json.object().put("kind", "ConfigMap").put("apiVersion", "v1");
        tree.putObject("metadata").put("name", name).put("namespace", NAMESPACE)
                .put("uid", "7d444840-9dc0-11d1-b245-5ffdce74fad2");
        tree.putObject("data").put("value",
                stamp + "x".repeat(Math.max(0, size - STAMP_DIGITS)));
        Draft draft = Draft.of(key, new ApiObject(tree));
        return registry.write(List.of(version == 0
                ? new Mutation.Create(draft)
                : new Mutation.Update(draft, version))).thenApply(result -> {
                    if (result instanceof WriteResult.Committed committed) {
                        return committed.object().version();
                    }
                    throw new IllegalStateException(name + ": " + result);
                });
    }

    /** So many workers write, each one object again and again, for so long. */
    void write(JsonNode command, ObjectNode reply) {
        long started = System.nanoTime();
        long end = started
                + Duration.ofMillis(command.path("durationMs").asLong()).toNanos();
        List<Long> times = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<Long>>> workers = IntStream
                    .range(0, command.path("workers").asInt())
                    .mapToObj(i -> threads.submit(() -> work(name("w", command) + i,
                            command.path("size").asInt(), end)))
                    .toList();
            workers.forEach(worker -> times.addAll(joined(worker)));
        }
        reply.put("nanos", System.nanoTime() - started);
        tell(times, reply);
    }

    /** How objects' names begin that no other command has, of this process or another. */
    private static String name(String kind, JsonNode command) {
        return kind + "-" + ProcessHandle.current().pid() + "-" + command.path("id").asInt()
                + "-";
    }

    private static <T> T joined(Future<T> future) {
        try {
            return future.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<Long> work(String name, int size, long end) {
        List<Long> times = new ArrayList<>();
        long version = 0;
        while (System.nanoTime() < end) {
            long began = System.nanoTime();
            version = put(name, version, size).join();
            times.add(System.nanoTime() - began);
        }
        return times;
    }

    private static void tell(List<Long> times, ObjectNode reply) {
        List<Long> sorted = times.stream().sorted().toList();
        reply.put("count", sorted.size()).put("p50", at(sorted, 0.5)).put("p99",
                at(sorted, 0.99));
    }

    private static long at(List<Long> sorted, double part) {
        return sorted.isEmpty() ? 0 : sorted.get((int) (part * sorted.size()));
    }

    /** Keeps from now on, until {@link #watched}, how old each value is when it is told. */
    void watch() {
        ages.clear();
        CompletableFuture<Long> from = new CompletableFuture<>();
        loop.execute(() -> from.complete(registry.version()));
        var watch = registry.watch(GroupResource.CONFIG_MAPS, NAMESPACE, from.join(),
                new WatchListener() {
                    @Override
                    public void onChanges(List<Change> changes) {
                        long now = wallNanos();
                        for (Change change : changes) {
                            ages.add(now - stamp(change));
                        }
                    }

                    @Override
                    public void onProgress(long version) {
                        // Nothing was written.
                    }

                    @Override
                    public void onClosed(String reason) {
                        // Then events are missing.
                    }
                }).join();
        watching.set(watch::close);
    }

    private static long stamp(Change change) {
        return Long.parseLong(change.object().object().tree().path("data").path("value").asText()
                .substring(0, STAMP_DIGITS));
    }

    /** Tells what the watch saw, and ends it. */
    void watched(ObjectNode reply) {
        watching.get().run();
        tell(List.copyOf(ages), reply);
    }

    /** Kills a process and tells how long it took until a write that began after that succeeded. */
    void takeover(JsonNode command, ObjectNode reply) {
        ProcessHandle primary = ProcessHandle.of(command.path("pid").asLong()).orElseThrow();
        CompletableFuture<Long> first = new CompletableFuture<>();
        AtomicBoolean over = new AtomicBoolean();
        long killed = System.nanoTime();
        if (!primary.destroyForcibly()) {
            throw new IllegalStateException("not killed: " + primary);
        }
        probe(name("t", command), 0, over, first);
        try {
            reply.put("nanos", first.orTimeout(TAKEOVER_MAX.toSeconds(), TimeUnit.SECONDS).join()
                    - killed);
        } finally {
            over.set(true);
        }
    }

    private void probe(String name, int number, AtomicBoolean over,
            CompletableFuture<Long> first) {
        if (over.get()) {
            return;
        }
        put(name + number, 0, STAMP_DIGITS)
                .thenAccept(version -> first.complete(System.nanoTime()));
        loop.schedule(PROBE_EVERY, () -> probe(name, number + 1, over, first));
    }

    /** Whether this node is primary of what is written here. */
    boolean leads() {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        loop.execute(() -> answer.complete(registry.primary(
                new ObjectKey(GroupResource.CONFIG_MAPS, NAMESPACE, "w"))
                .filter(self::equals).isPresent()));
        return answer.join();
    }
}

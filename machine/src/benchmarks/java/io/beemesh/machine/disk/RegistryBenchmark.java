package io.beemesh.machine.disk;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Change;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.Registry;
import io.beemesh.machine.registry.RegistryConfig;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.registry.WatchListener;
import io.beemesh.machine.registry.WriteResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Writes to the real disk, beside the bare disk; lists and watches copied into a buffer, beside the same
 * copy without a registry. What counts is the ratio to the bare one.
 */
@SuppressWarnings("NullAway.Init")
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 3, time = 5)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RegistryBenchmark {
    private static final int PODS = 5_000;
    private static final int AT_ONCE = 64;
    private static final int WATCHES = 100;
    private static final int POD_BYTES = 2_000;

    private Path directory;
    private DiskRegistry node;
    private FileChannel bare;
    private final ByteBuffer bareBlock = ByteBuffer.allocateDirect(POD_BYTES);
    private byte[][] barePods;
    private final ByteBuffer socket = ByteBuffer.allocate(PODS * 2 * POD_BYTES);
    private StoredObject one;
    private long counter;

    @Setup
    public void open() throws IOException {
        directory = Files.createTempDirectory("registry-benchmark");
        node = new DiskRegistry(directory.resolve("registry"), RegistryConfig.defaults());
        bare = FileChannel.open(directory.resolve("bare"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        List<CompletableFuture<WriteResult>> writes = new ArrayList<>();
        for (int i = 0; i < PODS; i++) {
            writes.add(node.registry().write(List.of(new Mutation.Create(pod("pod-" + i, 0)))));
        }
        writes.forEach(DiskRegistry::await);
        one = node.registry().get(key("pod-0")).orElseThrow();
        barePods = DiskRegistry.await(node.registry().list(GroupResource.PODS, "")).objects()
                .stream().map(StoredObject::json).toArray(byte[][]::new);
        for (int i = 0; i < WATCHES; i++) {
            DiskRegistry.await(node.registry().watch(GroupResource.PODS, "watched",
                    node.registry().version(), new Copying()));
        }
    }

    @TearDown
    public void close() throws IOException {
        node.close();
        bare.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static ObjectKey key(String name) {
        return new ObjectKey(GroupResource.PODS, name.startsWith("w") ? "watched" : "default",
                name);
    }

    private static Draft pod(String name, long number) {
        ApiObject pod = new ApiObject(Json.object());
        pod.metadata().put("name", name).put("uid", name).putObject("labels").put("app", "web")
                .put("pod-template-hash", "5d8f7c9b4");
        pod.spec().put("nodeName", "node-1").put("number", number).put("padding",
                "x".repeat(POD_BYTES - 300));
        pod.status().put("phase", "Running");
        return Draft.of(key(name), pod);
    }

    /** The disk alone: one block of a pod's size, forced. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public void bareForce() throws IOException {
        bare.write(bareBlock.rewind());
        bare.force(false);
    }

    /** One writer who waits for each answer. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public StoredObject writeOne() {
        one = update(one, "pod-0").join();
        return one;
    }

    /** Writes a second with 64 writers. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    @OperationsPerInvocation(AT_ONCE)
    public long writeManyAtOnce() {
        List<CompletableFuture<StoredObject>> writes = new ArrayList<>();
        for (int i = 1; i <= AT_ONCE; i++) {
            writes.add(update(node.registry().get(key("pod-" + i)).orElseThrow(), "pod-" + i));
        }
        return writes.stream().mapToLong(w -> w.join().version()).sum();
    }

    private CompletableFuture<StoredObject> update(StoredObject current, String name) {
        return node.registry()
                .write(List.of(new Mutation.Update(pod(name, counter++), current.version())))
                .thenApply(result -> ((WriteResult.Committed) result).object());
    }

    /** A list of 5,000 pods into a buffer. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    public int listAndCopy() {
        Registry.Snapshot snapshot = DiskRegistry
                .await(node.registry().list(GroupResource.PODS, "default"));
        socket.clear();
        snapshot.objects().forEach(o -> socket.put(o.json()));
        return socket.position();
    }

    /** The same bytes from an array. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    public int bareCopy() {
        socket.clear();
        for (byte[] pod : barePods) {
            socket.put(pod);
        }
        return socket.position();
    }

    /** A pod made, which 100 watches copy, and deleted, which they copy too. */
    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public WriteResult writeToHundredWatches() {
        Draft pod = pod("w" + counter++, 0);
        WriteResult made = node.registry().write(List.of(new Mutation.Create(pod))).join();
        long version = ((WriteResult.Committed) made).object().version();
        return node.registry().write(List.of(new Mutation.Delete(pod, version))).join();
    }

    /** A watch whose socket takes everything at once. */
    private static final class Copying implements WatchListener {
        private final ByteBuffer socket = ByteBuffer.allocate(64 << 10);

        @Override
        public void onChanges(List<Change> changes) {
            for (Change change : changes) {
                socket.clear().put(change.object().json());
            }
        }

        @Override
        public void onProgress(long version) {}

        @Override
        public void onClosed(String reason) {}
    }
}

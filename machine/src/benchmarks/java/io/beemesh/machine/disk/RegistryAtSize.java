package io.beemesh.machine.disk;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.RegistryConfig;
import io.beemesh.machine.registry.WriteResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** Memory, lists and opening of a registry that holds Kubernetes' limit of 150,000 pods. */
final class RegistryAtSize {
    private static final int OBJECTS = Integer.getInteger("beemesh.objects", 150_000);
    private static final int NAMESPACES = 30;
    private static final int AT_ONCE = 256;

    private RegistryAtSize() {}

    public static void main(String[] args) throws IOException {
        Path directory = Files.createTempDirectory("registry-at-size");
        try {
            long before = heap();
            try (DiskRegistry node = open(directory)) {
                fill(node);
                long json = DiskRegistry.await(node.registry().list(GroupResource.PODS, ""))
                        .objects().stream().mapToLong(pod -> pod.json().length).sum();
                long used = heap() - before;
                System.out.printf(
                        "%d objects: heap %d MB, of it JSON %d MB, %d bytes each beside%n",
                        OBJECTS, used >> 20, json >> 20, (used - json) / OBJECTS);
                timed("list of all", () -> list(node, ""));
                timed("list of one namespace", () -> list(node, "ns-1"));
            }
            timed("opening it again", () -> open(directory).close());
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static DiskRegistry open(Path directory) throws IOException {
        return new DiskRegistry(directory.resolve("registry"), RegistryConfig.defaults());
    }

    private static void list(DiskRegistry node, String namespace) {
        DiskRegistry.await(node.registry().list(GroupResource.PODS, namespace));
    }

    private static void fill(DiskRegistry node) {
        Queue<CompletableFuture<WriteResult>> open = new ArrayDeque<>();
        for (int i = 0; i < OBJECTS; i++) {
            open.add(node.registry().write(List.of(new Mutation.Create(pod(i)))));
            if (open.size() == AT_ONCE) {
                DiskRegistry.await(open.remove());
            }
        }
        open.forEach(DiskRegistry::await);
    }

    private static Draft pod(int number) {
        String name = "pod-" + number;
        String namespace = "ns-" + number % NAMESPACES;
        ApiObject pod = new ApiObject(Json.object());
        pod.metadata().put("name", name).put("namespace", namespace)
                .put("uid", "00000000-0000-0000-0000-%012d".formatted(number)).putObject("labels")
                .put("app", "web").put("pod-template-hash", "5d8f7c9b4");
        pod.spec().put("nodeName", "node-" + number % 5_000).put("padding", "x".repeat(850));
        pod.status().put("phase", "Running");
        return Draft.of(new ObjectKey(GroupResource.PODS, namespace, name), pod);
    }

    private static long heap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static void timed(String what, Step step) throws IOException {
        long start = System.nanoTime();
        step.run();
        System.out.printf("%s: %d ms%n", what, (System.nanoTime() - start) / 1_000_000);
    }

    private interface Step {
        void run() throws IOException;
    }
}

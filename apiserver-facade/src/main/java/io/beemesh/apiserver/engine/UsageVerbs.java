package io.beemesh.apiserver.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.apiserver.engine.Rendering.ListMeta;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.StatusTable;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.usage.UsageTable.Measured;
import io.beemesh.protocol.usage.UsageReport.Amounts;
import io.beemesh.protocol.usage.UsageReport.ContainerUse;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Answers metrics.k8s.io: what nodes and pods use, as last heard of.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/">resource
 *     metrics</a>
 */
final class UsageVerbs {
    static final String GROUP = "metrics.k8s.io";
    private static final long KIBI = 1024;

    private final EngineSeams seams;

    UsageVerbs(EngineSeams seams) {
        this.seams = seams;
    }

    CompletableFuture<ApiResponse> handle(Call call) {
        Instant now = seams.loop().wallTime();
        return call.info().verb().equals("get")
                ? CompletableFuture.completedFuture(get(call, now))
                : list(call, now);
    }

    private ApiResponse get(Call call, Instant now) {
        String name = call.info().name();
        String namespace = call.info().namespace();
        Optional<StoredObject> found = isOfNodes(call)
                ? node(call, name, now)
                : seams.registry().get(new ObjectKey(GroupResource.PODS, namespace, name))
                        .flatMap(pod -> pod(call, pod, now));
        byte[] json = found.map(StoredObject::json).orElseThrow(() -> StatusTable.notFound(
                new GroupResource(GROUP, isOfNodes(call) ? "nodemetrics" : "podmetrics"),
                namespace.isEmpty() ? name : namespace + "/" + name));
        return Rendering.object(call, 200, json, now);
    }

    private CompletableFuture<ApiResponse> list(Call call, Instant now) {
        Selection selection = Selection.of(call.request(), call.info());
        if (isOfNodes(call)) {
            List<StoredObject> all = new ArrayList<>();
            seams.usage().nodes(now).stream().sorted()
                    .forEach(name -> node(call, name, now).filter(selection::matches)
                            .ifPresent(all::add));
            return CompletableFuture.completedFuture(Rendering.list(call, all,
                    new ListMeta(seams.registry().version(), "", -1), now));
        }
        return seams.registry().list(GroupResource.PODS, call.info().namespace())
                .thenApplyAsync(snapshot -> {
                    List<StoredObject> all = new ArrayList<>();
                    for (StoredObject pod : snapshot.objects()) {
                        if (selection.matches(pod)) {
                            pod(call, pod, now).ifPresent(all::add);
                        }
                    }
                    return Rendering.list(call, all, new ListMeta(snapshot.version(), "", -1),
                            now);
                }, seams.workers());
    }

    private static boolean isOfNodes(Call call) {
        return call.info().resource().equals("nodes");
    }

    /** What a node is known to use; of one that has no Node object here without labels. */
    private Optional<StoredObject> node(Call call, String name, Instant now) {
        ObjectKey key = ObjectKey.cluster(GroupResource.NODES, name);
        return seams.usage().node(name, now).map(use -> {
            StoredObject node = seams.registry().get(key).orElseGet(() -> new StoredObject(key, "",
                    0, new byte[0], Map.of(), "", Map.of()));
            ObjectNode tree = head(call, node, use.heard(), use.window());
            amounts(tree.putObject("usage"), use.machine());
            return stored(node, tree);
        });
    }

    private Optional<StoredObject> pod(Call call, StoredObject pod, Instant now) {
        return seams.usage()
                .pod(pod.fields().getOrDefault("spec.nodeName", ""), pod.uid(), now)
                .map(measured -> measured(call, pod, measured));
    }

    private static StoredObject measured(Call call, StoredObject pod, Measured measured) {
        ObjectNode tree = head(call, pod, measured.heard(), measured.window());
        ArrayNode containers = tree.putArray("containers");
        for (ContainerUse container : measured.use().containers()) {
            ObjectNode one = containers.addObject().put("name", container.name());
            amounts(one.putObject("usage"), container.use());
        }
        return stored(pod, tree);
    }

    private static ObjectNode head(Call call, StoredObject object, Instant heard,
            Duration window) {
        ObjectNode tree = Json.object();
        tree.put("kind", call.resource().kind()).put("apiVersion", call.resource().apiVersion());
        ObjectNode metadata = tree.putObject("metadata").put("name", object.key().name());
        if (!object.key().namespace().isEmpty()) {
            metadata.put("namespace", object.key().namespace());
        }
        metadata.put("creationTimestamp", seconds(heard));
        if (!object.labels().isEmpty()) {
            ObjectNode labels = metadata.putObject("labels");
            object.labels().forEach(labels::put);
        }
        return tree.put("timestamp", seconds(heard)).put("window",
                window.toMillis() / 1000.0 + "s");
    }

    private static String seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static void amounts(ObjectNode usage, Amounts use) {
        usage.put("cpu", use.nanoCores() + "n").put("memory", use.memoryBytes() / KIBI + "Ki");
    }

    private static StoredObject stored(StoredObject object, ObjectNode tree) {
        return new StoredObject(object.key(), object.uid(), 0, Json.write(tree),
                object.labels(), "", Map.of());
    }
}

package io.beemesh.machine.scheduler;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.scheduler.PodView.HostPort;
import io.beemesh.protocol.scheduling.SchedulingTask;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A pod as tasks and awards carry it: what is the same for all replicas of an owner. Pure. */
final class TaskPod {
    private TaskPod() {}

    /** Empty if it would be longer than {@link SchedulingTask#POD_BYTES_MAX}. */
    static Optional<byte[]> toBytes(PodView pod) {
        ObjectNode tree = Json.object();
        tree.put("namespace", pod.namespace());
        ObjectNode labels = tree.putObject("labels");
        pod.labels().forEach(labels::put);
        ObjectNode requests = tree.putObject("requests");
        pod.requests().forEach(requests::put);
        pod.hostPorts().forEach(port -> tree.withArrayProperty("ports").addObject()
                .put("address", port.address()).put("protocol", port.protocol())
                .put("port", port.port()));
        tree.put("priority", pod.priority());
        tree.set("spec", pod.spec());
        byte[] bytes = Json.write(tree);
        return bytes.length > SchedulingTask.POD_BYTES_MAX ? Optional.empty() : Optional.of(bytes);
    }

    /** The pod of that uid; name and creation are not told. */
    static PodView fromBytes(byte[] bytes, String uid) throws FormatException {
        try {
            JsonNode tree = Json.parse(bytes);
            Map<String, String> labels = new LinkedHashMap<>();
            tree.path("labels").properties()
                    .forEach(label -> labels.put(label.getKey(), label.getValue().asText("")));
            Map<String, Long> requests = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> request : tree.path("requests").properties()) {
                long amount = request.getValue().asLong(-1);
                if (amount < 0) {
                    throw new FormatException("task asks for a negative " + request.getKey());
                }
                requests.put(request.getKey(), amount);
            }
            List<HostPort> ports = new ArrayList<>();
            tree.path("ports").forEach(port -> ports.add(new HostPort(
                    port.path("address").asText("0.0.0.0"), port.path("protocol").asText("TCP"),
                    port.path("port").asInt(0))));
            String namespace = tree.path("namespace").asText("");
            return new PodView(new ObjectKey(GroupResource.PODS, namespace, uid), uid, labels,
                    requests, ports, tree.path("priority").asInt(0), "", "", false, Instant.EPOCH,
                    tree.path("spec"));
        } catch (JsonProcessingException e) {
            throw new FormatException("task with a pod that is no JSON");
        }
    }
}

package io.beemesh.apiserver.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** Drains this node, hands over what it keeps for the mesh, and ends it. */
final class LeaveCommand implements Callable<Integer> {
    private static final long ROUND_MILLIS = 500;

    private final NodeOptions node;
    private final String name;
    /** Seconds that pods have to go. */
    private final long timeoutSeconds;

    LeaveCommand(Arguments arguments) throws RefusalException {
        node = NodeOptions.of(arguments);
        name = arguments.required("--node-name");
        timeoutSeconds = arguments.number("--timeout", 120);
        arguments.end();
    }

    @Override
    public Integer call() throws IOException, RefusalException, InterruptedException {
        ApiClient client = node.client();
        cordon(client);
        long deadline = System.nanoTime() + timeoutSeconds * 1_000_000_000L;
        List<JsonNode> pods = pods(client);
        while (!pods.isEmpty()) {
            if (System.nanoTime() - deadline > 0) {
                throw new RefusalException(ExitCode.NOT_DRAINED, pods.size()
                        + " pods are still here after " + timeoutSeconds + " s, such as "
                        + pods.getFirst().path("metadata").path("name").asText()
                        + "; the node stays a member, cordoned. Run leave again, or"
                        + " kubectl uncordon " + name);
            }
            for (JsonNode pod : pods) {
                if (pod.path("metadata").path("deletionTimestamp").isMissingNode()) {
                    evict(client, pod);
                }
            }
            Thread.sleep(ROUND_MILLIS);
            pods = pods(client);
        }
        client.send("DELETE", "/api/v1/nodes/" + name, new byte[0]);
        client.send("POST", "/beemesh/v1/leave", new byte[0]);
        System.out.println("node " + name + " has left its mesh");
        return 0;
    }

    private void cordon(ApiClient client) throws IOException, RefusalException {
        String path = "/api/v1/nodes/" + name;
        ObjectNode object = (ObjectNode) Json.parse(client.get(path));
        object.withObjectProperty("spec").put("unschedulable", true);
        client.send("PUT", path, Json.write(object));
    }

    /** All but those of DaemonSets, which end with the node. */
    private List<JsonNode> pods(ApiClient client) throws IOException, RefusalException {
        List<JsonNode> pods = new ArrayList<>();
        String path = "/api/v1/pods?fieldSelector=spec.nodeName%3D" + name;
        for (JsonNode pod : Json.parse(client.get(path)).path("items")) {
            boolean daemon = false;
            for (JsonNode owner : pod.path("metadata").path("ownerReferences")) {
                daemon |= owner.path("kind").asText().equals("DaemonSet");
            }
            if (!daemon) {
                pods.add(pod);
            }
        }
        return pods;
    }

    private static void evict(ApiClient client, JsonNode pod) throws IOException {
        String pods = "/api/v1/namespaces/" + pod.path("metadata").path("namespace").asText()
                + "/pods/" + pod.path("metadata").path("name").asText();
        ObjectNode eviction = Json.object();
        eviction.put("apiVersion", "policy/v1").put("kind", "Eviction").putObject("metadata")
                .put("name", pod.path("metadata").path("name").asText())
                .put("namespace", pod.path("metadata").path("namespace").asText());
        try {
            client.send("POST", pods + "/eviction", Json.write(eviction));
        } catch (RefusalException e) {
            // A disruption budget may refuse for now: the next round asks again.
            System.err.println("beemesh: " + e.getMessage());
        }
    }
}

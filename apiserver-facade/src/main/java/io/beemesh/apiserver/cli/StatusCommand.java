package io.beemesh.apiserver.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Asks a node, with the administrator's credentials, how it is and what it runs. */
@Command(name = "status")
final class StatusCommand implements Callable<Integer> {
    @Option(names = "--api-port", required = true)
    private int apiPort;

    @Option(names = "--kubeconfig-dir", required = true)
    private Path kubeconfigDirectory = Path.of("");

    @Override
    public Integer call() throws IOException, RefusalException {
        ApiClient client = new ApiClient(apiPort, kubeconfigDirectory.resolve("pki"));
        JsonNode nodes = Json.parse(client.get("/api/v1/nodes"));
        for (JsonNode node : nodes.path("items")) {
            System.out.println(nodeLine(node));
        }
        Map<String, Integer> phases = new TreeMap<>();
        for (JsonNode pod : Json.parse(client.get("/api/v1/pods")).path("items")) {
            phases.merge(pod.path("status").path("phase").asText("Unknown"), 1, Integer::sum);
        }
        System.out.println(phases.isEmpty() ? "no pods" : "pods: " + phases);
        return 0;
    }

    private static String nodeLine(JsonNode node) {
        String state = "no Ready condition";
        for (JsonNode condition : node.path("status").path("conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                state = condition.path("status").asText().equals("True")
                        ? "Ready"
                        : "NotReady: " + condition.path("message").asText();
            }
        }
        JsonNode info = node.path("status").path("nodeInfo");
        return "node " + node.path("metadata").path("name").asText() + ": " + state + ", "
                + info.path("containerRuntimeVersion").asText() + ", "
                + node.path("status").path("allocatable").path("cpu").asText() + " cpu, "
                + node.path("status").path("allocatable").path("memory").asText() + " memory";
    }
}

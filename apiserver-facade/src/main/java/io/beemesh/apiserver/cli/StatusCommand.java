package io.beemesh.apiserver.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;

/** Asks a node, with the administrator's credentials, how it is and what it runs. */
final class StatusCommand implements Callable<Integer> {
    private final NodeOptions options;

    StatusCommand(Arguments arguments) throws RefusalException {
        options = NodeOptions.of(arguments);
        arguments.end();
    }

    @Override
    public Integer call() throws IOException, RefusalException {
        ApiClient client = options.client();
        JsonNode nodes = Json.parse(client.get("/api/v1/nodes"));
        for (JsonNode node : nodes.path("items")) {
            System.out.println(nodeLine(node));
        }
        Map<String, Integer> phases = new TreeMap<>();
        for (JsonNode pod : Json.parse(client.get("/api/v1/pods")).path("items")) {
            phases.merge(pod.path("status").path("phase").asText("Unknown"), 1, Integer::sum);
        }
        System.out.println(phases.isEmpty() ? "no pods" : "pods: " + phases);
        JsonNode mesh = Json.parse(client.get("/beemesh/v1/mesh"));
        mesh(mesh);
        slots(mesh);
        return 0;
    }

    private static void mesh(JsonNode mesh) {
        System.out.println("mesh " + mesh.path("mesh").asText() + ": "
                + mesh.path("members").size() + " members, " + mesh.path("lanes").size()
                + " lanes, local health " + mesh.path("localHealth").asInt()
                + " (0 is best), peers refused " + mesh.path("refusedPeers").asLong());
        for (JsonNode member : mesh.path("members")) {
            boolean self = member.path("peer").asText().equals(mesh.path("self").asText());
            System.out.println("  " + member.path("node").asText() + ": "
                    + member.path("state").asText() + (self ? " (this node)" : "") + ", "
                    + member.path("role").asText() + ", certificate until "
                    + member.path("certificateUntil").asText());
        }
    }

    private static void slots(JsonNode mesh) {
        String self = "";
        for (JsonNode member : mesh.path("members")) {
            if (member.path("peer").asText().equals(mesh.path("self").asText())) {
                self = member.path("node").asText();
            }
        }
        int led = 0;
        List<String> shortOf = new ArrayList<>();
        List<String> unled = new ArrayList<>();
        List<String> detached = new ArrayList<>();
        int unmerged = 0;
        for (JsonNode slot : mesh.path("slots")) {
            String primary = slot.path("primary").asText();
            led += primary.equals(self) ? 1 : 0;
            unmerged += slot.path("unmerged").asInt();
            if (slot.path("service").asText().equals("DETACHED")) {
                detached.add(slot.path("slot").asText());
            } else if (primary.isEmpty()) {
                unled.add(slot.path("slot").asText());
            } else if (slot.path("short").asBoolean()) {
                shortOf.add(slot.path("slot").asText());
            }
        }
        System.out.println("registry: " + mesh.path("slots").size() + " slots here, " + led
                + " led by this node, short of homes: " + named(shortOf)
                + ", without a primary: " + named(unled));
        if (!detached.isEmpty() || unmerged > 0) {
            System.out.println("detached: " + named(detached) + ": this side of the mesh has no"
                    + " majority of their homes and goes on alone; objects to be merged: "
                    + unmerged);
        }
    }

    private static String named(List<String> slots) {
        return slots.isEmpty() ? "none" : slots.size() + " " + slots;
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

package io.beemesh.apiserver.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The parts of {@code ./beemesh demo} that speak with a node: apply, watch, ask. */
final class DemoCommand implements Callable<Integer> {
    static final String REDRAW = "--redraw";
    private static final long ROUND_MILLIS = 250;
    private static final Pattern KIND = Pattern.compile("(?m)^kind: *(\\w+)");
    private static final Map<String, String> PATHS = Map.of(
            "Service", "/api/v1/namespaces/%s/services",
            "Deployment", "/apis/apps/v1/namespaces/%s/deployments",
            "StatefulSet", "/apis/apps/v1/namespaces/%s/statefulsets");

    private final NodeOptions node;
    private final Arguments arguments;
    private final String namespace;

    DemoCommand(Arguments arguments) throws RefusalException {
        this.arguments = arguments;
        this.node = NodeOptions.of(arguments);
        this.namespace = arguments.required("--namespace");
    }

    @Override
    public Integer call() throws IOException, RefusalException, InterruptedException {
        String action = arguments.word("what to do");
        switch (action) {
            case "apply" -> apply();
            case "await" -> await();
            case "choose" -> choose();
            case "ask" -> ask();
            default -> throw Arguments.usage("demo knows apply, await, choose and ask");
        }
        return 0;
    }

    /** Creates what the manifests hold, in the demo's namespace. */
    private void apply() throws IOException, RefusalException {
        ApiClient client = node.client();
        List<String> files = arguments.words();
        arguments.end();
        client.send("POST", "/api/v1/namespaces", "application/yaml",
                "{kind: Namespace, apiVersion: v1, metadata: {name: %s}}".formatted(namespace)
                        .getBytes(StandardCharsets.UTF_8));
        for (String file : files) {
            for (String document : Files.readString(Path.of(file)).split("(?m)^---\\s*$", -1)) {
                Matcher kind = KIND.matcher(document);
                if (kind.find()) {
                    client.send("POST", path(kind.group(1)), "application/yaml",
                            document.getBytes(StandardCharsets.UTF_8));
                }
            }
        }
    }

    private String path(String kind) throws RefusalException {
        String path = PATHS.get(kind);
        if (path == null) {
            throw Arguments.usage("the demo has no place for a " + kind);
        }
        return path.formatted(namespace);
    }

    /** Shows the mesh until the workloads have all their pods, without those that were lost. */
    private void await() throws IOException, RefusalException, InterruptedException {
        DemoTable.Lost lost = new DemoTable.Lost(arguments.text("--gone", ""),
                arguments.text("--lost", ""));
        Duration limit = Duration.ofSeconds(arguments.number("--timeout", 60));
        List<String> kinds = List.of(arguments.text("--kinds", "Deployment,StatefulSet")
                .split(",", -1));
        boolean redraw = arguments.flag(REDRAW);
        arguments.end();
        ApiClient client = node.client();
        long begin = System.nanoTime();
        List<String> shown = List.of();
        while (true) {
            DemoTable table = read(client, kinds);
            Duration passed = Duration.ofNanos(System.nanoTime() - begin);
            boolean complete = table.isComplete(lost);
            List<String> lines = new ArrayList<>(table.lines(lost));
            lines.add("  " + table.progress(lost) + " Ready");
            if (!lines.equals(shown)) {
                String up = redraw && !shown.isEmpty() ? "\033[" + shown.size() + "F\033[J" : "";
                System.out.println(up + String.join("\n", lines));
                shown = lines;
            }
            if (complete) {
                System.out.printf(Locale.ROOT, "  complete after %.1f s%n",
                        passed.toMillis() / 1000.0);
                return;
            }
            if (passed.compareTo(limit) > 0) {
                throw new RefusalException(ExitCode.NOT_COMPLETE, "not complete after "
                        + limit.toSeconds() + " s: " + table.progress(lost) + " Ready");
            }
            Thread.sleep(ROUND_MILLIS);
        }
    }

    private DemoTable read(ApiClient client, List<String> kinds)
            throws IOException, RefusalException {
        List<JsonNode> workloads = new ArrayList<>();
        for (String kind : kinds) {
            workloads.addAll(items(client, path(kind)));
        }
        return new DemoTable(items(client, "/api/v1/nodes"),
                items(client, "/api/v1/namespaces/" + namespace + "/pods"), workloads);
    }

    private static List<JsonNode> items(ApiClient client, String path)
            throws IOException, RefusalException {
        List<JsonNode> items = new ArrayList<>();
        Json.parse(client.get(path)).path("items").forEach(items::add);
        return items;
    }

    /** Prints the name of a pod of the workload, of its node, and the id of its container. */
    private void choose() throws IOException, RefusalException {
        String app = arguments.required("--app");
        arguments.end();
        JsonNode pod = items(node.client(), "/api/v1/namespaces/" + namespace
                + "/pods?labelSelector=app%3D" + app).getFirst();
        System.out.println(DemoTable.name(pod) + " " + DemoTable.nodeOf(pod) + " "
                + DemoTable.containerOf(pod));
    }

    /** Prints what the Service answers. */
    private void ask() throws IOException, RefusalException {
        String service = arguments.required("--service");
        arguments.end();
        System.out.print(new String(node.client().get("/api/v1/namespaces/" + namespace
                + "/services/" + service + "/proxy/"), StandardCharsets.UTF_8));
    }
}

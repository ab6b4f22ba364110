package io.beemesh.apiserver.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DemoTableTest {
    private static final DemoTable.Lost NOTHING = new DemoTable.Lost("", "");
    private static final JsonNode WEB = json(
            "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":2,"
                    + "\"selector\":{\"matchLabels\":{\"app\":\"web\"}}}}");
    private static final List<JsonNode> NODES = List.of(node("n1", true), node("n2", false));

    private static JsonNode json(String text) {
        return Json.parseOwn(text.getBytes(UTF_8));
    }

    private static JsonNode node(String name, boolean ready) {
        return json(
                "{\"metadata\":{\"name\":\"%s\"},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"%s\"}]}}"
                        .formatted(name, ready ? "True" : "Unknown"));
    }

    private static JsonNode pod(String name, String node, boolean ready) {
        return json("""
                {"metadata":{"name":"%s","labels":{"app":"web"}},"spec":{"nodeName":"%s"},
                 "status":{"containerStatuses":[{"containerID":"podman://%s"}],
                 "conditions":[{"type":"Ready","status":"%s"}]}}
                """.formatted(name, node, name, ready ? "True" : "False"));
    }

    @Test
    void lines_podsAreAtTheirNodes() {
        DemoTable table = new DemoTable(NODES,
                List.of(pod("b", "n1", true), pod("a", "n1", false), pod("c", "", false)),
                List.of(WEB));

        assertThat(table.lines(NOTHING)).containsExactly(
                "  (none)   waiting   - c",
                "  n1       Ready     * b  - a",
                "  n2       NotReady");
        assertThat(table.progress(NOTHING)).isEqualTo("web 1 of 2");
        assertThat(table.isComplete(NOTHING)).isFalse();
    }

    @Test
    void isComplete_whatIsLostDoesNotCount() {
        DemoTable table = new DemoTable(NODES,
                List.of(pod("a", "n1", true), pod("b", "n2", true)), List.of(WEB));

        assertThat(table.isComplete(NOTHING)).isTrue();
        assertThat(table.isComplete(new DemoTable.Lost("podman://a", ""))).isFalse();
        assertThat(table.isComplete(new DemoTable.Lost("", "n2"))).isFalse();
    }

    @Test
    void isComplete_moreThanWanted_isNot() {
        DemoTable table = new DemoTable(NODES, List.of(pod("a", "n1", true),
                pod("b", "n2", true), pod("c", "n1", true)), List.of(WEB));

        assertThat(table.isComplete(NOTHING)).isFalse();
    }
}

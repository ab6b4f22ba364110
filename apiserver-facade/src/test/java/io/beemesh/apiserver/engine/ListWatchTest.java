package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.engine.EngineFixture.Answer;
import io.beemesh.apiserver.engine.EngineFixture.Watcher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListWatchTest {
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";
    private static final String TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";
    private final EngineFixture api = new EngineFixture();

    @BeforeEach
    void makeNamespace() {
        api.namespace("default");
    }

    private JsonNode create(String name, String label) {
        return api
                .post(MAPS, "{\"metadata\":{\"name\":\"" + name + "\",\"labels\":{\"l\":\"" + label
                        + "\"}}}")
                .requireCode(201).json();
    }

    private void relabel(String name, String label) {
        api.patch(MAPS + "/" + name, "merge-patch",
                "{\"metadata\":{\"labels\":{\"l\":\"" + label + "\"}}}").requireCode(200);
    }

    private static long version(JsonNode object) {
        return object.path("metadata").path("resourceVersion").asLong();
    }

    @Test
    void list_chunks_showOneState() {
        for (String name : List.of("a", "b", "c", "d", "e")) {
            create(name, "x");
        }
        JsonNode first = api.get(MAPS + "?limit=2").json();
        assertThat(first.path("metadata").path("remainingItemCount").asInt()).isEqualTo(3);
        api.delete(MAPS + "/d").requireCode(200);
        create("bb", "x");
        JsonNode second = api.get(MAPS + "?limit=2&continue="
                + first.path("metadata").path("continue").asText()).json();
        JsonNode third = api.get(MAPS + "?limit=2&continue="
                + second.path("metadata").path("continue").asText()).json();
        List<String> names = new ArrayList<>();
        for (JsonNode page : List.of(first, second, third)) {
            assertThat(version(page)).isEqualTo(version(first));
            names.addAll(page.path("items").findValuesAsText("name"));
        }
        assertThat(names).containsExactly("a", "b", "c", "d", "e");
        assertThat(third.path("metadata").has("continue")).isFalse();
        assertThat(third.path("metadata").has("remainingItemCount")).isFalse();
        assertThat(api.get(MAPS + "?limit=2&labelSelector=l=x").json().path("metadata")
                .has("remainingItemCount")).isFalse();
    }

    @Test
    void list_expiredToken_offersInconsistentOne() {
        create("a", "x");
        create("b", "x");
        String token = api.get(MAPS + "?limit=1").json().path("metadata").path("continue").asText();
        create("c", "x");
        api.age();
        Answer expired = api.get(MAPS + "?limit=1&continue=" + token).requireCode(410);
        assertThat(expired.reason()).isEqualTo("Expired");
        JsonNode rest = api.get(MAPS + "?continue="
                + expired.json().path("metadata").path("continue").asText()).requireCode(200)
                .json();
        assertThat(rest.path("items").findValuesAsText("name")).containsExactly("b", "c");
    }

    @Test
    void list_exactVersion_showsThePast() {
        long then = version(create("a", "x"));
        create("b", "x");
        assertThat(api.get(MAPS + "?resourceVersionMatch=Exact&resourceVersion=" + then).json()
                .path("items").size()).isEqualTo(1);
        assertThat(api.get(MAPS + "?resourceVersion=" + then).json().path("items").size())
                .isEqualTo(2);
        api.age();
        api.get(MAPS + "?resourceVersionMatch=Exact&resourceVersion=" + then).requireCode(410);
    }

    @Test
    void list_table_hasColumnsAndRows() {
        create("a", "x");
        JsonNode table = api.read(api.answer("GET", MAPS, Map.of("accept", TABLE), "")).json();
        assertThat(table.path("kind").asText()).isEqualTo("Table");
        assertThat(table.path("columnDefinitions").get(0).path("format").asText())
                .isEqualTo("name");
        JsonNode row = table.path("rows").get(0);
        assertThat(row.path("cells").get(0).asText()).isEqualTo("a");
        assertThat(row.path("object").path("kind").asText()).isEqualTo("PartialObjectMetadata");
        JsonNode partial = api.read(api.answer("GET", MAPS, Map.of("accept",
                "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"), "")).json();
        assertThat(partial.path("kind").asText()).isEqualTo("PartialObjectMetadataList");
        assertThat(partial.path("items").get(0).has("data")).isFalse();
    }

    @Test
    void watch_selector_seesObjectsComeAndGo() {
        long start = version(create("a", "x"));
        create("b", "y");
        Watcher watcher = api.watch(MAPS + "?watch=1&labelSelector=l=x&resourceVersion=" + start);
        assertThat(watcher.take()).isEmpty();
        relabel("b", "x");
        relabel("a", "y");
        JsonNode gone = watcher.events.getLast().path("object");
        assertThat(gone.path("metadata").path("labels").path("l").asText()).isEqualTo("x");
        assertThat(version(gone)).isEqualTo(version(api.get(MAPS + "/a").json()));
        assertThat(watcher.take()).containsExactly("ADDED b", "DELETED a");
        api.patch(MAPS + "/b", "merge-patch", "{\"data\":{\"k\":\"v\"}}").requireCode(200);
        api.delete(MAPS + "/b").requireCode(200);
        api.delete(MAPS + "/a").requireCode(200);
        assertThat(watcher.take()).containsExactly("MODIFIED b", "DELETED b");
        watcher.producer.stop();
        create("c", "x");
        assertThat(watcher.take()).isEmpty();
    }

    @Test
    void watch_initialEvents_endWithBookmark() {
        create("a", "x");
        Watcher watcher = api.watch(MAPS + "?watch=1&sendInitialEvents=true&allowWatchBookmarks="
                + "true&resourceVersionMatch=NotOlderThan");
        JsonNode bookmark = watcher.events.getLast();
        assertThat(bookmark.path("type").asText()).isEqualTo("BOOKMARK");
        assertThat(bookmark.path("object").path("metadata").path("annotations")
                .path("k8s.io/initial-events-end").asText()).isEqualTo("true");
        assertThat(version(bookmark.path("object"))).isEqualTo(api.registry.version());
        assertThat(watcher.take()).containsExactly("ADDED a", "BOOKMARK ");
        create("b", "x");
        assertThat(watcher.take()).containsExactly("ADDED b");
        api.send("GET", MAPS + "?watch=1&sendInitialEvents=true", "", "").requireCode(422);
    }

    @Test
    void watch_tooOld_isErrorEvent() {
        long old = version(create("a", "x"));
        create("b", "x");
        api.age();
        Watcher watcher = api.watch(MAPS + "?watch=1&resourceVersion=" + old);
        JsonNode error = watcher.events.getFirst();
        assertThat(error.path("type").asText()).isEqualTo("ERROR");
        assertThat(error.path("object").path("code").asInt()).isEqualTo(410);
        assertThat(error.path("object").path("reason").asText()).isEqualTo("Expired");
        assertThat(error.path("object").path("message").asText())
                .startsWith("too old resource version: " + old + " (");
        assertThat(watcher.ended).isTrue();
    }

    @Test
    void watch_timeout_endsCleanlyAfterBookmark() {
        create("a", "x");
        Watcher watcher = api.watch(
                MAPS + "?watch=1&timeoutSeconds=60&allowWatchBookmarks=true&resourceVersion=0");
        assertThat(watcher.take()).containsExactly("ADDED a");
        api.simulation.run(Duration.ofSeconds(30));
        assertThat(watcher.take()).containsExactly("BOOKMARK ");
        assertThat(watcher.ended).isFalse();
        api.simulation.run(Duration.ofSeconds(31));
        assertThat(watcher.ended).isTrue();
        watcher.take();
        create("b", "x");
        assertThat(watcher.take()).isEmpty();
    }

    @Test
    void watch_table_sendsColumnsOnce() {
        create("a", "x");
        create("b", "x");
        Watcher watcher = api.new Watcher(
                (io.beemesh.apiserver.request.ApiResponse.Watching) api.answer("GET",
                        MAPS + "?watch=1", Map.of("accept", TABLE), ""));
        assertThat(watcher.events.get(0).path("object").path("columnDefinitions").isArray())
                .isTrue();
        assertThat(watcher.events.get(1).path("object").path("columnDefinitions").isNull())
                .isTrue();
        assertThat(watcher.events.get(1).path("object").path("rows").get(0).path("cells").get(0)
                .asText()).isEqualTo("b");
    }

    /** Whatever is done, and wherever a watch is cut and resumed, its client sees the same as a list. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void watch_resumedAtRandom_missesNothing(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, Long> seen = new TreeMap<>();
        long at = api.registry.version();
        for (int round = 0; round < 12; round++) {
            Watcher watcher = api
                    .watch(MAPS + "?watch=1&labelSelector=l=x&resourceVersion=" + at);
            int writes = random.nextInt(6);
            for (int i = 0; i < writes; i++) {
                change(random);
            }
            api.settle();
            watcher.producer.stop();
            // The client may have got only some of what was sent.
            int received = random.nextInt(watcher.events.size() + 1);
            for (JsonNode event : watcher.events.subList(0, received)) {
                JsonNode object = event.path("object");
                String name = object.path("metadata").path("name").asText();
                assertThat(version(object)).isGreaterThan(at);
                at = version(object);
                if (event.path("type").asText().equals("DELETED")) {
                    assertThat(seen.remove(name)).isNotNull();
                } else {
                    assertThat(event.path("type").asText())
                            .isEqualTo(seen.containsKey(name) ? "MODIFIED" : "ADDED");
                    seen.put(name, version(object));
                }
            }
            for (int i = random.nextInt(4); i > 0; i--) {
                change(random);
            }
        }
        Watcher last = api.watch(MAPS + "?watch=1&labelSelector=l=x&resourceVersion=" + at);
        for (JsonNode event : last.events) {
            String name = event.path("object").path("metadata").path("name").asText();
            if (event.path("type").asText().equals("DELETED")) {
                seen.remove(name);
            } else {
                seen.put(name, version(event.path("object")));
            }
        }
        Map<String, Long> listed = new TreeMap<>();
        api.get(MAPS + "?labelSelector=l=x").json().path("items")
                .forEach(o -> listed.put(o.path("metadata").path("name").asText(), version(o)));
        assertThat(seen).isEqualTo(listed);
    }

    private void change(SplittableRandom random) {
        String name = "o" + random.nextInt(4);
        String label = random.nextBoolean() ? "x" : "y";
        if (api.get(MAPS + "/" + name).code() == 404) {
            create(name, label);
        } else if (random.nextInt(3) == 0) {
            api.delete(MAPS + "/" + name).requireCode(200);
        } else {
            relabel(name, label);
        }
    }
}

package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.engine.EngineFixture.Answer;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventViewsTest {
    private static final String CORE = "/api/v1/namespaces/default/events";
    private static final String EVENTS = "/apis/events.k8s.io/v1/namespaces/default/events";
    private static final String OLD = """
            {"metadata":{"name":"old"},"involvedObject":{"kind":"Pod","name":"a","namespace":"default"},
            "message":"pulled","reason":"Pulled","type":"Normal","count":3,
            "firstTimestamp":"2026-01-01T00:00:00Z","source":{"component":"kubelet"}}
            """;
    private static final String NEW = """
            {"metadata":{"name":"new"},"regarding":{"kind":"Pod","name":"b","namespace":"default"},
            "note":"told","reason":"Told","action":"Tell","type":"Warning",
            "eventTime":"2026-01-01T00:00:00.000000Z","reportingController":"test.io/teller",
            "reportingInstance":"teller-0"}
            """;
    private final EngineFixture fixture = new EngineFixture();

    @BeforeEach
    void makeNamespace() {
        fixture.namespace("default");
    }

    @Test
    void coreEvent_isFoundInTheOtherGroup_underItsNames() {
        fixture.post(CORE, OLD).requireCode(201);
        JsonNode event = fixture.get(EVENTS + "/old").requireCode(200).json();
        assertThat(event.path("apiVersion").asText()).isEqualTo("events.k8s.io/v1");
        assertThat(event.path("regarding").path("name").asText()).isEqualTo("a");
        assertThat(event.path("note").asText()).isEqualTo("pulled");
        assertThat(event.path("deprecatedCount").asInt()).isEqualTo(3);
        assertThat(event.has("involvedObject")).isFalse();
    }

    @Test
    void newEvent_isKeptAsACoreEvent() {
        fixture.post(EVENTS, NEW).requireCode(201);
        JsonNode event = fixture.get(CORE + "/new").requireCode(200).json();
        assertThat(event.path("apiVersion").asText()).isEqualTo("v1");
        assertThat(event.path("involvedObject").path("name").asText()).isEqualTo("b");
        assertThat(event.path("message").asText()).isEqualTo("told");
        assertThat(event.path("reportingComponent").asText()).isEqualTo("test.io/teller");
        assertThat(fixture.get(EVENTS + "?fieldSelector=regarding.name=b").json().path("items"))
                .hasSize(1);
        assertThat(fixture.get(EVENTS + "?fieldSelector=regarding.name=c").json().path("items"))
                .isEmpty();
        assertThat(fixture.get(EVENTS + "?fieldSelector=involvedObject.name=b").code())
                .isEqualTo(400);
    }

    @Test
    void newEvent_withoutWhatTheGroupDemands_isRefused() {
        Answer refused = fixture.post(EVENTS, NEW.replace("\"action\":\"Tell\",", ""));
        assertThat(refused.code()).isEqualTo(422);
        assertThat(refused.message()).contains("action: Required value");
        assertThat(fixture.post(EVENTS, "{\"metadata\":{\"name\":\"x\"}}").message())
                .contains("eventTime: Required value");
    }

    @Test
    void patchUpdateAndDelete_workThroughTheView_andItsWatchSeesThem() {
        EngineFixture.Watcher watcher = fixture.watch(EVENTS + "?watch=true");
        fixture.post(EVENTS, NEW).requireCode(201);
        String series = "{\"series\":{\"count\":2,\"lastObservedTime\":\"2026-01-01T00:01:00.000000Z\"}}";
        fixture.patch(EVENTS + "/new", "merge-patch", series).requireCode(200);
        fixture.patch(EVENTS + "/new", "strategic-merge-patch", series).requireCode(200);
        assertThat(fixture.patch(EVENTS + "/new", "merge-patch", "{\"note\":\"else\"}").code())
                .isEqualTo(422);
        assertThat(fixture.get(CORE + "/new").json().path("series").path("count").asInt())
                .isEqualTo(2);
        assertThat(watcher.events.getFirst().path("object").path("note").asText())
                .isEqualTo("told");
        fixture.delete(EVENTS + "/new").requireCode(200);
        assertThat(watcher.take()).containsExactly("ADDED new", "MODIFIED new", "DELETED new");
        assertThat(fixture.get(CORE + "/new").code()).isEqualTo(404);
    }

    @Test
    void table_isThatOfCoreEvents() {
        fixture.post(CORE, OLD).requireCode(201);
        Map<String, String> accept = Map.of("accept",
                "application/json;as=Table;v=v1;g=meta.k8s.io");
        assertThat(cells(CORE, accept)).isEqualTo(cells(EVENTS, accept)).contains("pod/a");
    }

    private String cells(String path, Map<String, String> headers) {
        return fixture.read(fixture.answer("GET", path, headers, "")).json().path("rows").path(0)
                .path("cells").toString();
    }
}

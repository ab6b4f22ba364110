package io.beemesh.machine.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.controller.World;
import io.beemesh.machine.event.EventSink.Severity;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class EventRecorderTest {
    private final World world = new World(13);
    private final ApiObject about = world.get(GroupResource.SERVICE_ACCOUNTS, "default");

    private void note(String message) {
        world.loop.run(() -> world.events.event(about, Severity.WARNING, "Tested", message,
                "tester"));
        world.run(Duration.ofMillis(50));
    }

    @Test
    void note_becomesAnEvent_ofKubernetesShape() {
        note("once");

        ApiObject event = world.list(GroupResource.EVENTS).getFirst();
        assertThat(event.name()).startsWith("default.");
        assertThat(event.tree().path("involvedObject").path("uid").asText(""))
                .isEqualTo(about.uid());
        assertThat(event.tree().path("source").toString())
                .isEqualTo("{\"component\":\"tester\",\"host\":\"node-1\"}");
        assertThat(event.tree().path("reportingComponent").asText("")).isEqualTo("tester");
        assertThat(event.tree().path("type").asText("")).isEqualTo("Warning");
        assertThat(event.tree().path("count").asInt()).isEqualTo(1);
        assertThat(event.tree().path("firstTimestamp"))
                .isEqualTo(event.tree().path("lastTimestamp"));
    }

    @Test
    void sameNote_raisesTheCount() {
        note("again");
        world.run(Duration.ofSeconds(5));
        note("again");
        note("again");

        assertThat(world.events("Tested")).containsExactly("again");
        ApiObject event = world.list(GroupResource.EVENTS).getFirst();
        assertThat(event.tree().path("count").asInt()).isEqualTo(3);
        assertThat(event.tree().path("firstTimestamp"))
                .isNotEqualTo(event.tree().path("lastTimestamp"));
    }

    @Test
    void manyTexts_becomeOneEvent() {
        for (int i = 0; i < 15; i++) {
            note("text " + i);
        }

        assertThat(world.events("Tested")).hasSize(Correlator.SIMILAR_MAX)
                .contains("(combined from similar events): text 14");
    }

    @Test
    void flood_isCut() {
        for (int i = 0; i < 100; i++) {
            note("flood");
        }

        assertThat(world.list(GroupResource.EVENTS).getFirst().tree().path("count").asInt())
                .isEqualTo(Correlator.BURST);
        assertThat(world.events.dropped()).isEqualTo(75);
    }

    @Test
    void events_goAfterAnHour() {
        note("old");
        world.run(Duration.ofMinutes(59));
        assertThat(world.events("Tested")).hasSize(1);
        world.run(Duration.ofMinutes(3));

        assertThat(world.events("Tested")).isEmpty();
    }
}

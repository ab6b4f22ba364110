package io.beemesh.machine.podman;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.runtime.ContainerSpec;
import io.beemesh.machine.runtime.ContainerSpec.Kernel;
import io.beemesh.machine.runtime.ContainerSpec.Resources;
import io.beemesh.machine.runtime.ContainerSpec.Security;
import io.beemesh.machine.runtime.ContainerSpec.Terminal;
import io.beemesh.machine.runtime.ContainerState;
import io.beemesh.machine.runtime.ImageState;
import io.beemesh.machine.runtime.SandboxSpec.PodName;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PodmanJsonTest {
    private static final String START = "2026-11-24T20:39:01.500000000Z";

    @Test
    void state_endedBeforeItsStartWasNoted_keepsTheExitCode() {
        ContainerState state = state("exited", "2026-11-24T20:39:01.400000000Z", 4);

        assertThat(state.exitCode()).isEqualTo(4);
        assertThat(state.finishedAt()).isEqualTo(Instant.parse(START));
    }

    @Test
    void state_cutOffByReboot_isExitedWithUnknownCode() {
        ContainerState state = state("created", "0001-01-01T00:00:00Z", 0);

        assertThat(state.status()).isEqualTo(ContainerState.Status.EXITED);
        assertThat(state.exitCode()).isEqualTo(137);
        assertThat(state.finishedAt()).isEqualTo(Instant.parse(START));
    }

    @Test
    void created_isWhatPodmanWouldSay() {
        ContainerSpec spec = new ContainerSpec(new PodName("ns", "pod", "uid"), "sandbox", "app",
                3, "app:1", new ImageState("sha256:1", "app@sha256:2", 5, "", ""), List.of(),
                List.of(), "", Map.of(), List.of(), new Resources(2, 0, 0, 0),
                new Security("", List.of(), false, false, false, List.of(), List.of(), "",
                        new Kernel("", false, Map.of())),
                new Terminal(false, false, false, Optional.empty()), "of a test");
        ObjectNode inspected = Json.object().put("Id", "c1");
        inspected.putObject("Config").set("Labels",
                PodmanJson.container(spec, "node", "/log", 1, "", 0).path("labels"));
        inspected.putObject("State").put("Status", "created").put("StartedAt",
                "0001-01-01T00:00:00Z");

        assertThat(PodmanJson.created("c1", spec)).isEqualTo(PodmanJson.state(inspected));
    }

    private static ContainerState state(String status, String finished, int exitCode) {
        return PodmanJson.state(Json.parseOwn("""
                {"Id":"c1","State":{"Status":"%s","StartedAt":"%s","FinishedAt":"%s","ExitCode":%d}}
                """.formatted(status, START, finished, exitCode).getBytes(UTF_8)));
    }
}

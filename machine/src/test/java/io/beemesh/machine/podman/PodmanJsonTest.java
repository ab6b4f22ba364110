package io.beemesh.machine.podman;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.Json;
import io.beemesh.machine.runtime.ContainerState;
import java.time.Instant;
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

    private static ContainerState state(String status, String finished, int exitCode) {
        return PodmanJson.state(Json.parseOwn("""
                {"Id":"c1","State":{"Status":"%s","StartedAt":"%s","FinishedAt":"%s","ExitCode":%d}}
                """.formatted(status, START, finished, exitCode).getBytes(UTF_8)));
    }
}

package io.beemesh.machine.podman;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OomScoreTest {
    @TempDir
    Path process;

    @Test
    void least_withTheCapability_isTheKernels() throws IOException {
        Files.writeString(process.resolve("status"), "CapPrm:\t0\nCapEff:\t000001ffffffffff\n");
        Files.writeString(process.resolve("oom_score_adj"), "7\n");

        assertThat(OomScore.least(process)).isEqualTo(-1000);
    }

    @Test
    void least_withoutIt_isItsOwn() throws IOException {
        Files.writeString(process.resolve("status"), "CapPrm:\t0\nCapEff:\t000001fffeffffff\n");
        Files.writeString(process.resolve("oom_score_adj"), "7\n");

        assertThat(OomScore.least(process)).isEqualTo(7);
    }

    @Test
    void least_unknown_isTheUsualOne() {
        assertThat(OomScore.least(process)).isZero();
    }
}

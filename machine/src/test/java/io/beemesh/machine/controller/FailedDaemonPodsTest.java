package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class FailedDaemonPodsTest {
    private static final ObjectKey KEY = World.key(GroupResource.DAEMON_SETS, "d");
    private final FailedDaemonPods failures = new FailedDaemonPods();

    private FailedDaemonPods.OfSet of(String uid, long generation, String... nodes) {
        ApiObject set = new ApiObject(Json.object());
        set.metadata().put("uid", uid).put("generation", generation);
        return failures.of(KEY, set, Set.of(nodes));
    }

    private static long at(Duration time) {
        // The loop's clock may begin below zero.
        return time.toNanos() - Duration.ofDays(1).toNanos();
    }

    @Test
    void wait_doublesToAQuarterOfAnHour_andIsForgottenAfterTwice() {
        FailedDaemonPods.OfSet set = of("u", 1, "a");
        Duration now = Duration.ZERO;
        assertThat(set.left("a", at(now))).isZero();
        for (long seconds : new long[]{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900}) {
            set.replaced("a", at(now));
            assertThat(set.left("a", at(now))).isEqualTo(Duration.ofSeconds(seconds));
            now = now.plusSeconds(seconds);
            assertThat(set.left("a", at(now))).isZero();
        }
        now = now.plus(Duration.ofMinutes(16));
        set.replaced("a", at(now));
        assertThat(set.left("a", at(now))).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void entries_goWithNode_generation_andSet() {
        of("u", 1, "a", "b").replaced("a", 0);
        of("u", 1, "a", "b").replaced("b", 0);
        assertThat(failures.size()).isEqualTo(2);
        assertThat(of("u", 1, "b").left("b", 0)).isPositive();
        assertThat(failures.size()).isEqualTo(1);
        assertThat(of("u", 2, "b").left("b", 0)).isZero();
        of("u", 2, "b").replaced("b", 0);
        assertThat(of("other", 2, "b").left("b", 0)).isZero();
        of("other", 2, "b").replaced("b", 0);
        failures.forget(KEY);
        assertThat(failures.size()).isZero();
    }
}

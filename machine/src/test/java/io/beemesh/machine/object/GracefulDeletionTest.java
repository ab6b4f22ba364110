package io.beemesh.machine.object;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.GracefulDeletion.Options;
import io.beemesh.machine.object.GracefulDeletion.Outcome;
import io.beemesh.machine.object.GracefulDeletion.Propagation;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class GracefulDeletionTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final String RUNNING = """
            {"metadata":{"name":"p","generation":1},
             "spec":{"nodeName":"n","terminationGracePeriodSeconds":30},
             "status":{"phase":"Running"}}""";

    @Test
    void delete_runningPod_isMarkedWithItsGrace() {
        Outcome outcome = delete(GroupResource.PODS, RUNNING, Options.DEFAULT);

        ApiObject next = ((Outcome.Mark) outcome).next();
        assertThat(next.deletionTimestamp()).contains(NOW.plusSeconds(30));
        assertThat(next.metadata().path("deletionGracePeriodSeconds").asLong()).isEqualTo(30);
        assertThat(next.generation()).isEqualTo(2);
    }

    @Test
    void delete_runningPodWithNegativeGrace_getsOneSecond() {
        Outcome outcome = delete(GroupResource.PODS, RUNNING, grace(-5));

        assertThat(((Outcome.Mark) outcome).next().deletionTimestamp())
                .contains(NOW.plusSeconds(1));
    }

    @Test
    void delete_runningPodAtOnce_isRemoved() {
        assertThat(delete(GroupResource.PODS, RUNNING, Options.now()))
                .isInstanceOf(Outcome.Remove.class);
    }

    @Test
    void delete_podWithoutNodeOrEnded_isRemoved() {
        assertThat(delete(GroupResource.PODS, """
                {"spec":{},"status":{"phase":"Pending"}}""", Options.DEFAULT))
                .isInstanceOf(Outcome.Remove.class);
        assertThat(delete(GroupResource.PODS, """
                {"spec":{"nodeName":"n"},"status":{"phase":"Failed"}}""", grace(60)))
                .isInstanceOf(Outcome.Remove.class);
    }

    @Test
    void delete_again_onlyShortens() {
        ApiObject marked = ((Outcome.Mark) delete(GroupResource.PODS, RUNNING, Options.DEFAULT))
                .next();

        assertThat(GracefulDeletion.delete(GroupResource.PODS, marked, grace(40), NOW))
                .isInstanceOf(Outcome.Pending.class);
        Outcome shorter = GracefulDeletion.delete(GroupResource.PODS, marked, grace(5),
                NOW.plusSeconds(2));
        assertThat(((Outcome.Mark) shorter).next().deletionTimestamp())
                .contains(NOW.plusSeconds(5));
        assertThat(GracefulDeletion.delete(GroupResource.PODS, marked, Options.now(), NOW))
                .isInstanceOf(Outcome.Remove.class);
    }

    @Test
    void delete_objectWithFinalizer_isMarkedOnce() {
        Outcome outcome = delete(GroupResource.CONFIG_MAPS, """
                {"metadata":{"finalizers":["x/y"]}}""", Options.DEFAULT);

        ApiObject next = ((Outcome.Mark) outcome).next();
        assertThat(next.deletionTimestamp()).contains(NOW);
        assertThat(GracefulDeletion.delete(GroupResource.CONFIG_MAPS, next, Options.DEFAULT, NOW))
                .isInstanceOf(Outcome.Pending.class);
    }

    @Test
    void delete_propagation_setsFinalizers() {
        Outcome outcome = delete(GroupResource.DEPLOYMENTS, "{}", new Options(
                OptionalLong.empty(), Optional.of(Propagation.FOREGROUND)));

        assertThat(((Outcome.Mark) outcome).next().metadata().path("finalizers").get(0).asText())
                .isEqualTo("foregroundDeletion");
        assertThat(GracefulDeletion.delete(GroupResource.DEPLOYMENTS,
                ((Outcome.Mark) outcome).next(),
                new Options(OptionalLong.empty(), Optional.of(Propagation.BACKGROUND)), NOW))
                .isInstanceOf(Outcome.Remove.class);
    }

    @Test
    void delete_namespace_isTerminating() {
        Outcome outcome = delete(GroupResource.NAMESPACES, """
                {"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}""",
                Options.DEFAULT);

        ApiObject next = ((Outcome.Mark) outcome).next();
        assertThat(next.status().path("phase").asText()).isEqualTo("Terminating");
        assertThat(next.isDeleting()).isTrue();
    }

    private static Outcome delete(GroupResource type, String json, Options options) {
        ApiObject object = ApiObject.parse(json.getBytes(StandardCharsets.UTF_8));
        return GracefulDeletion.delete(type, object, options, NOW);
    }

    private static Options grace(long seconds) {
        return new Options(OptionalLong.of(seconds), Optional.empty());
    }
}

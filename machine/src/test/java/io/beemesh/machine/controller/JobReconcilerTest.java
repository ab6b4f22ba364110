package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion.Options;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class JobReconcilerTest {
    private final World world = new World(31);

    private void job(String spec) {
        world.apply(GroupResource.JOBS, """
                {"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"j"},"spec":{%s
                 "selector":{"matchLabels":{"batch.kubernetes.io/job-name":"j"}},
                 "template":{"metadata":{"labels":{"batch.kubernetes.io/job-name":"j"}},
                 "spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}"""
                .formatted(spec));
        world.run(Duration.ofSeconds(5));
    }

    private JsonNode status() {
        return world.get(GroupResource.JOBS, "j").status();
    }

    private void end(ApiObject pod, String phase) {
        world.kubelet.end(World.key(GroupResource.PODS, pod.name()), phase);
        world.run(Duration.ofSeconds(5));
    }

    private List<String> conditions() {
        return status().path("conditions").findValuesAsText("type");
    }

    @Test
    void completions_areReached_withNoMorePodsAtATimeThanAllowed() {
        job("\"parallelism\":2,\"completions\":3,\"backoffLimit\":6,");
        for (int i = 0; i < 3; i++) {
            assertThat(world.activePods()).hasSize(Math.min(2, 3 - i));
            end(world.activePods().getFirst(), "Succeeded");
        }
        assertThat(status().path("succeeded").asInt()).isEqualTo(3);
        assertThat(conditions()).containsExactly("SuccessCriteriaMet", "Complete");
        assertThat(status().has("completionTime")).isTrue();
        assertThat(world.list(GroupResource.PODS)).hasSize(3)
                .allSatisfy(p -> assertThat(p.metadata().has("finalizers")).isFalse());
        assertThat(world.events("Completed")).hasSize(1);
    }

    @Test
    void failures_areRetriedWithBackoff_untilTheLimit() {
        job("\"parallelism\":1,\"completions\":1,\"backoffLimit\":1,");
        end(world.activePods().getFirst(), "Failed");
        assertThat(world.activePods()).as("within the back-off").isEmpty();
        world.run(Duration.ofSeconds(10));
        assertThat(world.activePods()).hasSize(1);
        end(world.activePods().getFirst(), "Failed");
        assertThat(conditions()).containsExactly("FailureTarget", "Failed");
        assertThat(status().path("failed").asInt()).isEqualTo(2);
        assertThat(status().path("conditions").path(1).path("reason").asText())
                .isEqualTo("BackoffLimitExceeded");
        world.run(Duration.ofMinutes(2));
        assertThat(world.activePods()).isEmpty();
    }

    private void fail(int exitCode) {
        world.kubelet.fail(
                World.key(GroupResource.PODS, world.activePods().getFirst().name()), exitCode);
        world.run(Duration.ofSeconds(5));
    }

    @Test
    void failurePolicy_ignoresCountsOrEndsTheJob_byExitCode() {
        job("""
                "parallelism":1,"completions":1,"backoffLimit":0,"podFailurePolicy":{"rules":[
                {"action":"Ignore","onExitCodes":{"containerName":"c","operator":"In","values":[42]}},
                {"action":"FailJob","onExitCodes":{"operator":"NotIn","values":[1]}}]},""");
        fail(42);
        assertThat(world.activePods()).as("replaced at once, though no failure is allowed")
                .hasSize(1);
        assertThat(status().path("failed").asInt()).isZero();
        String name = world.activePods().getFirst().name();
        fail(3);
        assertThat(conditions()).containsExactly("FailureTarget", "Failed");
        JsonNode failed = status().path("conditions").path(1);
        assertThat(failed.path("reason").asText()).isEqualTo("PodFailurePolicy");
        assertThat(failed.path("message").asText()).isEqualTo("Container c for pod default/" + name
                + " failed with exit code 3 matching FailJob rule at index 1");
        assertThat(status().path("failed").asInt()).isEqualTo(1);
    }

    @Test
    void successPolicy_endsTheJobBeforeAllIndexesAreDone() {
        job("""
                "completionMode":"Indexed","parallelism":3,"completions":3,"backoffLimit":6,
                "successPolicy":{"rules":[{"succeededIndexes":"0-1","succeededCount":1}]},""");
        end(pod(2), "Succeeded");
        assertThat(conditions()).isEmpty();
        end(pod(1), "Succeeded");
        world.run(Duration.ofSeconds(40));
        assertThat(conditions()).containsExactly("SuccessCriteriaMet", "Complete");
        assertThat(status().path("conditions").path(1).path("reason").asText())
                .isEqualTo("SuccessPolicy");
        assertThat(world.activePods()).isEmpty();
        assertThat(status().path("completedIndexes").asText()).isEqualTo("1-2");
    }

    private ApiObject pod(int index) {
        return world.activePods().stream().filter(p -> JobPods.index(p) == index).findFirst()
                .orElseThrow();
    }

    @Test
    void indexed_eachIndexSucceedsOnce() {
        job("\"completionMode\":\"Indexed\",\"parallelism\":3,\"completions\":3,\"backoffLimit\":6,");
        assertThat(world.activePods()).extracting(JobPods::index).containsExactlyInAnyOrder(0, 1,
                2);
        ApiObject first = world.activePods().stream().filter(p -> JobPods.index(p) == 1)
                .findFirst().orElseThrow();
        assertThat(first.spec().path("hostname").asText()).isEqualTo("j-1");
        end(first, "Failed");
        world.run(Duration.ofSeconds(10));
        assertThat(world.activePods()).extracting(JobPods::index).containsExactlyInAnyOrder(0, 1,
                2);
        List.copyOf(world.activePods()).forEach(p -> end(p, "Succeeded"));
        assertThat(status().path("completedIndexes").asText()).isEqualTo("0-2");
        assertThat(conditions()).contains("Complete");
    }

    @Test
    void aDeletedPod_countsAsFailed_andIsReplaced() {
        job("\"parallelism\":1,\"completions\":1,\"backoffLimit\":6,");
        String first = world.activePods().getFirst().name();
        world.delete(World.key(GroupResource.PODS, first), Options.DEFAULT);
        world.run(Duration.ofSeconds(15));
        assertThat(world.find(GroupResource.PODS, first)).isEmpty();
        assertThat(world.activePods()).hasSize(1);
        assertThat(status().path("failed").asInt()).isEqualTo(1);
    }

    @Test
    void suspendedJob_hasNoPods_andADeadlineEndsOne() {
        job("\"suspend\":true,\"parallelism\":1,\"completions\":1,");
        assertThat(world.activePods()).isEmpty();
        assertThat(conditions()).containsExactly("Suspended");
        job("\"suspend\":false,\"parallelism\":1,\"completions\":1,\"activeDeadlineSeconds\":60,");
        assertThat(world.activePods()).hasSize(1);
        world.run(Duration.ofSeconds(70));
        assertThat(world.activePods()).isEmpty();
        assertThat(status().path("conditions").findValuesAsText("reason"))
                .contains("DeadlineExceeded");
    }

    @Test
    void finishedJob_goesWhenItsTimeIsUp_withItsPods() {
        job("\"parallelism\":1,\"completions\":1,\"ttlSecondsAfterFinished\":30,");
        end(world.activePods().getFirst(), "Succeeded");
        world.run(Duration.ofSeconds(20));
        assertThat(world.find(GroupResource.JOBS, "j")).isPresent();
        world.run(Duration.ofSeconds(20));
        assertThat(world.find(GroupResource.JOBS, "j")).isEmpty();
        assertThat(world.list(GroupResource.PODS)).isEmpty();
    }

    @Test
    void cronJob_makesAJobAtItsTimes_andKeepsFewOld() {
        world.apply(GroupResource.CRON_JOBS,
                """
                        {"kind":"CronJob","apiVersion":"batch/v1","metadata":{"name":"c"},"spec":{
                         "schedule":"*/2 * * * *","concurrencyPolicy":"Forbid","successfulJobsHistoryLimit":2,
                         "jobTemplate":{"spec":{"parallelism":1,"completions":1,
                         "selector":{"matchLabels":{"x":"y"}},"template":{"metadata":{"labels":{"x":"y"}},
                         "spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}}}""");
        for (int i = 0; i < 4; i++) {
            world.run(Duration.ofMinutes(2));
            world.list(GroupResource.PODS).stream().filter(Pods::isActive)
                    .forEach(p -> end(p, "Succeeded"));
        }
        assertThat(world.list(GroupResource.JOBS)).hasSize(2)
                .allSatisfy(j -> assertThat(j.name()).matches("c-[0-9]+"));
        JsonNode status = world.get(GroupResource.CRON_JOBS, "c").status();
        assertThat(status.has("lastScheduleTime")).isTrue();
        assertThat(status.has("lastSuccessfulTime")).isTrue();
        world.run(Duration.ofMinutes(7));
        assertThat(world.activePods()).as("the next waits for the one before").hasSize(1);
    }

    private void cron(String schedule, String policy) {
        world.apply(GroupResource.CRON_JOBS,
                """
                        {"kind":"CronJob","apiVersion":"batch/v1","metadata":{"name":"c"},"spec":{
                         "schedule":"%s","concurrencyPolicy":"%s","jobTemplate":{"spec":{"parallelism":1,
                         "completions":1,"selector":{"matchLabels":{"x":"y"}},"template":{"metadata":{
                         "labels":{"x":"y"}},"spec":{"restartPolicy":"Never","containers":[
                         {"name":"c","image":"i"}]}}}}}}"""
                        .formatted(schedule, policy));
    }

    /** As {@code kubectl create job --from=cronjob/c} does. */
    private void manualJob() {
        world.apply(GroupResource.JOBS,
                """
                        {"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"manual","ownerReferences":[
                         {"apiVersion":"batch/v1","kind":"CronJob","name":"c","uid":"%s","controller":true}]},
                         "spec":{"parallelism":1,"completions":1,"selector":{"matchLabels":{"m":"m"}},
                         "template":{"metadata":{"labels":{"m":"m"}},"spec":{"restartPolicy":"Never",
                         "containers":[{"name":"c","image":"i"}]}}}}"""
                        .formatted(world.get(GroupResource.CRON_JOBS, "c").uid()));
    }

    private List<String> jobs() {
        return world.list(GroupResource.JOBS).stream().map(ApiObject::name).toList();
    }

    @Test
    void aJobThatAUserMadeOfACronJob_isNotItsOwn() {
        cron("*/2 * * * *", "Replace");
        world.run(Duration.ofSeconds(1));
        manualJob();
        world.run(Duration.ofMinutes(4));
        assertThat(jobs()).as("its own is replaced, that of the user is not").hasSize(2)
                .contains("manual");
        assertThat(world.get(GroupResource.CRON_JOBS, "c").status().path("active")).hasSize(1);
        assertThat(world.events("UnexpectedJob")).contains(
                "Saw a job that the controller did not create or forgot: manual");
        world.delete(World.key(GroupResource.CRON_JOBS, "c"), Options.DEFAULT);
        world.until(() -> jobs().isEmpty());
        cron("*/2 * * * *", "Forbid");
        world.run(Duration.ofSeconds(1));
        manualJob();
        world.run(Duration.ofMinutes(2));
        assertThat(jobs()).as("that of the user forbids nothing").hasSize(2);
        assertThat(world.events("JobAlreadyActive")).isEmpty();
    }

    @Test
    void cronJob_ofAnInterval_runsFromItsLastTimeOn() {
        cron("@every 90s", "Allow");
        world.run(Duration.ofSeconds(1));
        Instant begin = world.get(GroupResource.CRON_JOBS, "c").creationTimestamp().orElseThrow();
        world.run(Duration.ofMinutes(10));
        assertThat(jobs()).hasSize(6);
        assertThat(world.get(GroupResource.CRON_JOBS, "c").status().path("lastScheduleTime")
                .asText()).isEqualTo(begin.plusSeconds(6 * 90).toString());
        world.edit(World.key(GroupResource.CRON_JOBS, "c"), c -> c.spec().put("suspend", true));
        world.run(Duration.ofHours(4));
        world.edit(World.key(GroupResource.CRON_JOBS, "c"), c -> c.spec().put("suspend", false));
        world.run(Duration.ofSeconds(5));
        assertThat(jobs()).as("one for all that were missed").hasSize(7);
        assertThat(world.events("TooManyMissedTimes")).hasSize(1);
    }

    @Test
    void schedules_areReadAsCronDoes() {
        assertNext("*/15 * * * *", "2026-01-01T00:07:00Z", "2026-01-01T00:15:00Z");
        assertNext("0 9 * * MON-FRI", "2026-01-02T10:00:00Z", "2026-01-05T09:00:00Z");
        assertNext("@monthly", "2026-01-02T10:00:00Z", "2026-02-01T00:00:00Z");
        assertNext("0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        assertNext("30 4 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T04:30:00Z");
        assertNext("0 0 */10 * 1", "2026-01-02T00:00:00Z", "2026-01-05T00:00:00Z");
        assertNext("0 0 1 * */3", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z");
        assertNext("0 0 */1 * 1", "2026-01-02T00:00:00Z", "2026-01-05T00:00:00Z");
        assertNext("0 0 5,* * 1", "2026-01-06T00:00:00Z", "2026-01-12T00:00:00Z");
        assertNext("@every 1h30m", "2026-01-01T00:00:10.7Z", "2026-01-01T01:30:10Z");
        assertNext("@every 1.5m", "2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z");
        assertNext("@every 20ms", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z");
        assertThat(CronSchedule.parse("0 12 * * *", "Europe/Berlin")
                .next(Instant.parse("2026-07-01T00:00:00Z")))
                .contains(Instant.parse("2026-07-01T10:00:00Z"));
        for (String bad : List.of("", "* * * *", "60 * * * *", "* * 0 * *", "a * * * *",
                "5-1 * * * *", "*/0 * * * *", "@every", "@every ", "@every 1", "@every 1d",
                "@every h", "@every 1h x", "@every 9999999999h")) {
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> CronSchedule.parse(bad, ""))
                    .as(bad).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static void assertNext(String schedule, String from, String next) {
        assertThat(CronSchedule.parse(schedule, "").next(Instant.parse(from))).as(schedule)
                .contains(Instant.parse(next));
    }

    @Test
    void indexes_asText() {
        assertThat(JobIndexes.text(JobIndexes.parse("0,2-4,7"))).isEqualTo("0,2-4,7");
        assertThat(JobIndexes.parse("x,5-2,-,999999").isEmpty()).isTrue();
    }
}

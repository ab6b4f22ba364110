package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class DisruptionReconcilerTest {
    private final World world = new World(22);

    private JsonNode budget(String spec) {
        world.apply(GroupResource.DISRUPTION_BUDGETS, """
                {"kind":"PodDisruptionBudget","apiVersion":"policy/v1","metadata":{"name":"b"},
                 "spec":{%s,"selector":{"matchLabels":{"app":"web"}}}}""".formatted(spec));
        world.run(Duration.ofSeconds(2));
        return status();
    }

    private JsonNode status() {
        return world.get(GroupResource.DISRUPTION_BUDGETS, "b").status();
    }

    private void deployment(int replicas) {
        world.apply(GroupResource.DEPLOYMENTS, """
                {"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"web"},"spec":{
                 "replicas":%d,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":
                 {"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}"""
                .formatted(replicas));
        world.run(Duration.ofSeconds(10));
    }

    @Test
    void budget_countsReadyPods_againstWhatTheirControllerWants() {
        deployment(4);
        assertThat(budget("\"minAvailable\":3").path("disruptionsAllowed").asInt()).isEqualTo(1);
        assertThat(budget("\"minAvailable\":\"70%\"").path("desiredHealthy").asInt())
                .isEqualTo(3);
        assertThat(budget("\"maxUnavailable\":2").path("disruptionsAllowed").asInt())
                .isEqualTo(3 - 1);
        JsonNode status = status();
        assertThat(status.path("currentHealthy").asInt()).isEqualTo(4);
        assertThat(status.path("expectedPods").asInt()).isEqualTo(4);
        assertThat(status.path("conditions").path(0).path("reason").asText())
                .isEqualTo("SufficientPods");
        ObjectKey pod = World.key(GroupResource.PODS, world.activePods().getFirst().name());
        world.kubelet.setReady(pod, false);
        world.run(Duration.ofSeconds(1));
        assertThat(status().path("disruptionsAllowed").asInt()).isEqualTo(1);
    }

    @Test
    void anEvictionThatLedToNothing_countsForTwoMinutes() {
        deployment(2);
        budget("\"minAvailable\":1");
        String pod = world.activePods().getFirst().name();
        String now = world.loop.wallTime().truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                .toString();
        world.edit(World.key(GroupResource.DISRUPTION_BUDGETS, "b"),
                b -> b.status().putObject("disruptedPods").put(pod, now));
        world.run(Duration.ofSeconds(90));
        assertThat(status().path("disruptionsAllowed").asInt()).isZero();
        world.run(Duration.ofSeconds(40));
        assertThat(status().path("disruptionsAllowed").asInt()).isEqualTo(1);
        assertThat(status().has("disruptedPods")).isFalse();
    }

    private void pod(String name, String more) {
        world.apply(GroupResource.PODS, """
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"%s","labels":{"app":"web"}%s},
                 "spec":{"containers":[{"name":"c","image":"i"}]}}""".formatted(name, more));
    }

    @Test
    void aPodWithoutController_isPassedOver_andTheOthersCount() {
        deployment(3);
        pod("bare", "");
        JsonNode status = budget("\"maxUnavailable\":1");
        assertThat(status.path("expectedPods").asInt()).isEqualTo(3);
        assertThat(status.path("desiredHealthy").asInt()).isEqualTo(2);
        assertThat(status.path("disruptionsAllowed").asInt()).isPositive();
        assertThat(world.events("UnmanagedPods")).singleElement().asString()
                .startsWith("Pods selected by this PodDisruptionBudget (selector: app=web) were "
                        + "found to be unmanaged.");
    }

    @Test
    void maxUnavailable_ofBarePodsAlone_allowsNothing() {
        pod("p", "");
        JsonNode status = budget("\"maxUnavailable\":1");
        assertThat(status.path("expectedPods").asInt()).isZero();
        assertThat(status.path("disruptionsAllowed").asInt()).isZero();
        assertThat(status.path("conditions").path(0).path("reason").asText())
                .isEqualTo("InsufficientPods");
    }

    @Test
    void aControllerWithoutScale_isNotKnown() {
        pod("p", ",\"ownerReferences\":[{\"apiVersion\":\"example.com/v1\",\"kind\":\"Flock\","
                + "\"name\":\"f\",\"uid\":\"u\",\"controller\":true}]");
        JsonNode condition = budget("\"maxUnavailable\":1").path("conditions").path(0);
        assertThat(condition.path("reason").asText()).isEqualTo("SyncFailed");
        assertThat(condition.path("message").asText())
                .isEqualTo("found no controllers for pod \"p\"");
        assertThat(world.events("CalculateExpectedPodCountFailed")).hasSize(1);
    }
}

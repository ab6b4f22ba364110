package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.engine.EngineFixture.Answer;
import org.junit.jupiter.api.Test;

/** Evictions and the disruption budgets that pay for them. */
class EvictionTest {
    private static final String BUDGETS = "/apis/policy/v1/namespaces/n/poddisruptionbudgets";
    private final EngineFixture api = new EngineFixture();

    EvictionTest() {
        api.namespace("n");
        for (String name : new String[]{"a", "b"}) {
            api.post("/api/v1/namespaces/n/pods", """
                    {"metadata":{"name":"%s","labels":{"app":"x"}},"spec":{
                     "nodeName":"node","containers":[{"name":"c","image":"i"}]}}"""
                    .formatted(name)).requireCode(201);
            api.patch("/api/v1/namespaces/n/pods/" + name + "/status", "merge-patch", """
                    {"status":{"phase":"Running","conditions":[
                     {"type":"Ready","status":"True"}]}}""").requireCode(200);
        }
    }

    private void budget(String name, int allowed) {
        api.post(BUDGETS, """
                {"metadata":{"name":"%s"},"spec":{"minAvailable":1,
                 "selector":{"matchLabels":{"app":"x"}}}}""".formatted(name)).requireCode(201);
        api.patch(BUDGETS + "/" + name + "/status", "merge-patch", """
                {"status":{"observedGeneration":1,"disruptionsAllowed":%d,"currentHealthy":2,
                 "desiredHealthy":1,"expectedPods":2}}""".formatted(allowed)).requireCode(200);
    }

    private Answer evict(String pod) {
        return api.post("/api/v1/namespaces/n/pods/" + pod + "/eviction",
                "{\"metadata\":{\"name\":\"" + pod + "\"}}");
    }

    @Test
    void eviction_takesFromItsBudget_untilNothingIsLeft() {
        budget("b", 1);
        evict("a").requireCode(201);
        JsonNode status = api.get(BUDGETS + "/b").json().path("status");
        assertThat(status.path("disruptionsAllowed").asInt()).isZero();
        assertThat(status.path("disruptedPods").has("a")).isTrue();
        Answer refused = evict("b").requireCode(429);
        assertThat(refused.message()).isEqualTo(
                "Cannot evict pod as it would violate the pod's disruption budget.");
        JsonNode cause = refused.json().path("details").path("causes").path(0);
        assertThat(cause.path("reason").asText()).isEqualTo("DisruptionBudget");
        assertThat(cause.path("message").asText())
                .isEqualTo("The disruption budget b needs 1 healthy pods and has 2 currently");
        assertThat(api.get("/api/v1/namespaces/n/pods/b").json().path("metadata")
                .has("deletionTimestamp")).isFalse();
    }

    @Test
    void budgetThatWasNotLookedAt_andTwoBudgets_areRefused() {
        api.post(BUDGETS, """
                {"metadata":{"name":"b"},"spec":{"selector":{}}}""").requireCode(201);
        Answer early = evict("a").requireCode(429);
        assertThat(early.json().path("details").path("retryAfterSeconds").asInt()).isEqualTo(10);
        budget("second", 1);
        assertThat(evict("a").requireCode(500).message()).contains(
                "This pod has more than one PodDisruptionBudget");
    }

    @Test
    void budgets_areChecked() {
        assertThat(api.post(BUDGETS, """
                {"metadata":{"name":"b"},"spec":{"minAvailable":1,"maxUnavailable":"x"}}""")
                .requireCode(422).message()).contains("mutually exclusive")
                .contains("a valid percent string");
        assertThat(api.post("/apis/scheduling.k8s.io/v1/priorityclasses", """
                {"metadata":{"name":"system-mine"},"value":1}""").requireCode(422).message())
                .contains("prefix are reserved for system use only");
        api.post("/apis/scheduling.k8s.io/v1/priorityclasses", """
                {"metadata":{"name":"mine"},"value":7}""").requireCode(201);
        assertThat(api.patch("/apis/scheduling.k8s.io/v1/priorityclasses/mine", "merge-patch",
                "{\"value\":8}").requireCode(422).message())
                .contains("may not be changed in an update.");
    }
}

package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.admission.ControllerAdmission;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.Admission.RejectedException;
import io.beemesh.machine.registry.StoredObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class QuotaTest {
    private static final String SHOP = "/api/v1/namespaces/shop/";
    private final EngineFixture api = EngineFixture.withNamespaceForPods("shop");

    /** A quota of which nothing is used, as the controller has counted. */
    private void quota(String hard, String used, String more) {
        api.post(SHOP + "resourcequotas",
                "{\"metadata\":{\"name\":\"q\"},\"spec\":{\"hard\":" + hard
                        + more + "}}")
                .requireCode(201);
        api.patch(SHOP + "resourcequotas/q/status", "merge-patch",
                "{\"status\":{\"hard\":" + hard + ",\"used\":" + used + "}}").requireCode(200);
    }

    private static String pod(String name, String resources) {
        return "{\"metadata\":{\"name\":\"" + name
                + "\"},\"spec\":{\"containers\":[{\"name\":\"c\","
                + "\"image\":\"x\",\"resources\":" + resources + "}]}}";
    }

    private JsonNode used() {
        return api.get(SHOP + "resourcequotas/q").json().path("status").path("used");
    }

    @Test
    void pods_countWithTheirRequestsUntilItIsEnough() {
        quota("{\"pods\":\"2\",\"requests.cpu\":\"1\",\"limits.memory\":\"1Gi\"}",
                "{\"pods\":\"0\",\"requests.cpu\":\"0\",\"limits.memory\":\"0\"}", "");
        assertThat(api.post(SHOP + "pods", pod("p", "{}")).requireCode(403).message()).isEqualTo(
                "pods \"p\" is forbidden: failed quota: q: must specify limits.memory for: c; "
                        + "requests.cpu for: c");
        String some = "{\"requests\":{\"cpu\":\"600m\"},\"limits\":{\"memory\":\"100Mi\"}}";
        api.post(SHOP + "pods?dryRun=All", pod("p", some)).requireCode(201);
        assertThat(used().path("pods").asText()).isEqualTo("0");
        api.post(SHOP + "pods", pod("p", some)).requireCode(201);
        assertThat(used().toString()).isEqualTo(
                "{\"limits.memory\":\"100Mi\",\"pods\":\"1\",\"requests.cpu\":\"600m\"}");
        assertThat(api.post(SHOP + "pods", pod("q", some)).requireCode(403).message()).isEqualTo(
                "pods \"q\" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: "
                        + "requests.cpu=600m, limited: requests.cpu=1");
    }

    @Test
    void quota_notCountedYet_letsNothingThrough() {
        api.post(SHOP + "resourcequotas",
                "{\"metadata\":{\"name\":\"q\"},\"spec\":{\"hard\":{\"configmaps\":\"1\"}}}")
                .requireCode(201);
        assertThat(api.post(SHOP + "configmaps", "{\"metadata\":{\"name\":\"a\"}}").requireCode(403)
                .message()).endsWith("status unknown for quota: q, resources: configmaps");
        api.post(SHOP + "secrets", "{\"metadata\":{\"name\":\"a\"}}").requireCode(201);
    }

    @Test
    void manyWriters_useTheRestOnce() {
        quota("{\"count/configmaps\":\"5\"}", "{\"count/configmaps\":\"0\"}", "");
        List<CompletableFuture<ApiResponse>> answers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            answers.add(api.begin("POST", SHOP + "configmaps",
                    Map.of("content-type", "application/json"),
                    "{\"metadata\":{\"name\":\"c" + i + "\"}}"));
        }
        api.simulation.runUntil(() -> answers.stream().allMatch(CompletableFuture::isDone),
                Duration.ofMinutes(1));
        List<Integer> codes = answers.stream().map(a -> api.read(a.join()).code()).sorted()
                .toList();
        assertThat(codes).containsExactly(201, 201, 201, 201, 201, 403, 403, 403);
        assertThat(used().path("count/configmaps").asText()).isEqualTo("5");
    }

    @Test
    void servicesAndClaims_countWhatTheyTake() {
        quota("{\"services.nodeports\":\"1\",\"requests.storage\":\"3Gi\"}",
                "{\"services.nodeports\":\"0\",\"requests.storage\":\"0\"}", "");
        String service = "{\"metadata\":{\"name\":\"s\"},\"spec\":{\"type\":\"%s\",\"ports\":"
                + "[{\"name\":\"a\",\"port\":80},{\"name\":\"b\",\"port\":81}]}}";
        api.post(SHOP + "services", service.replace("%s", "NodePort")).requireCode(403);
        api.post(SHOP + "services", service.replace("%s", "ClusterIP")).requireCode(201);
        assertThat(api.patch(SHOP + "services/s", "merge-patch",
                "{\"spec\":{\"type\":\"NodePort\"}}").requireCode(403).message())
                .contains("exceeded quota: q, requested: services.nodeports=2");
        String claim = "{\"metadata\":{\"name\":\"c\"},\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],"
                + "\"resources\":{\"requests\":{\"storage\":\"2Gi\"}}}}";
        api.post(SHOP + "persistentvolumeclaims", claim).requireCode(201);
        assertThat(api.post(SHOP + "persistentvolumeclaims", claim.replace("\"c\"", "\"d\""))
                .requireCode(403).message()).contains("used: requests.storage=2Gi");
    }

    @Test
    void scopes_chooseThePodsThatCount() {
        quota("{\"pods\":\"0\"}", "{\"pods\":\"0\"}", ",\"scopes\":[\"BestEffort\"]");
        api.post(SHOP + "pods", pod("p", "{}")).requireCode(403);
        api.post(SHOP + "pods", pod("p", "{\"requests\":{\"cpu\":\"1m\"}}")).requireCode(201);
    }

    @Test
    void controllers_chargeOneAfterAnotherInOneCommit() throws RejectedException {
        quota("{\"pods\":\"2\"}", "{\"pods\":\"1\"}", "");
        ControllerAdmission controllers = new ControllerAdmission(api.catalog, api.registry,
                api.simulation.newRandom(), api.loop::wallTime);
        api.loop.run(controllers::start);
        Map<StoredObject, ApiObject> edits = new HashMap<>();
        ApiObject pod = ApiObject.parse("""
                {"metadata":{"name":"p","namespace":"shop"},"spec":{"containers":[{"name":"c"}]}}"""
                .getBytes(StandardCharsets.UTF_8));
        controllers.charge(GroupResource.PODS, pod,
                stored -> edits.computeIfAbsent(stored, StoredObject::object));
        assertThat(edits.values()).singleElement().satisfies(quota -> assertThat(
                quota.tree().path("status").path("used").toString()).isEqualTo("{\"pods\":\"2\"}"));
        assertThatThrownBy(() -> controllers.charge(GroupResource.PODS, pod,
                stored -> edits.values().iterator().next()))
                .isInstanceOf(RejectedException.class).hasMessage("pods \"p\" is forbidden: "
                        + "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2");
    }
}

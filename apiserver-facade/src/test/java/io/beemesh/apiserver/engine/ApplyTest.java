package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.engine.EngineFixture.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ownership of fields, seen through the API. */
class ApplyTest {
    private static final String DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/web";
    private static final String MAP = "/api/v1/namespaces/default/configmaps/m";
    private final EngineFixture api = new EngineFixture();

    @BeforeEach
    void makeNamespace() {
        api.namespace("default");
    }

    private static String deployment(String replicas, String containers) {
        return "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'web'},'spec':{"
                .replace('\'', '"')
                + (replicas + "'selector':{'matchLabels':{'app':'web'}},'template':{'metadata':{"
                        + "'labels':{'app':'web'}},'spec':{'containers':[" + containers + "]}}}}")
                        .replace('\'', '"');
    }

    private static String map(String data) {
        return ("{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'m'},'data':{" + data
                + "}}").replace('\'', '"');
    }

    private Answer applyMap(String manager, String data) {
        return api.apply(MAP + "?fieldManager=" + manager, map(data));
    }

    private String data() {
        return api.get(MAP).json().path("data").toString().replace('"', '\'');
    }

    private JsonNode fieldsOf(String manager) {
        for (JsonNode entry : api.get(MAP).json().path("metadata").path("managedFields")) {
            if (entry.path("manager").asText().equals(manager)) {
                return entry.path("fieldsV1");
            }
        }
        return EngineFixture.parse("null");
    }

    @Test
    void apply_absent_createsWithOwner() {
        JsonNode created = api
                .apply(DEPLOYMENT + "?fieldManager=me",
                        deployment("'replicas':2,", "{'name':'c','image':'i:1'}"))
                .requireCode(201).json();
        JsonNode owner = created.path("metadata").path("managedFields").get(0);
        assertThat(owner.path("operation").asText()).isEqualTo("Apply");
        assertThat(owner.path("fieldsV1").toString()).isEqualTo(
                "{\"f:spec\":{\"f:replicas\":{},\"f:selector\":{},\"f:template\":{\"f:metadata\":{"
                        + "\"f:labels\":{\"f:app\":{}}},\"f:spec\":{\"f:containers\":{"
                        + "\"k:{\\\"name\\\":\\\"c\\\"}\":{\".\":{},\"f:image\":{},\"f:name\":{}}}}}}}");
        assertThat(created.path("spec").path("strategy").path("type").asText())
                .isEqualTo("RollingUpdate");
    }

    @Test
    void apply_withoutManager_isInvalid() {
        assertThat(api.apply(MAP, map("")).requireCode(422).message())
                .contains("fieldManager: Required value: is required for apply patch");
    }

    @Test
    void apply_sameAgain_changesNothing() {
        String first = api.apply(DEPLOYMENT + "?fieldManager=me",
                deployment("'replicas':2,", "{'name':'c','image':'i:1'}")).requireCode(201).text();
        api.simulation.run(java.time.Duration.ofSeconds(5));
        assertThat(api.apply(DEPLOYMENT + "?fieldManager=me",
                deployment("'replicas':2,", "{'name':'c','image':'i:1'}")).requireCode(200).text())
                .isEqualTo(first);
    }

    @Test
    void apply_othersField_isConflictUnlessForced() {
        api.apply(DEPLOYMENT + "?fieldManager=me",
                deployment("'replicas':2,", "{'name':'c','image':'i:1'}")).requireCode(201);
        api.patch(DEPLOYMENT + "?fieldManager=scaler", "merge-patch",
                "{\"spec\":{\"replicas\":5}}").requireCode(200);
        Answer refused = api.apply(DEPLOYMENT + "?fieldManager=me",
                deployment("'replicas':2,", "{'name':'c','image':'i:1'}")).requireCode(409);
        assertThat(refused.message()).isEqualTo("Apply failed with 1 conflict: conflict with "
                + "\"scaler\" using apps/v1: .spec.replicas");
        JsonNode cause = refused.json().path("details").path("causes").get(0);
        assertThat(cause.toString()).isEqualTo("{\"reason\":\"FieldManagerConflict\",\"message\":"
                + "\"conflict with \\\"scaler\\\" using apps/v1\",\"field\":\".spec.replicas\"}");
        assertThat(api.apply(DEPLOYMENT + "?fieldManager=me&force=true",
                deployment("'replicas':2,", "{'name':'c','image':'i:1'}")).requireCode(200).json()
                .path("spec").path("replicas").asInt()).isEqualTo(2);
        api.apply(DEPLOYMENT + "?fieldManager=me",
                deployment("", "{'name':'c','image':'i:1'}")).requireCode(200);
    }

    @Test
    void apply_severalConflicts_listsThemByManager() {
        applyMap("a", "'x':'1','y':'1'").requireCode(201);
        applyMap("b", "'z':'1'").requireCode(200);
        assertThat(applyMap("c", "'x':'2','y':'2','z':'2'").requireCode(409).message())
                .isEqualTo("Apply failed with 3 conflicts: conflicts with \"a\":\n- .data.x\n"
                        + "- .data.y\nconflicts with \"b\":\n- .data.z");
    }

    @Test
    void apply_dropsWhatOnlyItOwned() {
        applyMap("a", "'x':'1','y':'1'").requireCode(201);
        applyMap("b", "'y':'1','z':'1'").requireCode(200);
        applyMap("a", "'x':'2'").requireCode(200);
        assertThat(data()).isEqualTo("{'x':'2','y':'1','z':'1'}");
        applyMap("b", "").requireCode(200);
        assertThat(data()).isEqualTo("{'x':'2'}");
        assertThat(fieldsOf("b").toString()).isIn("{\"f:data\":{}}", "null");
    }

    @Test
    void apply_containerLeft_goesWithAllThatItHas() {
        api.apply(DEPLOYMENT + "?fieldManager=me", deployment("",
                "{'name':'a','image':'i:1'},{'name':'b','image':'i:1'}")).requireCode(201);
        JsonNode after = api.apply(DEPLOYMENT + "?fieldManager=me",
                deployment("", "{'name':'b','image':'i:2'}")).requireCode(200).json();
        JsonNode containers = after.path("spec").path("template").path("spec").path("containers");
        assertThat(containers.size()).isEqualTo(1);
        assertThat(containers.get(0).path("image").asText()).isEqualTo("i:2");
    }

    @Test
    void apply_overUnmanaged_keepsWhatWasThere() {
        api.post("/api/v1/namespaces/default/configmaps", map("'x':'1'")).requireCode(201);
        api.patch(MAP, "merge-patch", "{\"metadata\":{\"managedFields\":[{}]}}").requireCode(200);
        assertThat(api.get(MAP).json().path("metadata").has("managedFields")).isFalse();
        applyMap("a", "'y':'1'").requireCode(200);
        assertThat(data()).isEqualTo("{'x':'1','y':'1'}");
        assertThat(fieldsOf("before-first-apply").toString()).contains("f:x");
        assertThat(applyMap("a", "'x':'2'").requireCode(409).message())
                .contains("conflict with \"before-first-apply\" using v1: .data.x");
    }

    @Test
    void update_takesFieldsFromAppliers() {
        applyMap("a", "'x':'1','y':'1'").requireCode(201);
        api.patch(MAP + "?fieldManager=hand", "merge-patch", "{\"data\":{\"x\":\"9\",\"y\":null}}")
                .requireCode(200);
        assertThat(fieldsOf("hand").toString()).isEqualTo("{\"f:data\":{\"f:x\":{}}}");
        assertThat(fieldsOf("a").toString()).isEqualTo("null");
    }

    @Test
    void apply_status_isOwnedApart() {
        api.apply(DEPLOYMENT + "?fieldManager=me",
                deployment("'replicas':2,", "{'name':'c','image':'i:1'}")).requireCode(201);
        JsonNode after = api.apply(DEPLOYMENT + "/status?fieldManager=me",
                "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\"},"
                        + "\"status\":{\"replicas\":2}}")
                .requireCode(200).json();
        assertThat(after.path("status").path("replicas").asInt()).isEqualTo(2);
        assertThat(after.path("spec").path("replicas").asInt()).isEqualTo(2);
        JsonNode entry = after.path("metadata").path("managedFields").get(1);
        assertThat(entry.path("subresource").asText()).isEqualTo("status");
        assertThat(entry.path("fieldsV1").toString())
                .isEqualTo("{\"f:status\":{\"f:replicas\":{}}}");
    }

    @Test
    void apply_unknownField_isRefused() {
        assertThat(api.apply(MAP + "?fieldManager=a", map("").replace("\"data\"", "\"dota\""))
                .requireCode(400).message()).contains(".dota: field not declared in schema");
        assertThat(api.apply(MAP + "?fieldManager=a",
                map("").replace("\"name\":\"m\"",
                        "\"name\":\"m\",\"managedFields\":[{\"manager\":\"x\"}]"))
                .requireCode(400).message()).isEqualTo("metadata.managedFields must be nil");
    }

    @Test
    void scale_applied_ownsTheReplicasAlone() {
        EngineFixture engine = new EngineFixture();
        engine.namespace("s");
        String path = "/apis/apps/v1/namespaces/s/deployments";
        engine.post(path, """
                {"metadata":{"name":"d"},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"b"}},
                 "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[
                  {"name":"c","image":"i"}]}}}}""").requireCode(201);
        String scale = """
                {"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"d"},
                 "spec":{"replicas":3}}""";
        assertThat(engine.apply(path + "/d/scale?fieldManager=hpa", scale).requireCode(409)
                .message()).contains("Apply failed with 1 conflict").contains(".spec.replicas");
        assertThat(engine.apply(path + "/d/scale?fieldManager=hpa&force=true", scale)
                .requireCode(200).json().path("kind").asText()).isEqualTo("Scale");
        com.fasterxml.jackson.databind.JsonNode deployment = engine.get(path + "/d").json();
        assertThat(deployment.path("spec").path("replicas").asInt()).isEqualTo(3);
        com.fasterxml.jackson.databind.JsonNode entry = engine.get(path + "/d").json()
                .path("metadata").path("managedFields").path(0);
        assertThat(entry.path("manager").asText()).isEqualTo("hpa");
        assertThat(entry.path("subresource").asText()).isEqualTo("scale");
        assertThat(entry.path("fieldsV1").toString())
                .isEqualTo("{\"f:spec\":{\"f:replicas\":{}}}");
    }

    @Test
    void status_applied_ownsNothingElse() {
        EngineFixture engine = new EngineFixture();
        engine.namespace("s");
        String path = "/api/v1/namespaces/s/services";
        engine.post(path, """
                {"metadata":{"name":"s"},"spec":{"ports":[{"port":80}]}}""").requireCode(201);
        engine.apply(path + "/s/status?fieldManager=lb", """
                {"apiVersion":"v1","kind":"Service","metadata":{"name":"s","labels":{"x":"y"}},
                 "spec":{"sessionAffinity":"ClientIP"},
                 "status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}""").requireCode(200);
        com.fasterxml.jackson.databind.JsonNode service = engine.get(path + "/s").json();
        assertThat(service.path("status").toString()).contains("192.0.2.1");
        assertThat(service.path("spec").path("sessionAffinity").asText()).isEqualTo("None");
        assertThat(service.path("metadata").path("managedFields").path(0).path("fieldsV1")
                .toString()).doesNotContain("f:spec").doesNotContain("f:labels")
                .contains("f:loadBalancer");
    }

    private static final String LAST = "kubectl.kubernetes.io/last-applied-configuration";

    /** As a first {@code kubectl apply} does, which keeps what it applied in an annotation. */
    private void applyOnTheClientsSide(String config) {
        com.fasterxml.jackson.databind.node.ObjectNode object = (com.fasterxml.jackson.databind.node.ObjectNode) EngineFixture
                .parse(config);
        object.withObjectProperty("metadata").withObjectProperty("annotations").put(LAST, config);
        api.post(
                "/apis/apps/v1/namespaces/default/deployments?fieldManager=kubectl-client-side-apply",
                object.toString()).requireCode(201);
    }

    private JsonNode deployment() {
        return api.get(DEPLOYMENT).json();
    }

    @Test
    void kubectl_fromClientToServerSide_conflictsNotWithItself() {
        applyOnTheClientsSide(deployment("'replicas':2,", "{'name':'c','image':'i:1'}"));
        String config = deployment("'replicas':3,", "{'name':'c','image':'i:2'}");
        assertThat(api.apply(DEPLOYMENT + "?fieldManager=other", config).code()).isEqualTo(409);
        api.apply(DEPLOYMENT + "?fieldManager=kubectl", config).requireCode(200);
        assertThat(deployment().at("/spec/template/spec/containers/0/image").asText())
                .isEqualTo("i:2");
        String last = deployment().path("metadata").path("annotations").path(LAST).asText();
        assertThat(EngineFixture.parse(last)).isEqualTo(EngineFixture.parse(config));
        assertThat(last).startsWith("{\"apiVersion\":").endsWith("}\n");
        assertThat(deployment().path("metadata").path("managedFields").get(0).path("manager")
                .asText()).isEqualTo("kubectl");
        String version = deployment().path("metadata").path("resourceVersion").asText();
        api.apply(DEPLOYMENT + "?fieldManager=kubectl", config).requireCode(200);
        assertThat(deployment().path("metadata").path("resourceVersion").asText())
                .isEqualTo(version);
    }

    @Test
    void kubectl_serverSide_conflictsWithWhatAnotherChangedSince() {
        applyOnTheClientsSide(deployment("'replicas':2,", "{'name':'c','image':'i:1'}"));
        api.patch(DEPLOYMENT + "?fieldManager=scaler", "merge-patch", "{\"spec\":{\"replicas\":5}}")
                .requireCode(200);
        Answer answer = api.apply(DEPLOYMENT + "?fieldManager=kubectl",
                deployment("'replicas':3,", "{'name':'c','image':'i:2'}")).requireCode(409);
        assertThat(answer.message()).isEqualTo("Apply failed with 1 conflict: conflict with "
                + "\"scaler\" using apps/v1: .spec.replicas");
        assertThat(deployment().at("/spec/template/spec/containers/0/image").asText())
                .isEqualTo("i:1");
    }

    @Test
    void kubectl_serverSideOnly_getsNoAnnotation() {
        api.apply(DEPLOYMENT + "?fieldManager=kubectl",
                deployment("'replicas':2,", "{'name':'c','image':'i:1'}")).requireCode(201);
        assertThat(deployment().path("metadata").has("annotations")).isFalse();
    }
}

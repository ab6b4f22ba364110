package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.engine.EngineFixture.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiEngineTest {
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";
    private final EngineFixture api = new EngineFixture();

    @BeforeEach
    void makeNamespace() {
        api.namespace("default");
    }

    @Test
    void create_configMap_isStoredWithSystemFields() {
        Answer created = api.post(MAPS,
                "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\","
                        + "\"uid\":\"mine\",\"labels\":{\"x\":\"1\"}},\"data\":{\"k\":\"v\"}}")
                .requireCode(201);
        JsonNode metadata = created.json().path("metadata");
        assertThat(metadata.path("namespace").asText()).isEqualTo("default");
        assertThat(metadata.path("uid").asText()).hasSize(36).isNotEqualTo("mine");
        assertThat(metadata.path("resourceVersion").asLong()).isGreaterThan(0);
        assertThat(metadata.path("creationTimestamp").asText()).matches("2026-01-01T00:00:0.Z");
        JsonNode owner = metadata.path("managedFields").get(0);
        assertThat(owner.path("manager").asText()).isEqualTo("test");
        assertThat(owner.path("operation").asText()).isEqualTo("Update");
        assertThat(owner.path("fieldsV1").toString()).isEqualTo("{\"f:data\":{\".\":{},\"f:k\":{}},"
                + "\"f:metadata\":{\"f:labels\":{\".\":{},\"f:x\":{}}}}");
        assertThat(api.get(MAPS + "/a").text()).isEqualTo(created.text());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "POST|" + MAPS
                    + "|{\"metadata\":{\"name\":\"a\"}}|409|AlreadyExists|configmaps \"a\" already exists",
            "POST|" + MAPS
                    + "|{\"metadata\":{\"name\":\"b\",\"namespace\":\"other\"}}|400|BadRequest|the namespace of the provided object does not match the namespace sent on the request",
            "POST|/api/v1/namespaces/none/configmaps|{\"metadata\":{\"name\":\"b\"}}|404|NotFound|namespaces \"none\" not found",
            "POST|" + MAPS
                    + "|{\"kind\":\"ConfigMap\",\"apiVersion\":\"v2\",\"metadata\":{\"name\":\"b\"}}|400|BadRequest|the API version in the data (v2) does not match the expected API version (v1)",
            "POST|" + MAPS
                    + "|{\"metadata\":{\"name\":\"b\",\"resourceVersion\":\"7\"}}|400|BadRequest|resourceVersion should not be set on objects to be created",
            "POST|" + MAPS
                    + "|[1]|400|BadRequest|the object provided is unrecognized (must be of type ConfigMap): it is no JSON object",
            "GET|" + MAPS + "/zz||404|NotFound|configmaps \"zz\" not found",
            "GET|/api/v1/cakes||404|NotFound|the server could not find the requested resource",
            "GET|/apis/apps/v2/deployments||404|NotFound|the server could not find the requested resource",
            "POST|/api/v1/configmaps|{}|405|MethodNotAllowed|the server does not allow this method on the requested resource",
            "PUT|" + MAPS
                    + "/a|{\"metadata\":{\"name\":\"b\"}}|400|BadRequest|the name of the object (b) does not match the name on the URL (a)",
            "PUT|" + MAPS
                    + "/a|{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"7\"}}|409|Conflict|Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again",
            "PUT|" + MAPS + "/a|{\"metadata\":{\"name\":\"a\",\"uid\":\"x\"}}|409|Conflict|",
            "PUT|" + MAPS
                    + "/q|{\"metadata\":{\"name\":\"q\"}}|404|NotFound|configmaps \"q\" not found",
            "DELETE|" + MAPS + "/q||404|NotFound|configmaps \"q\" not found",
            "GET|" + MAPS + "?labelSelector=a in|| 400|BadRequest|",
            "GET|" + MAPS
                    + "?fieldSelector=data.x=1||400|BadRequest|field label not supported: data.x",
            "GET|" + MAPS + "?continue=junk||400|BadRequest|",
            "GET|" + MAPS + "?resourceVersionMatch=Exact||422|Invalid|",
            "GET|" + MAPS
                    + "?resourceVersion=9000000000000000000||504|Timeout|",
            "GET|" + MAPS + "/a/status||404|NotFound|",
            "POST|" + MAPS + "?dryRun=Some|{\"metadata\":{\"name\":\"b\"}}|422|Invalid|",
            "POST|" + MAPS + "?fieldValidation=Loud|{\"metadata\":{\"name\":\"b\"}}|422|Invalid|"})
    void handle_badRequest_saysWhy(String method, String path,
            @org.jspecify.annotations.Nullable String body, int code,
            String reason, @org.jspecify.annotations.Nullable String message) {
        api.post(MAPS, "{\"metadata\":{\"name\":\"a\"}}").requireCode(201);
        Answer answer = api.send(method, path, "", body == null ? "" : body).requireCode(code);
        assertThat(answer.reason()).isEqualTo(reason);
        assertThat(answer.json().path("kind").asText()).isEqualTo("Status");
        assertThat(answer.json().path("code").asInt()).isEqualTo(code);
        if (message != null) {
            assertThat(answer.message()).isEqualTo(message);
        }
    }

    @Test
    void create_generateName_drawsNames() {
        String body = "{\"metadata\":{\"generateName\":\"a-\"}}";
        String first = api.post(MAPS, body).requireCode(201).json().path("metadata").path("name")
                .asText();
        String second = api.post(MAPS, body).requireCode(201).json().path("metadata").path("name")
                .asText();
        assertThat(first).matches("a-[bcdfghjklmnpqrstvwxz2456789]{5}").isNotEqualTo(second);
    }

    @Test
    void create_dryRun_keepsNothing() {
        api.post(MAPS + "?dryRun=All", "{\"metadata\":{\"name\":\"a\"}}").requireCode(201);
        api.get(MAPS + "/a").requireCode(404);
    }

    @Test
    void update_sameContent_keepsVersion() {
        String created = api.post(MAPS, "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"1\"}}")
                .requireCode(201).text();
        assertThat(api.put(MAPS + "/a", created).requireCode(200).text()).isEqualTo(created);
        api.put(MAPS + "/a", created.replace("\"k\":\"1\"", "\"k\":\"2\"")).requireCode(200);
        api.put(MAPS + "/a", created.replace("\"k\":\"1\"", "\"k\":\"3\"")).requireCode(409);
        assertThat(api.get(MAPS + "/a").json().path("data").path("k").asText()).isEqualTo("2");
    }

    @Test
    void update_lease_needsVersionAndCreates() {
        String path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l";
        String body = "{\"metadata\":{\"name\":\"l\"},\"spec\":{\"holderIdentity\":\"me\"}}";
        api.put(path, body).requireCode(201);
        assertThat(api.put(path, body).requireCode(422).message()).contains(
                "metadata.resourceVersion: Invalid value: 0: must be specified for an update");
    }

    @Test
    void delete_configMap_isStatusOfSuccess() {
        JsonNode created = api.post(MAPS, "{\"metadata\":{\"name\":\"a\"}}").json();
        JsonNode status = api.delete(MAPS + "/a").requireCode(200).json();
        assertThat(status.path("status").asText()).isEqualTo("Success");
        assertThat(status.path("details").toString()).isEqualTo("{\"name\":\"a\",\"kind\":"
                + "\"configmaps\",\"uid\":\"" + created.path("metadata").path("uid").asText()
                + "\"}");
        api.get(MAPS + "/a").requireCode(404);
    }

    @Test
    void delete_finalizer_waitsForItsRemoval() {
        api.post(MAPS, "{\"metadata\":{\"name\":\"a\",\"finalizers\":[\"x.io/f\"]}}")
                .requireCode(201);
        JsonNode marked = api.delete(MAPS + "/a").requireCode(200).json();
        assertThat(marked.path("metadata").path("deletionTimestamp").asText()).isNotEmpty();
        assertThat(api.patch(MAPS + "/a", "merge-patch",
                "{\"metadata\":{\"finalizers\":[\"x.io/f\",\"y.io/g\"]}}").requireCode(422)
                .message())
                .contains("Forbidden: no new finalizers can be added if the object is being "
                        + "deleted, found new finalizers []string{\"y.io/g\"}");
        api.patch(MAPS + "/a", "merge-patch", "{\"metadata\":{\"finalizers\":null}}")
                .requireCode(200);
        api.get(MAPS + "/a").requireCode(404);
    }

    @Test
    void delete_wrongPrecondition_isConflict() {
        api.post(MAPS, "{\"metadata\":{\"name\":\"a\"}}").requireCode(201);
        Answer answer = api.send("DELETE", MAPS + "/a", "application/json",
                "{\"preconditions\":{\"uid\":\"other\"}}").requireCode(409);
        assertThat(answer.message()).contains("the UID in the precondition (other) does not match");
        api.send("DELETE", MAPS + "/a", "application/json",
                "{\"propagationPolicy\":\"Background\",\"orphanDependents\":true}")
                .requireCode(422);
        api.send("DELETE", MAPS + "/a", "application/json",
                "{\"propagationPolicy\":\"Foreground\"}").requireCode(200);
        assertThat(api.get(MAPS + "/a").json().path("metadata").path("finalizers").toString())
                .isEqualTo("[\"foregroundDeletion\"]");
    }

    @Test
    void delete_namespace_terminatesAndRefusesNewObjects() {
        api.namespace("gone");
        JsonNode marked = api.delete("/api/v1/namespaces/gone").requireCode(200).json();
        assertThat(marked.path("status").path("phase").asText()).isEqualTo("Terminating");
        Answer refused = api.post("/api/v1/namespaces/gone/configmaps",
                "{\"metadata\":{\"name\":\"a\"}}").requireCode(403);
        assertThat(refused.json().path("details").path("causes").get(0).path("reason").asText())
                .isEqualTo("NamespaceTerminating");
        api.put("/api/v1/namespaces/gone/finalize",
                "{\"metadata\":{\"name\":\"gone\"},\"spec\":{}}").requireCode(200);
        api.get("/api/v1/namespaces/gone").requireCode(404);
    }

    @Test
    void deleteCollection_selector_takesOnlySelected() {
        for (String name : new String[]{"a", "b", "c"}) {
            api.post(MAPS, "{\"metadata\":{\"name\":\"" + name + "\",\"labels\":{\"n\":\"" + name
                    + "\"}}}").requireCode(201);
        }
        JsonNode deleted = api.delete(MAPS + "?labelSelector=n!=b").requireCode(200).json();
        assertThat(deleted.path("items").size()).isEqualTo(2);
        assertThat(api.get(MAPS).json().path("items").findValuesAsText("name"))
                .containsExactly("b");
    }

    @Test
    void get_yaml_isYaml() {
        api.post(MAPS, "{\"metadata\":{\"name\":\"a\"},\"data\":{\"k\":\"1\"}}").requireCode(201);
        Answer answer = api.read(api.answer("GET", MAPS + "/a",
                java.util.Map.of("accept", "application/yaml"), ""));
        assertThat(answer.text()).startsWith("kind: ConfigMap\n").contains("data:\n  k: \"1\"\n");
        api.send("PUT", MAPS + "/a", "application/yaml", answer.text().replace("\"1\"", "\"2\""))
                .requireCode(200);
        assertThat(api.get(MAPS + "/a").json().path("data").path("k").asText()).isEqualTo("2");
    }

    @Test
    void version_and_health_answer() {
        assertThat(api.get("/version").requireCode(200).json().path("minor").asText())
                .isEqualTo("34");
        assertThat(api.get("/readyz").requireCode(200).text()).isEqualTo("ok");
        assertThat(api.get("/livez?verbose").text()).isEqualTo("[+]ping ok\nlivez check passed\n");
        assertThat(api.get("/").json().path("paths").size()).isGreaterThan(3);
        api.get("/nothing").requireCode(404);
    }

    @Test
    void reviews_selfSubject_nameTheUser() {
        JsonNode review = api
                .post("/apis/authentication.k8s.io/v1/selfsubjectreviews", "{\"metadata\":{}}")
                .requireCode(201).json();
        assertThat(review.path("status").path("userInfo").path("username").asText())
                .isEqualTo("admin");
        assertThat(api.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                "{\"spec\":{\"resourceAttributes\":{\"verb\":\"get\"}}}").requireCode(201).json()
                .path("status").path("allowed").asBoolean()).isTrue();
    }
}

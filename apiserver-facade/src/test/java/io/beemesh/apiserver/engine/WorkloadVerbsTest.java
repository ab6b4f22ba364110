package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.engine.EngineFixture.Answer;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.apiserver.request.ApiResponse.PodStreamRequest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pods, their actions and streams, and the scale of workloads. */
class WorkloadVerbsTest {
    private static final String PODS = "/api/v1/namespaces/default/pods";
    private static final String SETS = "/apis/apps/v1/namespaces/default/replicasets";
    private final EngineFixture api = new EngineFixture();

    @BeforeEach
    void makeNamespace() {
        api.namespace("default");
    }

    private void pod(String name, String containers) {
        api.post(PODS, ("{'metadata':{'name':'" + name + "'},'spec':{'containers':[" + containers
                + "]}}").replace('\'', '"')).requireCode(201);
    }

    private void bind(String name) {
        api.post(PODS + "/" + name + "/binding", "{\"metadata\":{\"name\":\"" + name
                + "\"},\"target\":{\"kind\":\"Node\",\"name\":\"n1\"}}").requireCode(201);
    }

    @Test
    void bind_twice_isConflict() {
        pod("p", "{'name':'c','image':'i'}");
        bind("p");
        JsonNode pod = api.get(PODS + "/p").json();
        assertThat(pod.path("spec").path("nodeName").asText()).isEqualTo("n1");
        assertThat(pod.path("status").path("conditions").toString()).contains("PodScheduled");
        assertThat(api.post(PODS + "/p/binding",
                "{\"metadata\":{\"name\":\"p\"},\"target\":{\"name\":\"n2\"}}").requireCode(409)
                .message()).isEqualTo("Operation cannot be fulfilled on pods/binding \"p\": pod p "
                        + "is already assigned to node \"n1\"");
    }

    @Test
    void delete_boundPod_getsGrace() {
        pod("p", "{'name':'c','image':'i'}");
        bind("p");
        JsonNode marked = api.delete(PODS + "/p").requireCode(200).json();
        assertThat(marked.path("kind").asText()).isEqualTo("Pod");
        assertThat(marked.path("metadata").path("deletionGracePeriodSeconds").asInt())
                .isEqualTo(30);
        assertThat(marked.path("metadata").path("generation").asInt()).isEqualTo(2);
        api.delete(PODS + "/p?gracePeriodSeconds=0").requireCode(200);
        api.get(PODS + "/p").requireCode(404);
        pod("q", "{'name':'c','image':'i'}");
        api.delete(PODS + "/q").requireCode(200);
        api.get(PODS + "/q").requireCode(404);
    }

    @Test
    void evict_pod_marksWhy() {
        pod("p", "{'name':'c','image':'i'}");
        bind("p");
        String eviction = "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{"
                + "\"name\":\"p\"}}";
        assertThat(api.post(PODS + "/p/eviction", eviction).requireCode(201).json().path("status")
                .asText()).isEqualTo("Success");
        assertThat(api.get(PODS + "/p").json().path("status").path("conditions").toString())
                .contains("DisruptionTarget").contains("EvictionByEvictionAPI");
        api.post(PODS + "/p/eviction", eviction.replace("\"p\"", "\"x\"")).requireCode(400);
    }

    @Test
    void list_fieldSelector_readsTheIndex() {
        pod("p", "{'name':'c','image':'i'}");
        pod("q", "{'name':'c','image':'i'}");
        bind("q");
        assertThat(names("?fieldSelector=spec.nodeName=n1,status.phase!=Failed"))
                .containsExactly("q");
        assertThat(names("?fieldSelector=metadata.name=p")).containsExactly("p");
        assertThat(names("?fieldSelector=spec.hostNetwork=false")).containsExactly("p", "q");
    }

    private List<String> names(String query) {
        return api.get(PODS + query).json().path("items").valueStream()
                .map(i -> i.path("metadata").path("name").asText()).toList();
    }

    @Test
    void ephemeralContainers_areOnlyAdded() {
        pod("p", "{'name':'c','image':'i'}");
        String add = "{\"spec\":{\"ephemeralContainers\":[{\"name\":\"e\",\"image\":\"busybox\"}]}}";
        JsonNode after = api.patch(PODS + "/p/ephemeralcontainers", "strategic-merge-patch", add)
                .requireCode(200).json();
        assertThat(after.path("spec").path("ephemeralContainers").size()).isEqualTo(1);
        assertThat(api.patch(PODS + "/p/ephemeralcontainers", "strategic-merge-patch",
                add.replace("busybox", "other")).requireCode(422).message())
                .contains("existing ephemeral containers \"e\" may not be changed");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "one/log|400|pod one does not have a host assigned",
            "two/log|400|a container name must be specified for pod two, choose one of: [a b]",
            "one/log?container=zz|400|container zz is not valid for pod one",
            "one/log?tailLines=x|400|invalid value \"x\" of tailLines: must be a number",
            "one/log?tailLines=-1|422|PodLogOptions \"one\" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0",
            "one/exec?stdout=1|400|you must specify at least one command for the container",
            "one/exec?command=ls|400|you must specify at least 1 of stdin, stdout, stderr",
            "none/log|404|pods \"none\" not found"})
    void podStream_wrong_saysWhy(String path, int code, String message) {
        pod("one", "{'name':'a','image':'i'}");
        pod("two", "{'name':'a','image':'i'},{'name':'b','image':'i'}");
        Answer answer = api.get(PODS + "/" + path).requireCode(code);
        assertThat(answer.message()).isEqualTo(message);
    }

    @Test
    void podStream_log_namesTheContainer() {
        pod("p", "{'name':'a','image':'i'}");
        bind("p");
        ApiResponse.PodStreaming answer = (ApiResponse.PodStreaming) api.answer("GET",
                PODS + "/p/log?follow=true&tailLines=5", Map.of("accept", "text/plain"), "");
        PodStreamRequest.Log log = (PodStreamRequest.Log) answer.request();
        assertThat(log.request().container()).isEqualTo("a");
        assertThat(log.request().follow()).isTrue();
        assertThat(log.request().tailLines()).contains(5L);
        api.post(PODS + "/p/log", "").requireCode(405);
    }

    @Test
    void scale_mergePatch_setsReplicas() {
        api.post(SETS, ("{'metadata':{'name':'s'},'spec':{'replicas':1,'selector':{'matchLabels':{"
                + "'a':'b'}},'template':{'metadata':{'labels':{'a':'b'}},'spec':{'containers':["
                + "{'name':'c','image':'i'}]}}}}").replace('\'', '"')).requireCode(201);
        JsonNode scale = api.patch(SETS + "/s/scale", "merge-patch", "{\"spec\":{\"replicas\":3}}")
                .requireCode(200).json();
        assertThat(scale.path("kind").asText()).isEqualTo("Scale");
        assertThat(scale.path("spec").path("replicas").asInt()).isEqualTo(3);
        assertThat(scale.path("status").path("selector").asText()).isEqualTo("a=b");
        assertThat(api.get(SETS + "/s").json().path("metadata").path("generation").asInt())
                .isEqualTo(2);
        api.put(SETS + "/s/scale", scale.toString().replace("\"replicas\":3", "\"replicas\":4"))
                .requireCode(200);
        api.put(SETS + "/s/scale", scale.toString().replace("\"replicas\":3", "\"replicas\":5"))
                .requireCode(409);
        api.patch(SETS + "/s/scale", "merge-patch", "{\"spec\":{\"replicas\":-1}}")
                .requireCode(422);
    }

    @Test
    void status_update_touchesOnlyStatus() {
        pod("p", "{'name':'c','image':'i'}");
        String changed = api.get(PODS + "/p").text().replace("\"phase\":\"Pending\"",
                "\"phase\":\"Running\"").replace("\"image\":\"i\"", "\"image\":\"j\"");
        JsonNode after = api.put(PODS + "/p/status", changed).requireCode(200).json();
        assertThat(after.path("status").path("phase").asText()).isEqualTo("Running");
        assertThat(after.path("spec").path("containers").get(0).path("image").asText())
                .isEqualTo("i");
        assertThat(after.path("metadata").path("managedFields").get(1).path("subresource").asText())
                .isEqualTo("status");
    }

    @Test
    void fieldValidation_unknownField_isSaid() {
        String body = "{\"metadata\":{\"name\":\"m\"},\"data\":{\"a\":\"1\"},\"foo\":1}";
        String path = "/api/v1/namespaces/default/configmaps";
        assertThat(api.post(path + "?fieldValidation=Strict", body).requireCode(400).message())
                .endsWith("strict decoding error: unknown field \"foo\"");
        Answer warned = api.post(path, body).requireCode(201);
        assertThat(warned.response().headers().get("Warning"))
                .containsExactly("299 - \"unknown field \\\"foo\\\"\"");
        assertThat(warned.json().has("foo")).isFalse();
        assertThat(api.patch(path + "/m?fieldValidation=Strict", "merge-patch", "{\"bar\":1}")
                .requireCode(422).message()).contains("unknown field \"bar\"");
        assertThat(api.post(path, "{\"metadata\":{\"name\":\"n\"},\"data\":7}").requireCode(400)
                .message()).startsWith("ConfigMap in version \"v1\" cannot be handled as a "
                        + "ConfigMap: json: cannot unmarshal number into Go struct field");
    }
}

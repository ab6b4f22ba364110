package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.apiserver.engine.EngineFixture.Answer;
import io.beemesh.apiserver.request.ApiResponse;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProxyVerbTest {
    private static final String BASE = "/api/v1/namespaces/default/";
    private final EngineFixture fixture = new EngineFixture();

    @BeforeEach
    void makePodAndService() {
        fixture.namespace("default");
        fixture.post(BASE + "pods", """
                {"metadata":{"name":"p"},"spec":{"nodeName":"n","containers":[
                {"name":"c","image":"i","ports":[{"containerPort":8080}]}]}}
                """).requireCode(201);
        fixture.post(BASE + "services", """
                {"metadata":{"name":"web"},"spec":{"ports":[{"name":"http","port":80}]}}
                """).requireCode(201);
    }

    private void endpoint(boolean ready) {
        fixture.post("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", """
                {"metadata":{"name":"web-1","labels":{"kubernetes.io/service-name":"web"}},
                "addressType":"IPv4","ports":[{"name":"http","port":8080,"protocol":"TCP"}],
                "endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":%s},
                "targetRef":{"kind":"Pod","name":"p","namespace":"default","uid":"u"}}]}
                """.formatted(ready)).requireCode(201);
    }

    private String target(String path) {
        ApiResponse.PodProxying found = (ApiResponse.PodProxying) fixture.answer("GET",
                BASE + path, Map.of(), "");
        return found.pod().name() + ":" + found.port();
    }

    @Test
    void pod_isReachedOnTheAskedPort_orItsFirst() {
        assertThat(target("pods/p/proxy/x")).isEqualTo("p:8080");
        assertThat(target("pods/p:81/proxy")).isEqualTo("p:81");
        assertThat(target("pods/http:p:82/proxy/")).isEqualTo("p:82");
        assertThat(fixture.get(BASE + "pods/p:x/proxy").code()).isEqualTo(400);
        assertThat(fixture.get(BASE + "pods/https:p:82/proxy").code()).isEqualTo(400);
        assertThat(fixture.get(BASE + "pods/ftp:p:82/proxy").code()).isEqualTo(400);
        assertThat(fixture.get(BASE + "pods/none/proxy").code()).isEqualTo(404);
    }

    @Test
    void service_leadsToAReadyPod() {
        endpoint(true);
        assertThat(target("services/web/proxy/")).isEqualTo("p:8080");
        assertThat(target("services/web:http/proxy/")).isEqualTo("p:8080");
        assertThat(target("services/web:80/proxy/")).isEqualTo("p:8080");
        assertThat(fixture.get(BASE + "services/web:81/proxy/").code()).isEqualTo(503);
    }

    @Test
    void service_withoutReadyPods_is503() {
        endpoint(false);
        Answer answer = fixture.get(BASE + "services/web/proxy/");
        assertThat(answer.code()).isEqualTo(503);
        assertThat(answer.message()).contains("no endpoints available for service \"web\"");
    }
}

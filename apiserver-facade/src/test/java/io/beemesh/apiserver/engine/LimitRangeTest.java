package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.admission.ControllerAdmission;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.registry.Admission.RejectedException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class LimitRangeTest {
    private static final String SHOP = "/api/v1/namespaces/shop/";
    private final EngineFixture api = EngineFixture.withNamespaceForPods("shop");

    private void limit(String item) {
        api.post(SHOP + "limitranges", "{\"metadata\":{\"name\":\"limits\"},\"spec\":{\"limits\":["
                + item + "]}}").requireCode(201);
    }

    private EngineFixture.Answer pod(String name, String resources, String more) {
        return api.post(SHOP + "pods", "{\"metadata\":{\"name\":\"" + name
                + "\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"x\",\"resources\":"
                + resources + "}]" + more + "}}");
    }

    @Test
    void containers_getWhatTheyLeaveOut() {
        limit("{\"type\":\"Container\",\"default\":{\"cpu\":\"500m\",\"memory\":\"1Gi\"},"
                + "\"defaultRequest\":{\"cpu\":\"100m\"}}");
        JsonNode pod = pod("p", "{\"limits\":{\"memory\":\"64Mi\"}}",
                ",\"initContainers\":[{\"name\":\"i\",\"image\":\"x\"}]").requireCode(201).json();
        assertThat(pod.path("spec").path("containers").path(0).path("resources").toString())
                .isEqualTo("{\"limits\":{\"memory\":\"64Mi\",\"cpu\":\"500m\"},"
                        + "\"requests\":{\"memory\":\"64Mi\",\"cpu\":\"100m\"}}");
        assertThat(pod.path("metadata").path("annotations").path("kubernetes.io/limit-ranger")
                .asText()).isEqualTo("LimitRanger plugin set: cpu request for container c; cpu "
                        + "limit for container c; cpu, memory request for init container i; cpu, "
                        + "memory limit for init container i");
        assertThat(pod.path("status").path("qosClass").asText()).isEqualTo("Burstable");
    }

    @Test
    void containersAndPods_keepWithinBounds() {
        limit("{\"type\":\"Container\",\"min\":{\"cpu\":\"50m\"},\"max\":{\"memory\":\"128Mi\"},"
                + "\"maxLimitRequestRatio\":{\"memory\":\"2\"}},"
                + "{\"type\":\"Pod\",\"max\":{\"memory\":\"200Mi\"}}");
        assertThat(pod("p", "{\"requests\":{\"cpu\":\"10m\",\"memory\":\"32Mi\"},\"limits\":"
                + "{\"memory\":\"1Gi\"}}", "").requireCode(403).message())
                .isEqualTo("pods \"p\" is forbidden: [minimum cpu usage per Container is 50m, but "
                        + "request is 10m, maximum memory usage per Container is 128Mi, but limit is "
                        + "1Gi, memory max limit to request ratio per Container is 2, but provided "
                        + "ratio is 32.000000, maximum memory usage per Pod is 200Mi, but limit is "
                        + "1Gi]");
        String fits = "{\"requests\":{\"cpu\":\"50m\",\"memory\":\"64Mi\"},\"limits\":"
                + "{\"memory\":\"128Mi\"}}";
        pod("q", fits, "").requireCode(201);
        assertThat(pod("r", fits, ",\"initContainers\":[{\"name\":\"side\",\"image\":\"x\","
                + "\"restartPolicy\":\"Always\",\"resources\":" + fits + "}]").requireCode(403)
                .message()).endsWith("maximum memory usage per Pod is 200Mi, but limit is 256Mi");
        pod("s", fits, ",\"initContainers\":[{\"name\":\"first\",\"image\":\"x\",\"resources\":"
                + fits + "}]").requireCode(201);
    }

    @Test
    void claims_keepWithinBounds() {
        limit("{\"type\":\"PersistentVolumeClaim\",\"min\":{\"storage\":\"1Gi\"},\"max\":"
                + "{\"storage\":\"2Gi\"}}");
        for (String size : List.of("500Mi", "3Gi")) {
            assertThat(api.post(SHOP + "persistentvolumeclaims", claim(size)).requireCode(403)
                    .message()).contains("usage per PersistentVolumeClaim is",
                            "but request is " + size);
        }
        api.post(SHOP + "persistentvolumeclaims", claim("2Gi")).requireCode(201);
    }

    private static String claim(String size) {
        return "{\"metadata\":{\"name\":\"c\"},\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],"
                + "\"resources\":{\"requests\":{\"storage\":\"" + size + "\"}}}}";
    }

    @Test
    void controllersPods_areBoundToo_andDeletedRangesToNothing() throws RejectedException {
        limit("{\"type\":\"Container\",\"max\":{\"cpu\":\"1\"}}");
        ControllerAdmission controllers = new ControllerAdmission(api.catalog, api.registry,
                api.simulation.newRandom(), api.loop::wallTime);
        api.loop.run(controllers::start);
        assertThatThrownBy(() -> controllers.prepareCreate(GroupResource.PODS, template()))
                .isInstanceOf(RejectedException.class).hasMessageContaining(
                        "pods \"p\" is forbidden: maximum cpu usage per Container is 1, but limit "
                                + "is 2");
        api.delete(SHOP + "limitranges/limits").requireCode(200);
        ApiObject pod = template();
        controllers.prepareCreate(GroupResource.PODS, pod);
        assertThat(pod.tree().path("status").path("qosClass").asText()).isEqualTo("Burstable");
    }

    private static ApiObject template() {
        return ApiObject.parse(("{\"metadata\":{\"name\":\"p\",\"namespace\":\"shop\"},\"spec\":"
                + "{\"containers\":[{\"name\":\"c\",\"image\":\"x\",\"resources\":{\"limits\":"
                + "{\"cpu\":\"2\"}}}]}}").getBytes(StandardCharsets.UTF_8));
    }
}

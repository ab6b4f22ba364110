package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion.Options;
import io.beemesh.machine.object.GroupResource;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EndpointReconcilerTest {
    private final World world = new World(9);

    private void pod(String name) {
        world.apply(GroupResource.PODS, """
                {"kind":"Pod","apiVersion":"v1","metadata":{"name":"%s","labels":{"app":"x"}},
                 "spec":{"containers":[{"name":"c","image":"a","ports":[
                  {"name":"web","containerPort":8080}]}]}}""".formatted(name));
    }

    private void service(String more) {
        world.apply(GroupResource.SERVICES, """
                {"kind":"Service","apiVersion":"v1","metadata":{"name":"s"},"spec":{%s
                 "ports":[{"name":"http","port":80,"targetPort":"web","protocol":"TCP"}]}}"""
                .formatted(more));
        world.run(Duration.ofSeconds(5));
    }

    private List<ApiObject> slices() {
        return world.list(GroupResource.ENDPOINT_SLICES).stream()
                .filter(slice -> !slice.name().equals(ApiServiceReconciler.NAME)).toList();
    }

    private ApiObject slice() {
        List<ApiObject> slices = slices();
        assertThat(slices).hasSize(1);
        return slices.getFirst();
    }

    private ApiObject endpoints() {
        return world.get(GroupResource.ENDPOINTS, "s");
    }

    @Test
    void readyPods_areEndpoints_withTheNamedPort() {
        pod("p");
        service("\"selector\":{\"app\":\"x\"},");

        JsonNode endpoint = slice().tree().path("endpoints").path(0);
        assertThat(endpoint.path("conditions").toString())
                .isEqualTo("{\"ready\":true,\"serving\":true,\"terminating\":false}");
        assertThat(endpoint.path("targetRef").path("name").asText("")).isEqualTo("p");
        assertThat(slice().tree().path("ports").path(0).path("port").asInt()).isEqualTo(8080);
        assertThat(slice().labels()).containsEntry("kubernetes.io/service-name", "s")
                .containsEntry("endpointslice.kubernetes.io/managed-by",
                        "endpointslice-controller.k8s.io");
        JsonNode subset = endpoints().tree().path("subsets").path(0);
        assertThat(subset.path("addresses")).hasSize(1);
        assertThat(subset.path("ports").path(0).path("port").asInt()).isEqualTo(8080);
    }

    @Test
    void unreadyPod_isNotReady_unlessPublished() {
        pod("p");
        service("\"selector\":{\"app\":\"x\"},");
        world.loop.run(() -> world.kubelet.setReady(World.key(GroupResource.PODS, "p"), false));
        world.run(Duration.ofSeconds(1));
        assertThat(slice().tree().at("/endpoints/0/conditions/ready").asBoolean()).isFalse();
        assertThat(endpoints().tree().at("/subsets/0/notReadyAddresses")).hasSize(1);
        service("\"selector\":{\"app\":\"x\"},\"publishNotReadyAddresses\":true,");

        assertThat(slice().tree().at("/endpoints/0/conditions/ready").asBoolean()).isTrue();
        assertThat(endpoints().tree().at("/subsets/0/addresses")).hasSize(1);
    }

    @Test
    void endingPod_servesUntilItIsGone_butIsNotReady() {
        pod("p");
        service("\"selector\":{\"app\":\"x\"},");
        world.delete(World.key(GroupResource.PODS, "p"), Options.DEFAULT);
        world.run(Duration.ofMillis(50));
        assertThat(slice().tree().at("/endpoints/0/conditions").toString())
                .isEqualTo("{\"ready\":false,\"serving\":true,\"terminating\":true}");
        world.run(Duration.ofSeconds(5));

        assertThat(slice().tree().path("endpoints")).isEmpty();
        assertThat(endpoints().tree().has("subsets")).isFalse();
    }

    @Test
    void endpointsOfAServiceWithoutSelector_areMirrored() {
        service("");
        world.apply(GroupResource.ENDPOINTS, """
                {"kind":"Endpoints","apiVersion":"v1","metadata":{"name":"s"},"subsets":[
                 {"addresses":[{"ip":"1.2.3.4"}],"ports":[{"port":9}]}]}""");
        world.run(Duration.ofSeconds(1));

        assertThat(slice().tree().at("/endpoints/0/addresses/0").asText()).isEqualTo("1.2.3.4");
        assertThat(slice().labels()).containsEntry("endpointslice.kubernetes.io/managed-by",
                "endpointslicemirroring-controller.k8s.io");
    }

    @Test
    void deletedService_takesItsEndpoints() {
        pod("p");
        service("\"selector\":{\"app\":\"x\"},");
        world.delete(World.key(GroupResource.SERVICES, "s"), Options.DEFAULT);
        world.run(Duration.ofSeconds(1));

        assertThat(slices()).isEmpty();
        assertThat(world.find(GroupResource.ENDPOINTS, "s")).isEmpty();
    }

    @Test
    void manyPods_fillSeveralSlices() {
        for (int i = 0; i < 130; i++) {
            pod("p" + i);
        }
        service("\"selector\":{\"app\":\"x\"},");

        assertThat(slices().stream()
                .map(s -> s.tree().path("endpoints").size()).sorted())
                .containsExactly(30, 100);
    }
}

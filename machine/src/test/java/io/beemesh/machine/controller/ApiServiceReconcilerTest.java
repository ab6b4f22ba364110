package io.beemesh.machine.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GracefulDeletion.Options;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.service.ServiceClaims;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ApiServiceReconcilerTest {
    private static final ObjectKey PORT = ServiceClaims.port(30_081);
    private final World world = new World(11);

    @Test
    void service_leadsToTheApi_andIsMadeAgain() {
        assertLeadsToTheApi();
        for (GroupResource type : List.of(GroupResource.SERVICES, GroupResource.ENDPOINTS,
                GroupResource.ENDPOINT_SLICES)) {
            world.delete(World.key(type, "kubernetes"), Options.DEFAULT);
            world.run(Duration.ofSeconds(5));
            assertLeadsToTheApi();
        }
    }

    private void assertLeadsToTheApi() {
        ApiObject service = world.get(GroupResource.SERVICES, "kubernetes");
        assertThat(service.spec().path("clusterIP").asText()).isEqualTo("10.96.0.1");
        assertThat(service.spec().path("ports").toString()).isEqualTo(
                "[{\"name\":\"https\",\"protocol\":\"TCP\",\"port\":443,\"targetPort\":6443}]");
        assertThat(world.get(GroupResource.ENDPOINTS, "kubernetes").tree().path("subsets")
                .toString()).isEqualTo("[{\"addresses\":[{\"ip\":\"192.0.2.7\"}],"
                        + "\"ports\":[{\"name\":\"https\",\"port\":6443,\"protocol\":\"TCP\"}]}]");
        assertThat(world.list(GroupResource.ENDPOINT_SLICES)).singleElement()
                .satisfies(slice -> assertThat(slice.tree().path("endpoints").path(0)
                        .path("addresses").toString()).isEqualTo("[\"192.0.2.7\"]"));
    }

    @Test
    void claims_followTheirServices() {
        world.apply(GroupResource.SERVICES, """
                {"kind":"Service","apiVersion":"v1","metadata":{"name":"s"},"spec":{
                 "type":"NodePort","ports":[{"port":80,"nodePort":30081}]}}""");
        world.run(Duration.ofSeconds(1));
        assertThat(world.registry.get(PORT)).as("one that was missing").isPresent();
        world.delete(World.key(GroupResource.SERVICES, "s"), Options.DEFAULT);
        world.run(Duration.ofSeconds(1));
        assertThat(world.registry.get(PORT)).as("of a Service that was deleted").isEmpty();
    }

    @Test
    void aClaimWithoutService_hasAMinute() {
        ApiObject service = ApiObject.parse("""
                {"metadata":{"name":"s","namespace":"default","uid":"u"}}"""
                .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        Instant now = world.loop.wallTime();
        Mutation claim = ServiceClaims.claim(PORT, service, now);
        world.loop.run(() -> world.registry.write(List.of(claim)));
        world.run(Duration.ofSeconds(50));
        assertThat(world.registry.get(PORT)).map(StoredObject::key).contains(PORT);
        world.run(Duration.ofSeconds(15));
        assertThat(world.registry.get(PORT)).isEmpty();
    }
}

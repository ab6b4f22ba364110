package io.beemesh.apiserver.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.apiserver.admission.MeshAdmission;
import io.beemesh.apiserver.engine.EngineFixture.Answer;
import io.beemesh.apiserver.request.ApiResponse;
import io.beemesh.machine.service.ServiceClaims;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Addresses and ports of Services whose namespaces are in slots of their own. */
class ServiceClaimTest {
    private static final String PORT = "'type':'NodePort','ports':[{'port':80,'nodePort':30080}]";
    private static final String ADDRESS = "'clusterIP':'10.97.1.1','ports':[{'port':80}]";
    private final EngineFixture api = new EngineFixture(
            registry -> new MeshAdmission(registry, () -> java.time.Instant.EPOCH));

    ServiceClaimTest() {
        api.namespace("one");
        api.namespace("two");
    }

    @Test
    void simultaneousCreates_inTwoNamespaces_onlyOneGetsThePort() {
        Answer refused = refusedOf(PORT);
        assertThat(refused.message()).endsWith(
                "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated");
        assertThat(refused.reason()).isEqualTo("Invalid");
    }

    @Test
    void simultaneousCreates_inTwoNamespaces_onlyOneGetsTheAddress() {
        assertThat(refusedOf(ADDRESS).message()).endsWith("spec.clusterIPs: Invalid value: "
                + "[\"10.97.1.1\"]: failed to allocate IP 10.97.1.1: provided IP is already allocated");
    }

    @Test
    void aPort_isFreeAgainOnceItsServiceIsDeleted_orAnotherWriteFailed() {
        api.read(create("one", "a", PORT)).requireCode(201);
        // Refused for its port, so the address that it claimed is given back.
        api.read(create("two", "b", ADDRESS + ",'type':'NodePort'"))
                .requireCode(201);
        api.read(create("two", "c",
                "'clusterIP':'10.97.1.2','type':'NodePort','ports':[{'port':80,'nodePort':30080}]"))
                .requireCode(422);
        assertThat(api.registry.get(ServiceClaims.address("10.97.1.2"))).isEmpty();
        api.delete("/api/v1/namespaces/one/services/a").requireCode(200);
        assertThat(api.registry.get(ServiceClaims.port(30_080))).isEmpty();
        api.read(create("two", "c", PORT)).requireCode(201);
    }

    @Test
    void anExistingName_leavesNoClaimBehind() {
        api.read(create("one", "a", ADDRESS)).requireCode(201);
        api.read(create("one", "a", PORT)).requireCode(409);
        assertThat(api.registry.get(ServiceClaims.port(30_080))).isEmpty();
    }

    private Answer refusedOf(String spec) {
        List<CompletableFuture<ApiResponse>> answers = List.of(begin("one", "a", spec),
                begin("two", "b", spec));
        api.simulation.runUntil(() -> answers.stream().allMatch(CompletableFuture::isDone),
                Duration.ofSeconds(10));
        List<Answer> read = answers.stream().map(CompletableFuture::join).map(api::read).toList();
        assertThat(read).extracting(Answer::code).containsExactlyInAnyOrder(201, 422);
        return read.stream().filter(a -> a.code() == 422).findFirst().orElseThrow();
    }

    private ApiResponse create(String namespace, String name, String spec) {
        CompletableFuture<ApiResponse> answer = begin(namespace, name, spec);
        api.simulation.runUntil(answer::isDone, Duration.ofSeconds(10));
        return answer.join();
    }

    private CompletableFuture<ApiResponse> begin(String namespace, String name, String spec) {
        String body = "{'metadata':{'name':'" + name + "'},'spec':{" + spec + "}}";
        return api.begin("POST", "/api/v1/namespaces/" + namespace + "/services",
                Map.of("content-type", "application/json"), body.replace('\'', '"'));
    }
}

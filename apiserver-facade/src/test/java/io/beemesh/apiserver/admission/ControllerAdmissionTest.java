package io.beemesh.apiserver.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.apiserver.resource.BuiltInResources;
import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Admission;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.NodeRegistry;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.machine.registry.WriteResult;
import io.beemesh.machine.service.ServiceRange;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ControllerAdmissionTest {
    private final Simulation simulation = new Simulation(1);
    private final NodeRegistry registry = SimulatedRegistry.on(simulation).registry();
    private final ControllerAdmission admission = new ControllerAdmission(
            BuiltInResources.catalog(Schemas.load()), registry, new Random(1),
            () -> Instant.parse("2024-01-01T00:00:00.5Z"));

    ControllerAdmissionTest() {
        add(new ObjectKey(GroupResource.SERVICE_ACCOUNTS, "n", "default"));
    }

    private void add(ObjectKey key) {
        ApiObject object = object("{'metadata':{'name':'" + key.name() + "','uid':'u'}}");
        object.metadata().put("namespace", key.namespace());
        CompletableFuture<WriteResult> written = registry
                .write(List.of(new Mutation.Create(Draft.of(key, object))));
        simulation.run(Duration.ofSeconds(1));
        assertThat(written).isCompletedWithValueMatching(WriteResult.Committed.class::isInstance);
    }

    @Test
    void prepareCreate_pod_isAsAUsersWouldBe() throws Admission.RejectedException {
        ApiObject pod = object(
                "{'metadata':{'generateName':'web-','namespace':'n'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
        admission.prepareCreate(GroupResource.PODS, pod);
        assertThat(pod.name()).matches("web-[bcdfghjklmnpqrstvwxz2456789]{5}");
        assertThat(pod.uid())
                .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-.{12}");
        assertThat(pod.metadata().path("creationTimestamp").asText())
                .isEqualTo("2024-01-01T00:00:00Z");
        assertThat(pod.kind() + pod.apiVersion()).isEqualTo("Podv1");
        assertThat(pod.spec().path("serviceAccountName").asText()).isEqualTo("default");
        assertThat(pod.spec().path("tolerations").toString()).isEqualTo(
                "[{\"key\":\"node.kubernetes.io/not-ready\",\"operator\":\"Exists\",\"effect\":\"NoExecute\","
                        + "\"tolerationSeconds\":300},{\"key\":\"node.kubernetes.io/unreachable\",\"operator\":\"Exists\","
                        + "\"effect\":\"NoExecute\",\"tolerationSeconds\":300}]");
        assertThat(pod.spec().path("priority").asInt(-1)).isZero();
        assertThat(pod.status().path("phase").asText()).isEqualTo("Pending");
    }

    @Test
    void prepareCreate_brokenRule_isRejectedInKubernetesWords() {
        ApiObject pod = object(
                "{'metadata':{'name':'p','namespace':'n'},'spec':{'containers':[]}}");
        assertThatThrownBy(() -> admission.prepareCreate(GroupResource.PODS, pod))
                .isInstanceOf(Admission.RejectedException.class)
                .hasMessage("Pod \"p\" is invalid: spec.containers: Required value");
        ApiObject priority = object(
                "{'metadata':{'name':'p','namespace':'n'},'spec':{'priorityClassName':'x','containers':[{'name':'c','image':'i'}]}}");
        assertThatThrownBy(() -> admission.prepareCreate(GroupResource.PODS, priority)).hasMessage(
                "pods \"p\" is forbidden: no PriorityClass with name x was found");
    }

    @Test
    void prepareCreate_podBeforeItsServiceAccount_isRejected() {
        ApiObject pod = object("{'metadata':{'name':'p','namespace':'n'},'spec':{"
                + "'serviceAccountName':'late','containers':[{'name':'c','image':'i'}]}}");
        assertThatThrownBy(() -> admission.prepareCreate(GroupResource.PODS, pod.copy()))
                .isInstanceOf(Admission.RejectedException.class)
                .hasMessage("pods \"p\" is forbidden: error looking up service account n/late: "
                        + "serviceaccount \"late\" not found");
        add(new ObjectKey(GroupResource.SERVICE_ACCOUNTS, "n", "late"));
        assertThatCode(() -> admission.prepareCreate(GroupResource.PODS, pod))
                .doesNotThrowAnyException();
        assertThat(pod.spec().path("volumes").path(0).path("name").asText())
                .startsWith("kube-api-access-");
    }

    @Test
    void prepareCreate_podOfAnotherRuntime_isRejected() {
        ApiObject pod = object("{'metadata':{'name':'p','namespace':'n'},'spec':{"
                + "'runtimeClassName':'gvisor','containers':[{'name':'c','image':'i'}]}}");
        assertThatThrownBy(() -> admission.prepareCreate(GroupResource.PODS, pod.copy()))
                .hasMessage("pods \"p\" is forbidden: pod rejected: RuntimeClass \"gvisor\" "
                        + "not found");
        add(ObjectKey.cluster(new GroupResource("node.k8s.io", "runtimeclasses"), "gvisor"));
        assertThatThrownBy(() -> admission.prepareCreate(GroupResource.PODS, pod.copy()))
                .hasMessageContaining("pod rejected: RuntimeClass \"gvisor\" is not supported");
    }

    @Test
    void manage_ownsWhatControllersWrote_specAndStatusApart() {
        ApiObject set = object(
                "{'apiVersion':'apps/v1','kind':'ReplicaSet','metadata':{'name':'a','namespace':'n'},'spec':{'replicas':1}}");
        admission.manage(GroupResource.REPLICA_SETS, new ApiObject(Json.object()), set);
        ApiObject next = set.copy();
        next.metadata().putObject("annotations").put("note", "x");
        next.status().put("replicas", 1);
        admission.manage(GroupResource.REPLICA_SETS, set, next);
        JsonNode owners = next.metadata().path("managedFields");
        assertThat(owners).hasSize(2);
        assertThat(owners.findValuesAsText("manager"))
                .containsExactly("kube-controller-manager", "kube-controller-manager");
        assertThat(owners.get(0).path("fieldsV1").toString()).contains("f:replicas", "f:note")
                .doesNotContain("f:status");
        assertThat(owners.get(1).path("subresource").asText()).isEqualTo("status");
        assertThat(owners.get(1).path("fieldsV1").toString())
                .isEqualTo("{\"f:status\":{\"f:replicas\":{}}}");
        assertThat(next.status().path("replicas").asInt()).isEqualTo(1);
    }

    @Test
    void serviceRange_addresses_nameTheirSlot() {
        assertThat(ServiceRange.address(0, 0, address -> false)).contains("10.96.0.2");
        assertThat(ServiceRange.address(5, 3, address -> address.endsWith(".3")))
                .contains("10.96.20.4");
        assertThat(ServiceRange.slotOf("10.96.20.4")).isEqualTo(OptionalInt.of(5));
        assertThat(ServiceRange.slotOf("10.111.255.255")).isEqualTo(OptionalInt.of(1023));
        assertThat(ServiceRange.contains("10.112.0.0")).isFalse();
        assertThat(ServiceRange.contains("10.096.0.1")).isFalse();
        assertThat(ServiceRange.address(1, 7, address -> true)).isEqualTo(Optional.empty());
        assertThat(ServiceRange.nodePort(2767, port -> port == 32_767)).hasValue(30_000);
    }

    private static ApiObject object(String json) {
        return ApiObject.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}

package io.beemesh.apiserver.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.apiserver.engine.WriteAdmission.Outcome;
import io.beemesh.apiserver.resource.BuiltInResources;
import io.beemesh.apiserver.resource.ResourceDescriptor;
import io.beemesh.apiserver.schema.Schemas;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.NodeRegistry;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.machine.registry.SlotMap;
import io.beemesh.machine.registry.WriteResult;
import io.beemesh.machine.service.ServiceRange;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class MeshAdmissionTest {
    private static final ResourceDescriptor SERVICES = BuiltInResources.catalog(Schemas.load())
            .find(GroupResource.SERVICES).orElseThrow();
    private static final ResourceDescriptor PODS = BuiltInResources.catalog(Schemas.load())
            .find(GroupResource.PODS).orElseThrow();
    private final Simulation simulation = new Simulation(3);
    private final NodeRegistry registry = SimulatedRegistry.on(simulation).registry();
    private final MeshAdmission admission = new MeshAdmission(registry,
            () -> java.time.Instant.EPOCH);

    @Test
    void service_new_getsAddressAndPortsWithTheirClaims() {
        ApiObject service = service("a", "'type':'NodePort','ports':[{'port':80},{'port':81}]");
        Outcome outcome = admission.admitCreate(SERVICES, service);
        assertThat(outcome.errors()).isEmpty();
        String address = service.spec().path("clusterIP").asText();
        assertThat(ServiceRange.slotOf(address))
                .isEqualTo(OptionalInt.of(SlotMap.ofNamespace("default")));
        assertThat(service.spec().path("clusterIPs").toString())
                .isEqualTo("[\"" + address + "\"]");
        assertThat(service.spec().path("ipFamilies").toString()).isEqualTo("[\"IPv4\"]");
        assertThat(service.spec().path("ports").findValues("nodePort")).hasSize(2)
                .doesNotHaveDuplicates();
        assertThat(outcome.companions()).extracting(claim -> SlotMap.of(claim.key()))
                .containsExactly(SlotMap.ofNamespace("default"),
                        SlotMap.ofAllocator("node-ports"), SlotMap.ofAllocator("node-ports"));
    }

    @Test
    void service_whatIsTaken_isRefusedAndFreedOnRemoval() {
        ApiObject first = service("a",
                "'type':'NodePort','clusterIP':'10.96.0.7','ports':[{'port':80,'nodePort':30080}]");
        commit(admission.admitCreate(SERVICES, first).companions());
        ApiObject second = service("b",
                "'type':'NodePort','clusterIP':'10.96.0.7','ports':[{'port':80,'nodePort':30080}]");
        second.metadata().put("namespace", "other");
        assertThat(texts(admission.admitCreate(SERVICES, second))).containsExactly(
                "spec.clusterIPs: Invalid value: [\"10.96.0.7\"]: failed to allocate IP 10.96.0.7: provided IP is already allocated",
                "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated");
        ApiObject inside = first.copy();
        inside.spec().put("type", "ClusterIP").putArray("ports").addObject().put("port", 80);
        List<Mutation> changes = admission.admitUpdate(SERVICES, inside, first).companions();
        assertThat(changes).singleElement().isInstanceOf(Mutation.Delete.class);
        commit(changes);
        commit(admission.onRemove(SERVICES, inside));
        assertThat(texts(admission.admitCreate(SERVICES, second))).isEmpty();
    }

    @Test
    void service_outsideTheRanges_isRefused() {
        assertThat(texts(admission.admitCreate(SERVICES,
                service("a",
                        "'type':'NodePort','clusterIP':'10.0.0.1','ports':[{'port':80,'nodePort':80}]"))))
                .containsExactly(
                        "spec.clusterIPs: Invalid value: [\"10.0.0.1\"]: failed to allocate IP 10.0.0.1: the provided IP (10.0.0.1) is not in the valid range. The range of valid IPs is 10.96.0.0/12",
                        "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767");
        ApiObject headless = service("h", "'type':'ClusterIP','clusterIP':'None'");
        assertThat(admission.admitCreate(SERVICES, headless).companions()).isEmpty();
        assertThat(headless.spec().path("clusterIPs").toString()).isEqualTo("[\"None\"]");
        assertThat(texts(admission.admitCreate(SERVICES,
                service("x", "'type':'ClusterIP','clusterIP':'10.96.0.1'")))).hasSize(1);
    }

    @Test
    void pod_withoutItsServiceAccount_isForbidden() {
        ApiObject pod = object("{'metadata':{'name':'p','namespace':'default'},'spec':{}}");
        assertThat(admission.admitCreate(PODS, pod).forbidden()).isEqualTo(
                "error looking up service account default/default: serviceaccount \"default\" not found");
    }

    @Test
    void pod_mountsItsAccountsToken_unlessAskedNotTo() {
        commit(List.of(new Mutation.Create(Draft.of(
                new ObjectKey(GroupResource.SERVICE_ACCOUNTS, "default", "default"),
                object("{'metadata':{'name':'default','namespace':'default','uid':'a'}}")))));
        ApiObject pod = object("{'metadata':{'name':'p','namespace':'default','uid':'u'},"
                + "'spec':{'containers':[{'name':'c','image':'i'}]}}");
        admission.admitCreate(PODS, pod);
        String volume = pod.spec().path("volumes").path(0).path("name").asText();
        assertThat(volume).startsWith("kube-api-access-");
        assertThat(pod.spec().path("containers").path(0).path("volumeMounts").toString())
                .isEqualTo("[{\"name\":\"" + volume + "\",\"readOnly\":true,\"mountPath\":"
                        + "\"/var/run/secrets/kubernetes.io/serviceaccount\"}]");
        ApiObject without = object("{'metadata':{'name':'p','namespace':'default','uid':'u'},"
                + "'spec':{'automountServiceAccountToken':false,'containers':[{'name':'c'}]}}");
        admission.admitCreate(PODS, without);
        assertThat(without.spec().has("volumes")).isFalse();
    }

    private void commit(List<Mutation> mutations) {
        for (Mutation mutation : mutations) {
            CompletableFuture<WriteResult> result = registry.write(List.of(mutation));
            simulation.run(Duration.ofSeconds(1));
            assertThat(result)
                    .isCompletedWithValueMatching(WriteResult.Committed.class::isInstance);
        }
    }

    private static List<String> texts(Outcome outcome) {
        return outcome.errors().stream().map(e -> e.path() + ": " + e.detail()).toList();
    }

    private static ApiObject service(String name, String spec) {
        return object("{'kind':'Service','apiVersion':'v1','metadata':{'name':'" + name
                + "','namespace':'default','uid':'" + name + "'},'spec':{" + spec + "}}");
    }

    private static ApiObject object(String json) {
        return ApiObject.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}

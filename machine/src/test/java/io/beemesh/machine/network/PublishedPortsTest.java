package io.beemesh.machine.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.network.PublishedPorts.HostPort;
import io.beemesh.machine.network.PublishedPorts.Target;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Ports that are open, while Services and pods come and go. */
final class PublishedPortsTest {
    private static final ObjectKey WEB = new ObjectKey(GroupResource.SERVICES, "default", "web");

    private final SimulatedRegistry home = SimulatedRegistry.on(new Simulation(1));
    private final Map<String, String> open = new TreeMap<>();
    private final PublishedPorts ports = new PublishedPorts(home.registry(),
            new PublishedPorts.Binder() {
                @Override
                public void bind(HostPort port, Target to) {
                    open.put(name(port), to.to().address() + ":" + to.to().port()
                            + (to.sources().isEmpty() ? "" : " for " + to.sources()));
                }

                @Override
                public void unbind(HostPort port) {
                    open.remove(name(port));
                }
            });

    /** Of TCP without that word. */
    private static String name(HostPort port) {
        return port.ip() + ":" + port.port()
                + (port.transport() == Transport.TCP ? "" : "/" + port.transport());
    }

    @BeforeEach
    void start() {
        onLoop(ports::start);
    }

    private void onLoop(Runnable task) {
        home.await(() -> {
            task.run();
            return home.registry().list(GroupResource.SERVICES, "");
        });
    }

    private static ApiObject service(int nodePort, String protocol) {
        ObjectNode tree = Json.object().put("kind", "Service").put("apiVersion", "v1");
        tree.putObject("metadata").put("name", "web").put("namespace", "default").put("uid", "u");
        tree.putObject("spec").put("clusterIP", "10.96.0.20").putArray("ports").addObject()
                .put("port", 80).put("protocol", protocol).put("nodePort", nodePort);
        return new ApiObject(tree);
    }

    private void update(ApiObject service) {
        home.await(() -> home.registry().write(List.of(new Mutation.Update(
                Draft.of(WEB, service), home.registry().get(WEB).orElseThrow().version()))));
    }

    @Test
    void nodePorts_followTheirService() {
        home.await(() -> home.registry()
                .write(List.of(new Mutation.Create(Draft.of(WEB, service(30080, "TCP"))))));
        assertThat(open).containsExactly(Map.entry(":30080", "10.96.0.20:80"));
        update(service(30081, "TCP"));
        assertThat(open).containsOnlyKeys(":30081");
        update(service(30081, "UDP"));
        assertThat(open).containsExactly(Map.entry(":30081/UDP", "10.96.0.20:80"));
        update(service(30081, "SCTP"));
        assertThat(open).isEmpty();
        update(service(30082, "TCP"));
        home.await(() -> home.registry().write(List.of(new Mutation.Delete(
                Draft.of(WEB, service(30082, "TCP")),
                home.registry().get(WEB).orElseThrow().version()))));
        assertThat(open).isEmpty();
    }

    @Test
    void loadBalancers_haveTheirOwnPortsToo() {
        ApiObject service = service(30080, "TCP");
        service.spec().put("type", "LoadBalancer");
        home.await(() -> home.registry()
                .write(List.of(new Mutation.Create(Draft.of(WEB, service)))));
        assertThat(open).containsExactly(Map.entry(":30080", "10.96.0.20:80"),
                Map.entry(":80", "10.96.0.20:80"));
        service.spec().putArray("loadBalancerSourceRanges").add("192.0.2.0/24");
        update(service);
        assertThat(open).containsExactly(Map.entry(":30080", "10.96.0.20:80"),
                Map.entry(":80", "10.96.0.20:80 for [192.0.2.0/24]"));
        service.spec().remove("loadBalancerSourceRanges");
        ((ObjectNode) service.spec().path("ports").path(0)).put("protocol", "UDP");
        update(service);
        assertThat(open).containsOnlyKeys(":30080/UDP", ":80/UDP");
        service.spec().put("type", "ClusterIP");
        ((ObjectNode) service.spec().path("ports").path(0)).remove("nodePort");
        update(service);
        assertThat(open).isEmpty();
    }

    @Test
    void hostPorts_areOfOnePod_untilItGoes() {
        ApiObject pod = new ApiObject(Json.object());
        pod.metadata().put("uid", "p1");
        pod.spec().putArray("containers").addObject().putArray("ports").addObject()
                .put("hostPort", 8081).put("hostIP", "127.0.0.1").put("containerPort", 8080);
        ApiObject names = pod.copy();
        names.metadata().put("uid", "p0");
        ((ObjectNode) names.spec().path("containers").path(0).path("ports").path(0))
                .put("protocol", "UDP");
        onLoop(() -> ports.put(names, "10.244.0.3"));
        assertThat(open).containsExactly(Map.entry("127.0.0.1:8081/UDP", "10.244.0.3:8080"));
        onLoop(() -> ports.remove("p0"));
        ApiObject other = pod.copy();
        other.metadata().put("uid", "p2");
        onLoop(() -> ports.put(pod, "10.244.0.1"));
        onLoop(() -> ports.put(other, "10.244.0.2"));
        assertThat(open).containsExactly(Map.entry("127.0.0.1:8081", "10.244.0.1:8080"));
        onLoop(() -> ports.remove("p1"));
        assertThat(open).containsExactly(Map.entry("127.0.0.1:8081", "10.244.0.2:8080"));
        onLoop(() -> ports.remove("p2"));
        assertThat(open).isEmpty();
    }
}

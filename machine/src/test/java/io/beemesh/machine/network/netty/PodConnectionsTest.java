package io.beemesh.machine.network.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.netty.BridgeBudget;
import io.beemesh.libp2p.netty.NettyLoop;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.libp2p.simulation.SimulatedNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.machine.network.Attachments;
import io.beemesh.machine.network.Attachments.Attachment;
import io.beemesh.machine.network.GateStreams;
import io.beemesh.machine.network.NetworkMeters;
import io.beemesh.machine.network.PodCredentials;
import io.beemesh.machine.network.PolicyGate;
import io.beemesh.machine.network.PolicyMap;
import io.beemesh.machine.network.Relays;
import io.beemesh.machine.network.Router;
import io.beemesh.machine.network.ServiceMap;
import io.beemesh.machine.network.ServiceMap.Endpoint;
import io.beemesh.machine.network.ServiceNames;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.machine.runtime.SandboxSpec.PodName;
import io.beemesh.protocol.Protocols;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.MeshId;
import io.beemesh.protocol.sidecar.Carrier;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.beemesh.protocol.sidecar.ConnectStatus;
import io.beemesh.protocol.sidecar.Connecting;
import io.beemesh.protocol.sidecar.CredentialCheck;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A machine with a pod that asks for a Service, and two pods behind it, in virtual time. */
final class PodConnectionsTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Simulation simulation = new Simulation(1);
    private final SimulatedNetwork network = new SimulatedNetwork(simulation,
            NetworkConditions.lan());
    private final SimulatedRegistry home = SimulatedRegistry.on(simulation);
    private final SimulatedHost pods = network.newHost();
    private final SimulatedHost client = network.newHost();
    private final Attachments attachments = new Attachments();
    private final NetworkMeters meters = NetworkMeters.of(new Meters());
    private final NettyLoop unused = new NettyLoop("unused");
    private PodConnections connections;

    @BeforeEach
    void start() {
        ServiceMap services = new ServiceMap(home.registry());
        home.await(() -> {
            services.start();
            return home.registry().list(GroupResource.SERVICES, "");
        });
        create(GroupResource.SERVICES, "{'metadata':{'namespace':'default','name':'web','uid':'u'},"
                + "'spec':{'clusterIP':'10.96.0.20','ports':[{'port':80,'protocol':'TCP'},"
                + "{'name':'names','port':53,'protocol':'UDP'}]}}");
        create(GroupResource.ENDPOINT_SLICES, "{'metadata':{'namespace':'default','name':'web-1',"
                + "'uid':'s','labels':{'kubernetes.io/service-name':'web'}},'endpoints':["
                + "{'addresses':['10.244.0.1']},{'addresses':['10.244.0.2']}],"
                + "'ports':[{'name':'','port':8080,'protocol':'TCP'},"
                + "{'name':'names','port':5353,'protocol':'UDP'}]}");
        attach(client, "client", "10.244.0.9");
        PrivateKey key = PrivateKey.generate(new SecureRandom());
        MeshId mesh = new MeshId(key.peerId());
        MembershipCertificate certificate = MembershipCertificate.issue(key,
                new MembershipCertificate.Fields(mesh, key.peerId(), "here",
                        MembershipCertificate.Role.MEMBER, simulation.wallTime(),
                        simulation.wallTime().plus(Duration.ofDays(1))));
        PodCredentials credentials = new PodCredentials(key, () -> certificate,
                simulation::wallTime);
        PolicyMap policies = new PolicyMap(home.registry());
        home.await(() -> {
            policies.start(() -> {
            });
            return home.registry().list(GroupResource.PODS, "");
        });
        PolicyGate gate = new PolicyGate(policies, attachments);
        Connecting sidecars = new Connecting(pods, Protocols.POD_ACCEPT, LIMIT);
        Relays relays = new Relays(new GateStreams(network.newHost(), pods.loop()),
                new Relays.Parts(attachments, gate, sidecars, credentials,
                        new CredentialCheck(mesh, simulation::wallTime), meters,
                        node -> Optional.empty()));
        connections = new PodConnections(pods, attachments,
                new PodConnections.Ways(
                        new Router(services, attachments, "here", address -> Optional.empty(),
                                simulation::nanoTime),
                        gate, sidecars, relays,
                        new NameServer(pods.loop(), new ServiceNames(services), List.of()),
                        new Egress(unused, new BridgeBudget(1)), meters),
                credentials, new SecureRandom(), key);
        pods.loop().execute(connections::start);
        client.loop().execute(() -> client.addressBook().add(pods.peerId(),
                pods.listenAddresses(), Duration.ofDays(1)));
        simulation.run(Duration.ofSeconds(1));
    }

    @AfterEach
    void stop() {
        unused.close();
    }

    private void create(GroupResource type, String json) {
        ApiObject object = ApiObject.parse(json.replace('\'', '"').getBytes(UTF_8));
        home.await(() -> home.registry().write(List.of(new Mutation.Create(
                Draft.of(new ObjectKey(type, "default", object.name()), object)))));
    }

    private void attach(SimulatedHost sidecar, String name, String address) {
        attachments.put(new Attachment(new PodName("default", name, "uid-" + name), "default",
                sidecar.peerId(), address));
        pods.loop().execute(() -> pods.addressBook().add(sidecar.peerId(),
                sidecar.listenAddresses(), Duration.ofDays(1)));
    }

    /** A pod whose sidecar answers so. */
    private void endpoint(int number, ConnectStatus answer) {
        SimulatedHost sidecar = network.newHost();
        sidecar.loop().execute(() -> new Connecting(sidecar, Protocols.POD_ACCEPT, LIMIT)
                .serve((carrier, request) -> carrier.answer(answer)));
        attach(sidecar, "web-" + number, "10.244.0." + number);
    }

    private CompletableFuture<Carrier> ask() {
        CompletableFuture<Carrier> result = new CompletableFuture<>();
        client.loop().execute(() -> new Connecting(client, Protocols.POD_CONNECT, LIMIT)
                .open(pods.peerId(),
                        new ConnectRequest(Transport.TCP, new byte[]{10, 96, 0, 20}, 80))
                .whenComplete((carrier, failure) -> {
                    if (failure == null) {
                        result.complete(carrier);
                    } else {
                        result.completeExceptionally(failure);
                    }
                }));
        simulation.runUntil(result::isDone, LIMIT);
        return result;
    }

    @Test
    void endpointThatRefuses_givesWayToTheNext_andIsCounted() {
        endpoint(1, ConnectStatus.REFUSED);
        endpoint(2, ConnectStatus.OK);
        assertThat(ask()).isCompleted();
        assertThat(meters.retried().value()).isEqualTo(1);
        assertThat(meters.within().value()).isEqualTo(1);
        assertThat(meters.connecting().count()).isEqualTo(1);
        assertThat(meters.failed().value()).isZero();
    }

    @Test
    void noEndpointThatTakesIt_isAFailure() {
        endpoint(1, ConnectStatus.REFUSED);
        endpoint(2, ConnectStatus.REFUSED);
        assertThat(ask()).isCompletedExceptionally();
        assertThat(meters.retried().value()).isEqualTo(1);
        assertThat(meters.failed().value()).isEqualTo(1);
        assertThat(meters.within().value()).isZero();
    }

    private CompletableFuture<Carrier> dial(Transport transport, int port) {
        CompletableFuture<Carrier> result = new CompletableFuture<>();
        pods.loop().execute(() -> connections
                .dial(transport, new Endpoint("10.96.0.20", port), "192.0.2.1")
                .whenComplete((carrier, failure) -> {
                    if (failure == null) {
                        result.complete(carrier);
                    } else {
                        result.completeExceptionally(failure);
                    }
                }));
        simulation.runUntil(result::isDone, LIMIT);
        return result;
    }

    @Test
    void clientOfThisMachinesPorts_isHeldToPolicies_byItsProtocol() {
        endpoint(1, ConnectStatus.OK);
        endpoint(2, ConnectStatus.OK);
        for (int i = 1; i <= 2; i++) {
            create(GroupResource.PODS, "{'metadata':{'namespace':'default','name':'web-" + i
                    + "','uid':'uid-web-" + i + "'},'spec':{},'status':{}}");
        }
        assertThat(dial(Transport.TCP, 80)).isCompleted();
        assertThat(dial(Transport.UDP, 53)).isCompleted();
        assertThat(dial(Transport.UDP, 80)).isCompletedExceptionally();
        create(GroupResource.NETWORK_POLICIES, "{'metadata':{'namespace':'default','name':'p',"
                + "'uid':'p'},'spec':{'podSelector':{},'policyTypes':['Ingress'],'ingress':["
                + "{'ports':[{'protocol':'TCP'}]}]}}");
        assertThat(dial(Transport.TCP, 80)).isCompleted();
        assertThat(dial(Transport.UDP, 53)).isCompletedExceptionally();
    }
}

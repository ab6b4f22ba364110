package io.beemesh.machine.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.network.Attachments.Attachment;
import io.beemesh.machine.object.ApiObject;
import io.beemesh.machine.object.GroupResource;
import io.beemesh.machine.object.Json;
import io.beemesh.machine.object.ObjectKey;
import io.beemesh.machine.registry.Draft;
import io.beemesh.machine.registry.Mutation;
import io.beemesh.machine.registry.SimulatedRegistry;
import io.beemesh.machine.registry.StoredObject;
import io.beemesh.machine.runtime.SandboxSpec.PodName;
import io.beemesh.protocol.sidecar.ConnectRequest;
import io.beemesh.protocol.sidecar.ConnectRequest.Transport;
import io.beemesh.protocol.sidecar.ConnectStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where connections go, and what names say, while Services and endpoints come and go in a registry. */
final class RouterTest {
    private static final byte[] WEB = {10, 96, 0, 20};

    private final SimulatedRegistry home = SimulatedRegistry.on(new Simulation(1));
    private final ServiceMap services = new ServiceMap(home.registry());
    private final Attachments pods = new Attachments();
    private final Map<String, String> nodes = Map.of("10.244.1.1", "there", "10.244.0.9", "here");
    private Duration now = Duration.ZERO;
    private final Router router = new Router(services, pods, "here",
            address -> Optional.ofNullable(nodes.get(address)), () -> now.toNanos());
    private final ServiceNames names = new ServiceNames(services);

    @BeforeEach
    void start() {
        home.await(() -> {
            services.start();
            return home.registry().list(GroupResource.SERVICES, "");
        });
        for (int i = 1; i <= 3; i++) {
            pods.put(new Attachment(new PodName("default", "pod-" + i, "uid-" + i), "default",
                    SimulatedRegistry.peer(i), "10.244.0." + i));
        }
        ObjectNode web = object("Service", "web");
        web.putObject("spec").put("clusterIP", "10.96.0.20").putArray("ports").addObject()
                .put("name", "http").put("port", 80).put("protocol", "TCP");
        create(GroupResource.SERVICES, web);
    }

    private static ObjectNode object(String kind, String name) {
        ObjectNode tree = Json.object().put("kind", kind).put("apiVersion", "v1");
        tree.putObject("metadata").put("name", name).put("namespace", "default").put("uid",
                "uid-of-" + name);
        return tree;
    }

    private static ObjectKey key(GroupResource type, ObjectNode tree) {
        return new ObjectKey(type, "default", tree.path("metadata").path("name").asText());
    }

    private void create(GroupResource type, ObjectNode tree) {
        write(new Mutation.Create(Draft.of(key(type, tree), new ApiObject(tree))));
    }

    private void write(Mutation mutation) {
        home.await(() -> home.registry().write(List.of(mutation)));
    }

    /** A slice of {@code web} with these addresses, those from {@code unready} on not ready. */
    private static ObjectNode slice(String service, int unready, int... lastBytes) {
        ObjectNode tree = object("EndpointSlice", service + "-1");
        ((ObjectNode) tree.path("metadata")).putObject("labels").put("kubernetes.io/service-name",
                service);
        tree.putArray("ports").addObject().put("name", "http").put("port", 8080).put("protocol",
                "TCP");
        ArrayNode endpoints = tree.putArray("endpoints");
        for (int i = 0; i < lastBytes.length; i++) {
            ObjectNode endpoint = endpoints.addObject();
            endpoint.putArray("addresses").add("10.244.0." + lastBytes[i]);
            endpoint.putObject("conditions").put("ready", i < unready);
            endpoint.put("hostname", "pod-" + lastBytes[i]);
        }
        return tree;
    }

    private List<Route> routes(byte[] address, int port) {
        return router.routes(new ConnectRequest(Transport.TCP, address, port), "uid-9");
    }

    private static Route pod(int number) {
        return new Route.Pod(SimulatedRegistry.peer(number), "10.244.0." + number, 8080);
    }

    @Test
    void service_takesReadyEndpointsInTurn_andNamesFurtherOnesToTry() {
        create(GroupResource.ENDPOINT_SLICES, slice("web", 2, 1, 2, 3));
        List<Route> first = routes(WEB, 80);
        List<Route> second = routes(WEB, 80);
        assertThat(first).containsExactly(pod(1), pod(2));
        assertThat(second).containsExactly(pod(2), pod(1));
    }

    @Test
    void servicesThatAreUsedInTurn_eachGiveTheirEndpointsInTurn() {
        create(GroupResource.ENDPOINT_SLICES, slice("web", 2, 1, 2));
        ObjectNode other = object("Service", "other");
        other.putObject("spec").put("clusterIP", "10.96.0.21").putArray("ports").addObject()
                .put("name", "http").put("port", 80).put("protocol", "TCP");
        create(GroupResource.SERVICES, other);
        create(GroupResource.ENDPOINT_SLICES, slice("other", 2, 1, 2));
        List<Route> ofWeb = new ArrayList<>();
        List<Route> ofOther = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ofWeb.add(routes(WEB, 80).getFirst());
            ofOther.add(routes(new byte[]{10, 96, 0, 21}, 80).getFirst());
        }
        assertThat(ofWeb).containsExactly(pod(1), pod(2), pod(1), pod(2));
        assertThat(ofOther).containsExactly(pod(1), pod(2), pod(1), pod(2));
    }

    private Route first(String source) {
        return router.routes(new ConnectRequest(Transport.TCP, WEB, 80), source).getFirst();
    }

    private void edit(GroupResource type, ObjectNode to) {
        StoredObject stored = home.registry().get(key(type, to)).orElseThrow();
        write(new Mutation.Update(Draft.of(stored.key(), new ApiObject(to)), stored.version()));
    }

    @Test
    void clientsWithAffinity_keepTheirEndpoint_whileItIsReady_forItsTime() {
        ObjectNode web = object("Service", "web");
        ObjectNode spec = web.putObject("spec").put("clusterIP", "10.96.0.20")
                .put("sessionAffinity", "ClientIP");
        spec.putObject("sessionAffinityConfig").putObject("clientIP").put("timeoutSeconds", 60);
        spec.putArray("ports").addObject().put("name", "http").put("port", 80).put("protocol",
                "TCP");
        edit(GroupResource.SERVICES, web);
        create(GroupResource.ENDPOINT_SLICES, slice("web", 2, 1, 2));
        List<Route> before = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            before.add(first("client-" + i));
        }
        assertThat(before).contains(pod(1), pod(2));

        edit(GroupResource.ENDPOINT_SLICES, slice("web", 3, 3, 1, 2));
        for (int i = 0; i < 50; i++) {
            assertThat(first("client-" + i)).isEqualTo(before.get(i));
        }
        edit(GroupResource.ENDPOINT_SLICES, slice("web", 2, 1, 3));
        for (int i = 0; i < 50; i++) {
            Route there = first("client-" + i);
            assertThat(there).isNotEqualTo(pod(2));
            assertThat(before.get(i).equals(pod(1)) ? there : pod(1)).isEqualTo(pod(1));
        }
        // Whoever was away for longer than that is as good as new.
        edit(GroupResource.ENDPOINT_SLICES, slice("web", 3, 3, 1, 2));
        now = Duration.ofSeconds(61);
        List<Route> after = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            after.add(first("client-" + i));
        }
        assertThat(after).contains(pod(1), pod(2), pod(3));
    }

    private List<Route> routes(Router.Origin origin) {
        return router.routes(new ConnectRequest(Transport.TCP, WEB, 80), "192.0.2.1", origin);
    }

    private void policies(String inside, String outside) {
        ObjectNode web = object("Service", "web");
        web.putObject("spec").put("clusterIP", "10.96.0.20").put("internalTrafficPolicy", inside)
                .put("externalTrafficPolicy", outside).putArray("ports").addObject()
                .put("name", "http").put("port", 80).put("protocol", "TCP");
        edit(GroupResource.SERVICES, web);
    }

    @Test
    void localTraffic_getsOnlyEndpointsOfThisNode_andNothingWhereThereIsNone() {
        ObjectNode slice = slice("web", 3, 1, 2, 3);
        ((ObjectNode) slice.path("endpoints").path(0)).put("nodeName", "there");
        ((ObjectNode) slice.path("endpoints").path(1)).put("nodeName", "here");
        create(GroupResource.ENDPOINT_SLICES, slice);
        for (Router.Origin origin : Router.Origin.values()) {
            assertThat(routes(origin)).hasSize(3);
        }
        policies("Local", "Cluster");
        assertThat(routes(Router.Origin.INSIDE)).containsExactly(pod(2));
        assertThat(routes(Router.Origin.OUTSIDE)).hasSize(3);
        assertThat(routes(Router.Origin.OWN_PORT)).hasSize(3);
        policies("Cluster", "Local");
        assertThat(routes(Router.Origin.INSIDE)).hasSize(3);
        assertThat(routes(Router.Origin.OUTSIDE)).containsExactly(pod(2));
        assertThat(routes(Router.Origin.OWN_PORT)).hasSize(3);

        ((ObjectNode) slice.path("endpoints").path(1)).put("nodeName", "there");
        edit(GroupResource.ENDPOINT_SLICES, slice);
        assertThat(routes(Router.Origin.OUTSIDE))
                .containsExactly(new Route.Nowhere(ConnectStatus.UNREACHABLE));
        assertThat(routes(Router.Origin.OWN_PORT)).hasSize(3);
    }

    private static ObjectNode conditions(ObjectNode slice, int at, boolean serving,
            boolean terminating) {
        ((ObjectNode) slice.path("endpoints").path(at)).put("nodeName", "here")
                .putObject("conditions").put("ready", serving && !terminating)
                .put("serving", serving).put("terminating", terminating);
        return slice;
    }

    @Test
    void whereNothingIsReady_endpointsThatEndAndServeYetAreTaken() {
        ObjectNode slice = slice("web", 3, 1, 2, 3);
        ((ObjectNode) slice.path("endpoints").path(0)).put("nodeName", "there");
        create(GroupResource.ENDPOINT_SLICES, conditions(conditions(slice, 1, true, true), 2,
                false, true));
        policies("Local", "Local");
        for (Router.Origin origin : List.of(Router.Origin.INSIDE, Router.Origin.OUTSIDE)) {
            assertThat(routes(origin)).containsExactly(pod(2));
        }
        assertThat(routes(Router.Origin.OWN_PORT)).containsExactly(pod(1));
        edit(GroupResource.ENDPOINT_SLICES, conditions(slice, 2, true, false));
        assertThat(routes(Router.Origin.OUTSIDE)).containsExactly(pod(3));
        edit(GroupResource.ENDPOINT_SLICES, conditions(slice, 2, false, false));
        assertThat(routes(Router.Origin.OUTSIDE)).containsExactly(pod(2));
        edit(GroupResource.ENDPOINT_SLICES, conditions(slice, 1, false, true));
        assertThat(routes(Router.Origin.OUTSIDE))
                .containsExactly(new Route.Nowhere(ConnectStatus.UNREACHABLE));

        policies("Cluster", "Cluster");
        edit(GroupResource.ENDPOINT_SLICES,
                conditions(conditions(conditions(slice, 0, true, true), 1, true, true), 2, false,
                        false));
        assertThat(routes(Router.Origin.INSIDE)).containsExactlyInAnyOrder(pod(1), pod(2));
    }

    @Test
    void endpointThatIsNoLongerReady_getsNothingAtOnce() {
        ObjectNode all = slice("web", 2, 1, 2);
        create(GroupResource.ENDPOINT_SLICES, all);
        StoredObject stored = home.registry().get(key(GroupResource.ENDPOINT_SLICES, all))
                .orElseThrow();
        write(new Mutation.Update(
                Draft.of(stored.key(), new ApiObject(slice("web", 1, 1, 2))), stored.version()));
        assertThat(routes(WEB, 80)).containsExactly(pod(1));
        assertThat(routes(WEB, 80)).containsExactly(pod(1));
        StoredObject now = home.registry().get(stored.key()).orElseThrow();
        write(new Mutation.Delete(Draft.of(now.key(), now.object()), now.version()));
        assertThat(routes(WEB, 80))
                .containsExactly(new Route.Nowhere(ConnectStatus.REFUSED));
    }

    @Test
    void otherAddresses_goToPods_outside_orNowhere() {
        assertThat(routes(new byte[]{10, (byte) 244, 0, 1}, 8080)).containsExactly(pod(1));
        assertThat(routes(new byte[]{10, (byte) 244, 9, 9}, 80))
                .containsExactly(new Route.Nowhere(ConnectStatus.UNREACHABLE));
        assertThat(routes(new byte[]{10, (byte) 244, 1, 1}, 80))
                .containsExactly(new Route.Remote("there", "10.244.1.1", 80));
        assertThat(routes(new byte[]{10, (byte) 244, 0, 9}, 80))
                .containsExactly(new Route.Nowhere(ConnectStatus.UNREACHABLE));
        assertThat(routes(new byte[]{10, 96, 7, 7}, 80))
                .containsExactly(new Route.Nowhere(ConnectStatus.UNREACHABLE));
        assertThat(routes(new byte[]{(byte) 192, 0, 2, 1}, 443))
                .containsExactly(new Route.Outside("192.0.2.1", 443));
        assertThat(routes(new byte[]{127, 0, 0, 1}, 443))
                .containsExactly(new Route.Nowhere(ConnectStatus.DENIED));
        assertThat(routes(new byte[]{10, 96, 0, 10}, 53))
                .containsExactly(new Route.NameServer());
        assertThat(routes(new byte[16], 80))
                .containsExactly(new Route.Nowhere(ConnectStatus.UNREACHABLE));
    }

    @Test
    void names_ofServices_headlessOnes_pods_portsAndAliases() {
        ObjectNode each = object("Service", "each");
        each.putObject("spec").put("clusterIP", "None").putArray("ports").addObject()
                .put("name", "http").put("port", 8080);
        create(GroupResource.SERVICES, each);
        create(GroupResource.ENDPOINT_SLICES, slice("each", 2, 1, 2, 3));
        ObjectNode alias = object("Service", "alias");
        alias.putObject("spec").put("type", "ExternalName").put("externalName", "example.com");
        create(GroupResource.SERVICES, alias);

        assertThat(ask("web.default.svc.cluster.local", DnsMessage.A))
                .isEqualTo("0: 10.96.0.20");
        assertThat(ask("WEB.default.svc.cluster.LOCAL", DnsMessage.A))
                .isEqualTo("0: 10.96.0.20");
        assertThat(ask("web.default.svc.cluster.local", DnsMessage.AAAA)).isEqualTo("0:");
        assertThat(ask("each.default.svc.cluster.local", DnsMessage.A))
                .isEqualTo("0: 10.244.0.1 10.244.0.2");
        assertThat(ask("pod-2.each.default.svc.cluster.local", DnsMessage.A))
                .isEqualTo("0: 10.244.0.2");
        assertThat(ask("pod-3.each.default.svc.cluster.local", DnsMessage.A)).isEqualTo("3:");
        assertThat(ask("10-244-0-1.default.pod.cluster.local", DnsMessage.A))
                .isEqualTo("0: 10.244.0.1");
        assertThat(ask("none.default.svc.cluster.local", DnsMessage.A)).isEqualTo("3:");
        assertThat(ask("alias.default.svc.cluster.local", DnsMessage.CNAME)).contains("example");
        ObjectNode inside = object("Service", "inside");
        inside.putObject("spec").put("type", "ExternalName").put("externalName",
                "web.default.svc.cluster.local");
        create(GroupResource.SERVICES, inside);
        assertThat(ask("inside.default.svc.cluster.local", DnsMessage.A)).endsWith("10.96.0.20");
        assertThat(ask("_http._tcp.web.default.svc.cluster.local", DnsMessage.SRV))
                .startsWith("0: 0.0.0.100.0.80.");
        assertThat(names.answer(question("example.com", DnsMessage.A), true)).isEmpty();
    }

    @Test
    void aliasOfANameElsewhere_getsItsAddresses() {
        ObjectNode alias = object("Service", "alias");
        alias.putObject("spec").put("type", "ExternalName").put("externalName", "example.com");
        create(GroupResource.SERVICES, alias);
        byte[] asked = question("alias.default.svc.cluster.local", DnsMessage.A);
        byte[] passedOn = names.elsewhere(asked).orElseThrow();
        DnsMessage theirs = DnsMessage.parse(passedOn).orElseThrow();
        assertThat(theirs.name()).isEqualTo("example.com");
        byte[] answer = theirs.answer(DnsMessage.OK, List.of(new DnsMessage.Answer("example.com",
                DnsMessage.A, new byte[]{9, 9, 9, 9})), true);
        assertThat(DnsMessage.addresses(names.completed(asked, answer, true).orElseThrow(),
                DnsMessage.A)).containsExactly(new byte[]{9, 9, 9, 9});
        for (int length = 0; length < answer.length; length++) {
            assertThat(DnsMessage.addresses(java.util.Arrays.copyOf(answer, length),
                    DnsMessage.A)).isEmpty();
        }
        assertThat(names.completed(asked, new byte[0], true).orElseThrow()[3] & 15)
                .isEqualTo(DnsMessage.SERVER_FAILURE);
        assertThat(names.elsewhere(question("web.default.svc.cluster.local", DnsMessage.A)))
                .isEmpty();
    }

    @Test
    void aliasWithADotAtItsEnd_isTheSameAsWithout() {
        ObjectNode alias = object("Service", "alias");
        alias.putObject("spec").put("type", "ExternalName").put("externalName", "example.com.");
        create(GroupResource.SERVICES, alias);
        ObjectNode inside = object("Service", "inside");
        inside.putObject("spec").put("type", "ExternalName").put("externalName",
                "web.default.svc.cluster.local.");
        create(GroupResource.SERVICES, inside);
        byte[] passedOn = names
                .elsewhere(question("alias.default.svc.cluster.local", DnsMessage.A))
                .orElseThrow();
        assertThat(DnsMessage.parse(passedOn).orElseThrow().name()).isEqualTo("example.com");
        assertThat(passedOn).hasSize(question("example.com", DnsMessage.A).length);
        assertThat(ask("inside.default.svc.cluster.local", DnsMessage.A)).endsWith("10.96.0.20");
    }

    @Test
    void brokenQuestions_areNotAnswered() {
        byte[] good = question("web.default.svc.cluster.local", DnsMessage.A);
        for (int length = 0; length < good.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(good, length);
            assertThat(names.answer(cut, true)).isEmpty();
        }
        byte[] pointer = good.clone();
        pointer[12] = (byte) 0xc0;
        assertThat(names.answer(pointer, true)).isEmpty();
    }

    private static byte[] question(String name, int type) {
        byte[] encoded = DnsMessage.name(name);
        byte[] question = new byte[12 + encoded.length + 4];
        question[1] = 42;
        question[2] = 1;
        question[5] = 1;
        System.arraycopy(encoded, 0, question, 12, encoded.length);
        question[12 + encoded.length + 1] = (byte) type;
        question[12 + encoded.length + 3] = 1;
        return question;
    }

    /** The code, and the data of the records: four bytes as an address. */
    private String ask(String name, int type) {
        byte[] question = question(name, type);
        Optional<byte[]> answer = names.answer(question, true);
        byte[] bytes = answer.orElseThrow();
        assertThat(bytes[1]).isEqualTo((byte) 42);
        List<String> data = new ArrayList<>();
        int at = question.length;
        for (int i = 0; i < bytes[7]; i++) {
            while (bytes[at] != 0) {
                at += bytes[at] + 1;
            }
            int length = (bytes[at + 9] & 0xff) << 8 | (bytes[at + 10] & 0xff);
            byte[] record = java.util.Arrays.copyOfRange(bytes, at + 11, at + 11 + length);
            at += 11 + length;
            data.add(record[0] > 0 && length > 4 && record[0] < 64
                    && bytes[at - length - 9] == DnsMessage.CNAME
                            ? new String(record, StandardCharsets.ISO_8859_1)
                            : dotted(record));
        }
        return ((bytes[3] & 15) + ": " + String.join(" ", data)).strip();
    }

    private static String dotted(byte[] bytes) {
        List<String> parts = new ArrayList<>();
        for (byte one : bytes) {
            parts.add(Integer.toString(one & 0xff));
        }
        return String.join(".", parts);
    }
}

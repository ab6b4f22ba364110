package io.beemesh.machine.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamHandler;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.noise.ChaChaPoly;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.libp2p.simulation.SimulatedNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.machine.metrics.Meters;
import io.beemesh.machine.network.Attachments.Attachment;
import io.beemesh.machine.object.GroupResource;
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
import io.beemesh.protocol.sidecar.RefusedException;
import io.beemesh.protocol.sidecar.Sealing;
import io.beemesh.protocol.sidecar.Streams;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two machines with a pod each, in virtual time, and somebody on the second one who sees all that passes. */
final class RelaysSimulationTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Simulation simulation = new Simulation(3);
    private final SimulatedNetwork network = new SimulatedNetwork(simulation,
            NetworkConditions.lan());
    private final PrivateKey root = PrivateKey.generate(RANDOM);
    private final ByteArrayOutputStream seen = new ByteArrayOutputStream();
    /** What is done to each write from the second machine to its sidecar; empty: the stream's end. */
    private UnaryOperator<byte[]> onTheWay = bytes -> bytes;
    private final SimulatedRegistry home = SimulatedRegistry.on(simulation);
    private final WrittenObjects objects = new WrittenObjects(home);
    private final PolicyMap policies = new PolicyMap(home.registry());
    private final Site here = new Site("here", 0, root);
    private final Site there = new Site("there", 1, root);
    private final Map<String, PeerId> members = Map.of("here", here.gate.peerId(), "there",
            there.gate.peerId());
    /** How long sidecars take to accept. */
    private Duration accepts = Duration.ZERO;
    private String echoed = "";
    private boolean reset;
    private boolean podReset;

    @BeforeEach
    void start() {
        here.start();
        there.start();
        home.await(() -> {
            policies.start(() -> there.pods.loop().execute(there.gatekeeper::recheck));
            return home.registry().list(GroupResource.NETWORK_POLICIES, "");
        });
    }

    /** A machine, its pod, and the pod's sidecar, which echoes. */
    private final class Site {
        private final PrivateKey podKey = PrivateKey.generate(RANDOM);
        private final SimulatedHost gate;
        private final SimulatedHost pods = network.newHost();
        private final SimulatedHost sidecar = network.newHost(podKey.peerId());
        private final Attachment pod;
        private final PodCredentials credentials;
        private final PolicyGate gatekeeper;
        private final NetworkMeters meters = NetworkMeters.of(new Meters());
        private final Relays relays;

        Site(String name, int share, PrivateKey meshKey) {
            PrivateKey key = PrivateKey.generate(RANDOM);
            MeshId mesh = new MeshId(meshKey.peerId());
            gate = network.newHost(key.peerId());
            pod = new Attachment(new PodName("default", "pod-" + name, "uid-of-pod-" + name),
                    "default",
                    podKey.peerId(), "10.244." + share + ".1");
            MembershipCertificate certificate = MembershipCertificate.issue(meshKey,
                    new MembershipCertificate.Fields(mesh, key.peerId(), name,
                            MembershipCertificate.Role.MEMBER, simulation.wallTime(),
                            simulation.wallTime().plus(Duration.ofDays(1))));
            credentials = new PodCredentials(key, () -> certificate, simulation::wallTime);
            Attachments attachments = new Attachments();
            attachments.put(pod);
            gatekeeper = new PolicyGate(policies, attachments);
            relays = new Relays(new GateStreams(gate, pods.loop()), new Relays.Parts(attachments,
                    gatekeeper,
                    new Connecting(new Spied(Streams.of(pods)), Protocols.POD_ACCEPT, LIMIT),
                    credentials, new CredentialCheck(mesh, simulation::wallTime), meters,
                    node -> Optional.ofNullable(members.get(node))));
        }

        void start() {
            pods.loop().execute(relays::start);
            CredentialCheck check = new CredentialCheck(new MeshId(root.peerId()),
                    simulation::wallTime);
            Sealing sealing = new Sealing(sidecar.loop(), podKey, RANDOM, new ChaChaPoly());
            sidecar.loop().execute(() -> new Connecting(sidecar, Protocols.POD_ACCEPT, LIMIT)
                    .serve((carrier, request) -> sidecar.loop().schedule(accepts, () -> {
                        carrier.answer(ConnectStatus.OK);
                        try {
                            sealing.accept(carrier, check.prove(request.credential()).peer())
                                    .thenAccept(RelaysSimulationTest.this::echo);
                        } catch (FormatException e) {
                            throw new IllegalStateException(e);
                        }
                    })));
            sidecar.loop().execute(() -> pods.addressBook().add(sidecar.peerId(),
                    sidecar.listenAddresses(), Duration.ofDays(1)));
            gate.loop().execute(() -> members.forEach((name, peer) -> {
                Site site = name.equals("here") ? here : there;
                gate.addressBook().add(peer, site.gate.listenAddresses(), Duration.ofDays(1));
            }));
        }
    }

    private void echo(Carrier carrier) {
        carrier.bytes(new StreamReader() {
            @Override
            public void onData(ByteBuffer bytes) {
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                carrier.stream().write(ByteBuffer.wrap(copy));
                carrier.stream().request(copy.length);
            }

            @Override
            public void onEnd() {
                carrier.stream().closeWrite();
            }

            @Override
            public void onReset(StreamResetException cause) {
                podReset = true;
            }
        });
    }

    /** Streams whose written bytes somebody sees, and may change. */
    private final class Spied implements Streams {
        private final Streams inner;

        Spied(Streams inner) {
            this.inner = inner;
        }

        @Override
        public Loop loop() {
            return inner.loop();
        }

        @Override
        public CompletableFuture<Stream> open(PeerId peer, ProtocolId protocol) {
            return inner.open(peer, protocol).thenApply(SpiedStream::new);
        }

        @Override
        public void handle(ProtocolId protocol, StreamHandler handler) {
            inner.handle(protocol, handler);
        }
    }

    private final class SpiedStream implements Stream {
        private final Stream inner;

        SpiedStream(Stream inner) {
            this.inner = inner;
        }

        @Override
        public CompletableFuture<Void> write(ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            seen.writeBytes(copy);
            byte[] changed = onTheWay.apply(copy);
            if (changed.length == 0) {
                inner.closeWrite();
                return CompletableFuture.completedFuture(null);
            }
            return inner.write(ByteBuffer.wrap(changed));
        }

        @Override
        public PeerId remotePeer() {
            return inner.remotePeer();
        }

        @Override
        public ProtocolId protocol() {
            return inner.protocol();
        }

        @Override
        public Multiaddr remoteAddress() {
            return inner.remoteAddress();
        }

        @Override
        public boolean isInbound() {
            return inner.isInbound();
        }

        @Override
        public void reader(StreamReader reader) {
            inner.reader(reader);
        }

        @Override
        public void request(long bytes) {
            inner.request(bytes);
        }

        @Override
        public void closeWrite() {
            inner.closeWrite();
        }

        @Override
        public void reset() {
            inner.reset();
        }

        @Override
        public boolean isOpen() {
            return inner.isOpen();
        }
    }

    private CompletableFuture<Carrier> open(String node, String address, byte[] credential) {
        CompletableFuture<Carrier> result = ask(node, address, credential);
        simulation.runUntil(result::isDone, LIMIT);
        return result;
    }

    private CompletableFuture<Carrier> ask(String node, String address, byte[] credential) {
        CompletableFuture<Carrier> result = new CompletableFuture<>();
        here.pods.loop().execute(() -> here.relays
                .open(new Route.Remote(node, address, 80),
                        new ConnectRequest(Transport.TCP, new byte[4], 80), credential, "uid")
                .whenComplete((carrier, failure) -> {
                    if (failure == null) {
                        result.complete(carrier);
                    } else {
                        result.completeExceptionally(failure);
                    }
                }));
        return result;
    }

    private ConnectStatus refusal(String node, String address, byte[] credential) {
        CompletableFuture<Carrier> opened = open(node, address, credential);
        try {
            opened.get();
            return ConnectStatus.OK;
        } catch (ExecutionException | InterruptedException e) {
            return RefusedException.statusOf(e);
        }
    }

    /** Says {@code text} to the pod there, from the pod here. */
    private void say(String text) {
        Carrier plain = open("there", "10.244.1.1", here.credentials.of(here.pod)).join();
        Sealing sealing = new Sealing(here.pods.loop(), here.podKey, RANDOM,
                new ChaChaPoly());
        here.pods.loop().execute(() -> sealing.dial(plain, there.podKey.peerId())
                .thenAccept(carrier -> {
                    carrier.bytes(new StreamReader() {
                        @Override
                        public void onData(ByteBuffer bytes) {
                            echoed += StandardCharsets.UTF_8.decode(bytes);
                        }

                        @Override
                        public void onEnd() {
                            echoed += ".";
                        }

                        @Override
                        public void onReset(StreamResetException cause) {
                            reset = true;
                        }
                    });
                    carrier.stream().write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
                    carrier.stream().closeWrite();
                }));
    }

    @Test
    void whatPodsSay_isReadByThemAlone() {
        say("nobody else reads this");
        simulation.runUntil(() -> echoed.endsWith("."), LIMIT);
        assertThat(echoed).isEqualTo("nobody else reads this.");
        assertThat(there.meters.relayed().value()).isEqualTo(1);
        // Both directions, with what sealing adds.
        assertThat(there.meters.bytes().value()).isBetween(300L, 2000L);
        assertThat(there.meters.denied().value() + there.meters.failed().value()).isZero();
        assertThat(seen.size()).isGreaterThan(100);
        assertThat(seen.toString(StandardCharsets.ISO_8859_1)).doesNotContain("nobody");
    }

    @Test
    void aByteThatIsChangedOnTheWay_endsTheConnection() {
        int[] writes = {0};
        onTheWay = bytes -> {
            if (++writes[0] > 3) {
                bytes[bytes.length - 1] ^= 1;
            }
            return bytes;
        };
        say("as it was said");
        simulation.runUntil(() -> reset && podReset, LIMIT);
        assertThat(echoed).isEmpty();
    }

    @Test
    void aConnectionThatIsCutShort_hasNoEnd() {
        int[] writes = {0};
        // The request and the two messages of the handshake pass.
        onTheWay = bytes -> ++writes[0] > 3 ? new byte[0] : bytes;
        say("to be cut");
        simulation.runUntil(() -> reset && podReset, LIMIT);
        assertThat(echoed).isEmpty();
    }

    @Test
    void whoIsNotThere_orIsNotWhoHeSays_isRefused() {
        byte[] own = here.credentials.of(here.pod);
        assertThat(refusal("there", "10.244.1.2", own)).isEqualTo(ConnectStatus.UNREACHABLE);
        assertThat(refusal("nowhere", "10.244.9.1", own)).isEqualTo(ConnectStatus.UNREACHABLE);
        assertThat(refusal("there", "10.244.1.1", there.credentials.of(there.pod)))
                .isEqualTo(ConnectStatus.DENIED);
        assertThat(refusal("there", "10.244.1.1", new byte[0])).isEqualTo(ConnectStatus.DENIED);
        Site stranger = new Site("here", 0, PrivateKey.generate(RANDOM));
        assertThat(refusal("there", "10.244.1.1", stranger.credentials.of(here.pod)))
                .isEqualTo(ConnectStatus.DENIED);
        assertThat(open("there", "10.244.1.1", here.credentials.ofMachine())).isCompleted();
    }

    @Test
    void identities_areMadeAnew_beforeTheyEnd() {
        byte[] first = here.credentials.of(here.pod);
        assertThat(here.credentials.of(here.pod)).isEqualTo(first);
        simulation.run(Duration.ofMinutes(31));
        assertThat(here.credentials.of(here.pod)).isNotEqualTo(first);
        simulation.run(Duration.ofMinutes(30));
        assertThat(refusal("there", "10.244.1.1", first)).isEqualTo(ConnectStatus.DENIED);
    }

    private void letIn(String rules) {
        objects.create(GroupResource.NETWORK_POLICIES,
                "{'metadata':{'namespace':'default','name':'in'},'spec':{'podSelector':{},"
                        + "'policyTypes':['Ingress'],'ingress':[" + rules + "]}}");
    }

    @Test
    void policies_areAboutWhoAsks_notAboutHisMachine() {
        byte[] own = here.credentials.of(here.pod);
        letIn("{'from':[{'podSelector':{'matchLabels':{'app':'friend'}}}]}");
        assertThat(refusal("there", "10.244.1.1", own)).isEqualTo(ConnectStatus.DENIED);
        assertThat(there.meters.denied().value()).isEqualTo(1);
        assertThat(refusal("there", "10.244.1.1", here.credentials.ofMachine()))
                .isEqualTo(ConnectStatus.OK);
        objects.create(GroupResource.PODS, "{'metadata':{'namespace':'default','name':"
                + "'pod-here','labels':{'app':'friend'}},'spec':{},'status':{}}");
        assertThat(refusal("there", "10.244.1.1", own)).isEqualTo(ConnectStatus.OK);
    }

    @Test
    void aPolicyThatComes_endsWhatItDoesNotAllow() {
        Carrier open = open("there", "10.244.1.1", here.credentials.of(here.pod)).join();
        assertThat(open.stream().isOpen()).isTrue();
        letIn("");
        simulation.runUntil(() -> !open.stream().isOpen(), LIMIT);
    }

    @Test
    void aPolicyThatComesWhileAConnectionIsMade_endsIt() {
        accepts = Duration.ofSeconds(2);
        CompletableFuture<Carrier> opened = ask("there", "10.244.1.1",
                here.credentials.of(here.pod));
        simulation.run(Duration.ofSeconds(1));
        letIn("");
        assertThat(opened).isNotDone();
        simulation.run(Duration.ofSeconds(5));
        assertThat(opened.isCompletedExceptionally() || !opened.join().stream().isOpen())
                .isTrue();
    }
}

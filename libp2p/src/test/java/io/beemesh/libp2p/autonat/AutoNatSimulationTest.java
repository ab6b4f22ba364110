package io.beemesh.libp2p.autonat;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.simulation.LinkHost;
import io.beemesh.libp2p.simulation.LinkNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.libp2p.swarm.AddressSource;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A host asks three others whether it can be dialed. */
final class AutoNatSimulationTest {
    private final Simulation simulation = new Simulation(1);
    private final LinkNetwork network = new LinkNetwork(simulation);
    private final List<LinkHost> servers = new ArrayList<>();
    private final List<Reachability> opinions = new ArrayList<>();

    AutoNatSimulationTest() {
        for (int i = 0; i < 3; i++) {
            LinkHost server = network.newHost(false);
            AutoNatService service = new AutoNatService(server.swarm());
            server.loop().run(service::start);
            servers.add(server);
        }
    }

    private AutoNat start(LinkHost host) {
        AutoNat autoNat = new AutoNat(host.swarm(), simulation.newRandom(), opinions::add);
        for (LinkHost server : servers) {
            host.know(server);
            Void ignored = host.get(() -> host.swarm().connect(server.id()));
        }
        host.loop().run(autoNat::start);
        return autoNat;
    }

    @Test
    void publicHost_learnsItAndItsAddress() {
        LinkHost host = network.newHost(false);
        AutoNat autoNat = start(host);
        simulation.run(Duration.ofMinutes(1));
        assertThat(opinions).containsExactly(Reachability.PUBLIC);
        assertThat(autoNat.confidence()).isZero();
        assertThat(host.swarm().announced(AddressSource.OBSERVED)).containsExactly(host.outer());
        simulation.run(Duration.ofMinutes(10));
        assertThat(autoNat.confidence()).isEqualTo(AutoNat.CONFIDENCE_MAX);
        assertThat(opinions).hasSize(1);
    }

    @Test
    void hostBehindNat_learnsIt_althoughTheServersPortsAreOpenForItsAnswers() {
        LinkHost host = network.newHost(true);
        AutoNat autoNat = start(host);
        simulation.run(Duration.ofMinutes(10));
        assertThat(opinions).containsExactly(Reachability.PRIVATE);
        assertThat(autoNat.confidence()).isEqualTo(AutoNat.CONFIDENCE_MAX);
        assertThat(network.dropped()).isPositive();
        assertThat(host.swarm().announced(AddressSource.OBSERVED)).isEmpty();
    }

    private AutoNatMessage.Response ask(LinkHost asker, AutoNatMessage question) {
        CompletableFuture<AutoNatMessage.Response> answer = new CompletableFuture<>();
        LinkHost server = servers.getFirst();
        asker.know(server);
        asker.loop().run(() -> asker.swarm().newStream(server.id(), List.of(AutoNat.PROTOCOL))
                .thenAccept(stream -> {
                    FrameReader.start(stream, AutoNatMessage.BYTES_MAX, new Collector(answer));
                    stream.write(FrameReader.frame(question.toBytes()));
                }));
        simulation.runUntil(answer::isDone, Duration.ofMinutes(1));
        return answer.join();
    }

    private record Collector(
            CompletableFuture<AutoNatMessage.Response> answer) implements FrameReader.Receiver {
        @Override
        public void onFrame(ByteBuffer frame) {
            try {
                answer.complete((AutoNatMessage.Response) AutoNatMessage.fromBytes(frame));
            } catch (AutoNatException e) {
                answer.completeExceptionally(e);
            }
        }

        @Override
        public void onEnd() {
            // The answer came before.
        }

        @Override
        public void onFailure(Libp2pException cause) {
            answer.completeExceptionally(cause);
        }
    }

    private static Multiaddr parse(String address) {
        try {
            return Multiaddr.parse(address);
        } catch (FormatException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void service_addressesOfOthers_dialsTheAskersOwnWithTheirPorts() {
        LinkHost host = network.newHost(false);
        LinkHost victim = network.newHost(false);
        byte[] id = host.id().toBytes();
        for (Multiaddr other : List.of(victim.outer(), parse("/ip4/10.1.2.3/tcp/4001"))) {
            AutoNatMessage.Response yes = ask(host, new AutoNatMessage.Dial(id, List.of(other)));
            assertThat(yes.status()).isEqualTo(AutoNatMessage.OK);
            assertThat(yes.address()).containsExactly(host.outer());
        }
        Multiaddr noPortOfOurs = parse(victim.outer().toString().replace("/4001", "/4009"));
        assertThat(ask(host, new AutoNatMessage.Dial(id, List.of(noPortOfOurs))).status())
                .isEqualTo(AutoNatMessage.DIAL_ERROR);
    }

    @Test
    void service_questionsForOthersAndFloods_areRefused() {
        LinkHost host = network.newHost(false);
        LinkHost victim = network.newHost(false);
        byte[] id = host.id().toBytes();
        Multiaddr name = parse("/dns4/victim.example/tcp/4001");
        Multiaddr relayed = parse(victim.outer() + "/p2p/" + victim.id() + "/p2p-circuit");
        assertThat(ask(host, new AutoNatMessage.Dial(id, List.of(name, relayed))).status())
                .isEqualTo(AutoNatMessage.DIAL_REFUSED);
        assertThat(ask(host, new AutoNatMessage.Dial(victim.id().toBytes(), List.of())).status())
                .isEqualTo(AutoNatMessage.BAD_REQUEST);
        assertThat(ask(host, new AutoNatMessage.Response(0, "", List.of())).status())
                .isEqualTo(AutoNatMessage.BAD_REQUEST);
        List<Multiaddr> own = List.of(host.outer());
        for (int i = 0; i < AutoNatService.PER_PEER_AND_MINUTE_MAX; i++) {
            AutoNatMessage.Response yes = ask(host, new AutoNatMessage.Dial(id, own));
            assertThat(yes.status()).isEqualTo(AutoNatMessage.OK);
            assertThat(yes.address()).containsExactly(host.outer());
        }
        assertThat(ask(host, new AutoNatMessage.Dial(id, own)).status())
                .isEqualTo(AutoNatMessage.DIAL_REFUSED);
        simulation.run(Duration.ofMinutes(2));
        assertThat(ask(host, new AutoNatMessage.Dial(id, own)).status())
                .isEqualTo(AutoNatMessage.OK);
    }
}

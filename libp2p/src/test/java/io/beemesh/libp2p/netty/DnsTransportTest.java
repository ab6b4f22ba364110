package io.beemesh.libp2p.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.peer.PublicKey;
import io.beemesh.libp2p.simulation.IdleConnection;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import io.beemesh.libp2p.swarm.Transport;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which answers of a name server are dialed, and when. */
final class DnsTransportTest {
    private static final PublicKey KEY = PrivateKey.generate(new SecureRandom()).publicKey();
    private static final PeerId PEER = PeerId.of(KEY);

    private final Simulation simulation = new Simulation(1);
    private final SimulatedLoop loop = simulation.newLoop();
    private final CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
    private final List<String> asked = new ArrayList<>();
    private final List<String> dialed = new ArrayList<>();
    private final List<CompletableFuture<Connection>> dials = new ArrayList<>();
    private final DnsTransport transport = new DnsTransport(loop, name -> {
        asked.add(name);
        return answer;
    }, List.of(new Recorded("/tcp/"), new Recorded("/quic-v1")));

    /** Dials nothing, but says what it was asked to. */
    private final class Recorded implements Transport {
        private final String kind;

        Recorded(String kind) {
            this.kind = kind;
        }

        @Override
        public boolean canDial(Multiaddr address) {
            return address.toString().startsWith("/ip") && address.toString().contains(kind);
        }

        private CompletableFuture<Connection> add(String how, Multiaddr address) {
            dialed.add(how + address);
            dials.add(new CompletableFuture<>());
            return dials.getLast();
        }

        @Override
        public CompletableFuture<Connection> dial(Multiaddr address, PeerId peer) {
            return add("", address);
        }

        @Override
        public CompletableFuture<Connection> probe(Multiaddr address, PeerId peer) {
            return add("probe ", address);
        }

        @Override
        public CompletableFuture<Connection> punch(Multiaddr address, PeerId peer,
                boolean asDialer) {
            return add("punch ", address);
        }
    }

    private CompletableFuture<Connection> dial(String address) {
        return transport.dial(TestHost.parse(address), PEER);
    }

    private void answer(String... hosts) {
        answer.complete(Stream.of(hosts).map(DnsTransportTest::literal).toList());
    }

    private static InetAddress literal(String host) {
        try {
            return InetAddress.getByName(host); // asks nobody
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private void failDial(int which) {
        dials.get(which).completeExceptionally(new Libp2pException("refused"));
    }

    @Test
    void canDial_namesWhoseAddressesOthersDial() {
        for (String name : List.of("/dns/a", "/dns4/a", "/dns6/a")) {
            assertThat(transport.canDial(TestHost.parse(name + "/tcp/1"))).isTrue();
            assertThat(transport.canDial(TestHost.parse(name + "/udp/1/quic-v1"))).isTrue();
            assertThat(transport.canDial(TestHost.parse(name + "/udp/1"))).isFalse();
        }
        assertThat(transport.canDial(TestHost.parse("/ip4/192.0.2.1/tcp/1"))).isFalse();
        assertThat(transport.canDial(TestHost.parse("/dnsaddr/a"))).isFalse();
    }

    @Test
    void dial_answersOfBothKinds_areTriedByTurnsUntilOneConnects() {
        CompletableFuture<Connection> result = dial("/dns/a.example/tcp/4001");
        answer("2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2");
        assertThat(asked).containsExactly("a.example");
        assertThat(dialed).containsExactly("/ip6/2001:db8::1/tcp/4001");
        failDial(0);
        assertThat(dialed).containsExactly("/ip6/2001:db8::1/tcp/4001", "/ip4/192.0.2.1/tcp/4001");
        assertThat(result).isNotDone();
        Connection connection = new IdleConnection(KEY, TestHost.parse("/ip4/192.0.2.1/tcp/1"));
        dials.get(1).complete(connection);
        assertThat(result.join()).isSameAs(connection);
        simulation.run(Duration.ofMinutes(1));
        assertThat(dialed).hasSize(2);
    }

    @Test
    void dial_oneKindAsked_otherIsNotTried() {
        CompletableFuture<Connection> four = dial("/dns4/a/udp/1/quic-v1");
        CompletableFuture<Connection> six = dial("/dns6/a/udp/1/quic-v1");
        answer("192.0.2.1", "2001:db8::1");
        assertThat(dialed).containsExactlyInAnyOrder("/ip4/192.0.2.1/udp/1/quic-v1",
                "/ip6/2001:db8::1/udp/1/quic-v1");
        failDial(0);
        failDial(1);
        assertThatThrownBy(four::join).hasMessageContaining("no address of the name");
        assertThatThrownBy(six::join).hasMessageContaining("refused");
    }

    @Test
    void probeAndPunch_areThoseOfTheTransport() {
        CompletableFuture<Connection> probed = transport.probe(TestHost.parse("/dns/a/tcp/1"),
                PEER);
        CompletableFuture<Connection> punched = transport.punch(TestHost.parse("/dns/a/tcp/1"),
                PEER, true);
        answer("192.0.2.1");
        assertThat(dialed).containsExactlyInAnyOrder("probe /ip4/192.0.2.1/tcp/1",
                "punch /ip4/192.0.2.1/tcp/1");
        assertThat(probed.isDone() || punched.isDone()).isFalse();
    }

    @Test
    void dial_manyAnswers_triesEight() {
        CompletableFuture<Connection> result = dial("/dns/a/tcp/1");
        answer(IntStream.range(0, 20).mapToObj(i -> "192.0.2." + i).toArray(String[]::new));
        for (int i = 0; i < 8; i++) {
            assertThat(result).isNotDone();
            failDial(i);
        }
        assertThat(result).isCompletedExceptionally();
        assertThat(dialed).hasSize(8);
    }

    @Test
    void dial_nobodyAnswersInTime_failsAndClosesWhatComesLate() {
        CompletableFuture<Connection> unanswered = dial("/dns/a/tcp/1");
        simulation.run(Duration.ofSeconds(14));
        assertThat(unanswered).isNotDone();
        CompletableFuture<Connection> slow = dial("/dns/a/tcp/1");
        simulation.run(Duration.ofSeconds(1));
        assertThatThrownBy(unanswered::join).hasMessageContaining("took too long");
        answer("192.0.2.1", "192.0.2.2");
        assertThat(dialed).hasSize(1); // for the second alone
        simulation.run(Duration.ofSeconds(14));
        assertThatThrownBy(slow::join).hasMessageContaining("took too long");
        IdleConnection late = new IdleConnection(KEY, TestHost.parse("/ip4/192.0.2.1/tcp/1"));
        dials.getFirst().complete(late);
        assertThat(late.isClosed()).isTrue();
        assertThat(dialed).hasSize(1);
    }

    @Test
    void dial_noSuchName_saysSo() {
        CompletableFuture<Connection> result = dial("/dns/a/tcp/1");
        answer.completeExceptionally(new Libp2pException("cannot resolve a"));
        assertThatThrownBy(result::join).hasMessageContaining("cannot resolve a");
        assertThat(dialed).isEmpty();
    }
}

package io.beemesh.conformance.interop;

import static io.beemesh.conformance.interop.InteropPeer.command;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.libp2p.netty.Echo;
import io.beemesh.libp2p.netty.TestHost;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.relay.RelayConfig;
import io.beemesh.libp2p.relay.RelayLimit;
import io.beemesh.libp2p.relay.RelayService;
import io.beemesh.libp2p.relay.Reservation;
import io.beemesh.libp2p.relay.Voucher;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Connections through relays: each of the three places taken by us and by another implementation. */
@WithoutPodman
final class RelayInteropTest {
    private static final int BYTES = 15_000;
    private static final RelayConfig SHORT = RelayConfig.defaults()
            .withLimit(new RelayLimit(Duration.ofMinutes(1), 256 * 1024));

    /** The other implementations. */
    enum Other {
        GO, JS, RUST;

        InteropPeer peer(String... options) {
            return switch (this) {
                case GO -> InteropPeer.go(options);
                case JS -> InteropPeer.js(options);
                case RUST -> InteropPeer.rust(options);
            };
        }

        /** rust-libp2p neither gives vouchers nor looks at them. */
        boolean hasVouchers() {
            return this != RUST;
        }
    }

    private static TestHost host() {
        TestHost host = TestHost.start();
        return host.onLoop(() -> {
            host.host().allowLimited(Echo.PROTOCOL);
            return host;
        });
    }

    private static RelayService serve(TestHost relay) {
        return relay.onLoop(() -> {
            RelayService service = relay.relayService(SHORT);
            service.start();
            return service;
        });
    }

    private static String through(String relay, String target) {
        return relay + "/p2p-circuit/p2p/" + target;
    }

    private static void echo(InteropPeer from, String address) {
        JsonNode reply = from.run(command("echo").put("addr", address).put("size", BYTES));
        assertThat(reply.path("totalBytes").asInt()).isEqualTo(BYTES);
    }

    private static void echo(TestHost from, String address) {
        PeerId target = from.know(address);
        Void ignored = from.get(() -> Echo.exchange(from.host(), target, BYTES, true));
        boolean direct = from.onLoop(() -> from.host().swarm().hasDirect(target));
        assertThat(direct).isFalse();
    }

    private static Reservation reserve(TestHost host, String relay) {
        PeerId id = host.know(relay);
        return host.get(() -> host.host().relayClient().reserve(id));
    }

    @ParameterizedTest
    @EnumSource
    void ourRelay_betweenTwoOfTheirs_carries(Other other) {
        try (TestHost relay = host();
                InteropPeer a = other.peer("--listen", "none", "--dht-mode", "off");
                InteropPeer b = other.peer("--listen", "none", "--dht-mode", "off")) {
            RelayService service = serve(relay);
            JsonNode reserved = a.run(command("relay-reserve").put("addr", relay.address()));
            assertThat(reserved.path("voucher").asBoolean()).isEqualTo(other.hasVouchers());
            assertThat(reserved.toString()).contains(relay.id().toString());
            assertThat(relay.onLoop(service::status).reservations()).isEqualTo(1);
            String address = through(relay.address(), a.id());
            JsonNode connection = b.run(command("relay-dial").put("addr", address));
            assertThat(connection.path("addr").asText()).contains("/p2p-circuit");
            echo(b, address);
            RelayService.Status status = relay.onLoop(service::status);
            assertThat(status.circuits()).isEqualTo(1);
            JsonNode gone = b.run(command("hangup").put("peer", a.id()));
            assertThat(gone.path("ok").asBoolean()).isTrue();
            relay.until(() -> service.status().circuits() == 0);
            assertThat(service.status().carriedBytes()).isGreaterThan(2L * BYTES);
            assertThat(relay.failures()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void theirRelay_betweenOursAndTheirs_carriesBothWays(Other other) throws Exception {
        try (InteropPeer relay = other.peer("--relay", "--dht-mode", "off");
                InteropPeer theirs = other.peer("--listen", "none", "--dht-mode", "off");
                TestHost ours = host()) {
            Reservation reservation = reserve(ours, relay.address());
            if (other.hasVouchers()) {
                assertThat(Voucher.open(reservation.voucher()).holder()).isEqualTo(ours.id());
            } else {
                assertThat(reservation.voucher()).isEmpty();
            }
            assertThat(ours.onLoop(() -> ours.host().listenAddresses()).toString())
                    .contains("/p2p/" + relay.id() + "/p2p-circuit");
            echo(theirs, through(relay.address(), ours.id().toString()));
            JsonNode reserved = theirs.run(command("relay-reserve").put("addr", relay.address()));
            assertThat(reserved.path("ok").asBoolean()).isTrue();
            echo(ours, through(relay.address(), theirs.id()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void theirRelay_betweenTwoOfOurs_carriesWithinItsLimit(Other other) {
        try (InteropPeer relay = other.peer("--relay", "--dht-mode", "off");
                TestHost a = host();
                TestHost b = host()) {
            Reservation reservation = reserve(a, relay.address());
            assertThat(reservation.addresses()).isNotEmpty();
            String address = through(relay.address(), a.id().toString());
            echo(b, address);
            boolean connected = b.onLoop(() -> b.host().connectedPeers().contains(a.id()));
            assertThat(connected).isFalse(); // only limited
            boolean failed = b.get(() -> Echo.exchange(b.host(), a.id(), 1 << 20, true)
                    .handle((done, failure) -> failure != null));
            assertThat(failed).isTrue();
        }
    }
}

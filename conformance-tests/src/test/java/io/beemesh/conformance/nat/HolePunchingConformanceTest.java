package io.beemesh.conformance.nat;

import static io.beemesh.conformance.interop.InteropPeer.command;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.conformance.interop.InteropPeer;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Two hosts behind NATs of the kernel: they meet through a relay and then do without it. */
@WithoutPodman
final class HolePunchingConformanceTest {
    private static final int BYTES = 20_000;
    private static final int MORE_BYTES = 4 << 20;

    private static long carried(NatPeer.Running relay) {
        return Long.parseLong(relay.ask("status").split(" ", 2)[1]);
    }

    @Test
    void twoNats_directDialFails_relayWorks_thenTrafficLeavesTheRelay() throws IOException {
        try (NatNetwork network = new NatNetwork()) {
            NatPeer.Running relay = network.start("pub", "/ip4/" + NatNetwork.PUBLIC + "/tcp/4001");
            NatPeer.Running a = network.start("a", "/ip4/0.0.0.0/tcp/4001");
            NatPeer.Running b = network.start("b", "/ip4/0.0.0.0/tcp/4001");
            assertThat(relay.ask("serve")).isEqualTo("serving");

            // Neither can dial the other, although both have talked to the relay from that port.
            // (From
            // a port of their own: a NAT remembers for two minutes what left the one to be punched
            // from.)
            assertThat(a.ask("reserve " + relay.address())).startsWith("reserved ");
            assertThat(b.ask("reserve " + relay.address())).startsWith("reserved ");
            assertThat(
                    b.ask("probe /ip4/" + NatNetwork.OUTER.getFirst() + "/tcp/4001/p2p/" + a.id()))
                    .startsWith("failed").contains("timed out");
            assertThat(
                    a.ask("probe /ip4/" + NatNetwork.OUTER.getLast() + "/tcp/4001/p2p/" + b.id()))
                    .startsWith("failed").contains("timed out");

            // Through the relay they reach each other.
            String through = relay.address() + "/p2p-circuit/p2p/" + a.id();
            assertThat(a.ask("allow") + b.ask("allow")).isEqualTo("allowedallowed");
            Eventually.within(Duration.ofSeconds(60),
                    () -> assertThat(b.ask("dial " + through)).isEqualTo("dialed"));
            assertThat(b.ask("echo " + a.id() + " " + BYTES)).isEqualTo("echoed");
            assertThat(b.ask("direct " + a.id())).isEqualTo("false");
            assertThat(carried(relay)).isZero(); // counted when a circuit ends
            assertThat(relay.ask("status")).startsWith("1 ");

            // With hole punching the same way ends in a direct connection.
            assertThat(b.ask("hangup " + a.id())).isEqualTo("gone");
            assertThat(a.ask("punch") + b.ask("punch")).isEqualTo("punchingpunching");
            Eventually.within(Duration.ofSeconds(30),
                    () -> assertThat(relay.ask("status")).startsWith("0 "));
            assertThat(carried(relay)).isGreaterThan(2L * BYTES);
            assertThat(b.ask("dial " + through)).isEqualTo("dialed");
            Eventually.within(Duration.ofSeconds(60), () -> {
                assertThat(b.ask("direct " + a.id())).isEqualTo("true");
                assertThat(a.ask("direct " + b.id())).isEqualTo("true");
            });
            Eventually.within(Duration.ofSeconds(60),
                    () -> assertThat(relay.ask("status")).startsWith("0 "));
            long before = carried(relay);
            assertThat(b.ask("echo " + a.id() + " " + MORE_BYTES)).isEqualTo("echoed");
            assertThat(carried(relay)).isEqualTo(before);
        }
    }

    /** A public relay that serves, a host of ours behind one NAT, a go peer behind the other. */
    private record WithGo(NatPeer.Running relay, NatPeer.Running ours, InteropPeer go) {
        static WithGo start(NatNetwork network) throws IOException {
            NatPeer.Running relay = network.start("pub", "/ip4/" + NatNetwork.PUBLIC + "/tcp/4001");
            NatPeer.Running ours = network.start("a", "/ip4/0.0.0.0/tcp/4001");
            InteropPeer go = network.startGo("b", "--hole-punching", "--dht-mode", "off",
                    "--listen", "/ip4/0.0.0.0/tcp/4001");
            assertThat(relay.ask("serve")).isEqualTo("serving");
            return new WithGo(relay, ours, go);
        }

        /** go punches only then. */
        void goKnowsItsOuterAddress() {
            Eventually.within(Duration.ofSeconds(30),
                    () -> assertThat(go.run(command("info")).path("protocols").toString())
                            .contains("/libp2p/dcutr"));
        }

        void goDials(String address) {
            JsonNode reply = go.run(command("dial").put("addr", address));
            assertThat(reply.path("ok").asBoolean()).isTrue();
        }

        /** Called where both have talked to the relay from their port. */
        void neitherCanDialTheOther() {
            assertThat(ours.ask(
                    "probe /ip4/" + NatNetwork.OUTER.getLast() + "/tcp/4001/p2p/" + go.id()))
                    .startsWith("failed").contains("timed out");
            JsonNode reply = go.ask(command("probe").put("addr",
                    "/ip4/" + NatNetwork.OUTER.getFirst() + "/tcp/4001/p2p/" + ours.id()));
            assertThat(reply.path("ok").asBoolean()).isFalse();
            assertThat(reply.path("error").asText()).contains("timeout");
        }

        void becomeDirect() {
            Eventually.within(Duration.ofSeconds(60),
                    () -> assertThat(ours.ask("direct " + go.id())).isEqualTo("true"));
        }

        /** Bytes of a circuit are counted when it ends, so there must be none left. */
        void trafficLeavesTheRelay() {
            Eventually.within(Duration.ofSeconds(60),
                    () -> assertThat(relay.ask("status")).startsWith("0 "));
            String before = relay.ask("status");
            assertThat(carried(relay)).isPositive();
            assertThat(ours.ask("echo " + go.id() + " " + MORE_BYTES)).isEqualTo("echoed");
            JsonNode ignored = go.run(
                    command("echo").put("peer", ours.id()).put("size", MORE_BYTES));
            assertThat(relay.ask("status")).isEqualTo(before);
        }
    }

    @Test
    void goBehindTheOtherNat_dialedThroughTheRelay_becomesDirect_thenTrafficLeavesTheRelay()
            throws IOException {
        try (NatNetwork network = new NatNetwork()) {
            WithGo all = WithGo.start(network);
            assertThat(all.ours.ask("dial " + all.relay.address())).isEqualTo("dialed");
            assertThat(all.ours.ask("punch")).isEqualTo("punching");
            JsonNode reserved = all.go
                    .run(command("relay-reserve").put("addr", all.relay.address()));
            assertThat(reserved.path("ok").asBoolean()).isTrue();
            all.goKnowsItsOuterAddress();
            all.neitherCanDialTheOther();
            assertThat(all.ours.ask(
                    "dial " + all.relay.address() + "/p2p-circuit/p2p/" + all.go.id()))
                    .isEqualTo("dialed");
            all.becomeDirect();
            all.trafficLeavesTheRelay();
        }
    }

    @Test
    void goBehindTheOtherNat_dialsThroughTheRelay_becomesDirect_thenTrafficLeavesTheRelay()
            throws IOException {
        try (NatNetwork network = new NatNetwork()) {
            WithGo all = WithGo.start(network);
            assertThat(all.ours.ask("reserve " + all.relay.address())).startsWith("reserved ");
            assertThat(all.ours.ask("punch")).isEqualTo("punching");
            all.goDials(all.relay.address());
            all.goKnowsItsOuterAddress();
            all.neitherCanDialTheOther();
            all.goDials(all.relay.address() + "/p2p-circuit/p2p/" + all.ours.id());
            all.becomeDirect();
            all.trafficLeavesTheRelay();
        }
    }
}

package io.beemesh.conformance.nat;

import static io.beemesh.conformance.interop.InteropPeer.command;
import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.conformance.interop.InteropPeer;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Hosts in the open and behind a NAT of the kernel learn from one of another make which they are. */
@WithoutPodman
final class AutoNatConformanceTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String OPEN = "/ip4/" + NatNetwork.PUBLIC_TOO + "/tcp/4001";
    private static final String BEHIND = "/ip4/0.0.0.0/tcp/4001";

    @Test
    void goServes_oursLearnWhetherTheyCanBeDialed() throws IOException {
        try (NatNetwork network = new NatNetwork()) {
            InteropPeer server = network.startGo("pub", "--autonat", "--dht-mode", "off",
                    "--listen", "/ip4/" + NatNetwork.PUBLIC + "/tcp/4002");
            NatPeer.Running open = network.start("pub", OPEN);
            NatPeer.Running behind = network.start("a", BEHIND);
            for (NatPeer.Running each : new NatPeer.Running[]{open, behind}) {
                assertThat(each.ask("dial " + server.address())).isEqualTo("dialed");
                assertThat(each.ask("autonat")).isEqualTo("asking");
            }
            Eventually.within(LIMIT,
                    () -> assertThat(open.ask("reachability")).isEqualTo("PUBLIC"));
            Eventually.within(LIMIT,
                    () -> assertThat(behind.ask("reachability")).isEqualTo("PRIVATE"));
        }
    }

    @Test
    void oursServes_goLearnsThatItCanBeDialed() throws IOException {
        try (NatNetwork network = new NatNetwork()) {
            NatPeer.Running server = network.start("pub", OPEN);
            assertThat(server.ask("autonat-serve")).isEqualTo("serving");
            InteropPeer open = network.startGo("pub", "--dht-mode", "off", "--listen",
                    "/ip4/" + NatNetwork.PUBLIC + "/tcp/4002");
            assertThat(open.run(command("dial").put("addr", server.address())).path("ok")
                    .asBoolean()).isTrue();
            assertThat(open.event(event -> event.path("event").asText().equals("reachability"))
                    .path("reachability").asText()).isEqualTo("Public");
        }
    }
}

package io.beemesh.conformance.nat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.conformance.Command;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.Proof;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.conformance.interop.InteropPeer;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Peers of one local network, two network namespaces with a wire between them, find each other. */
@WithoutPodman
final class MulticastDnsConformanceTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String OURS = "/ip4/10.77.0.1/tcp/4001";
    private static final String THEIRS = "/ip4/10.77.0.2/tcp/4001";

    private final String prefix = "bml" + ProcessHandle.current().pid();

    @BeforeEach
    void makeNetwork() {
        int code = run("""
                set -e
                test $(id -u) = 0
                command -v nsenter
                ip netns add Pa
                ip netns add Pb
                ip link add name eth netns Pa type veth peer name eth netns Pb
                for n in a b; do
                  ip -n P$n link set lo up
                  ip -n P$n link set eth up
                done
                ip -n Pa addr add 10.77.0.1/24 dev eth
                ip -n Pb addr add 10.77.0.2/24 dev eth
                ip -n Pa route add 224.0.0.0/4 dev eth
                ip -n Pb route add 224.0.0.0/4 dev eth
                """.replace("P", prefix));
        Proof.needs(code == 0, "network namespaces", "./verify as root");
    }

    @AfterEach
    void removeNetwork() {
        int ignored = run("ip netns del " + prefix + "a; ip netns del " + prefix + "b");
    }

    private static int run(String script) {
        return Command.of("sh", "-c", script).limit(Duration.ofSeconds(60)).run().exitCode();
    }

    private NatPeer.Running ours(String namespace, String listen) throws IOException {
        NatPeer.Running peer = NatPeer.start(prefix + namespace, listen);
        assertThat(peer.ask("mdns")).isEqualTo("asking");
        return peer;
    }

    @Test
    void twoOfOurs_findEachOther() throws IOException {
        try (NatPeer.Running a = ours("a", OURS); NatPeer.Running b = ours("b", THEIRS)) {
            Eventually.within(LIMIT,
                    () -> assertThat(a.ask("known " + b.id())).contains(THEIRS));
            Eventually.within(LIMIT,
                    () -> assertThat(b.ask("known " + a.id())).contains(OURS));
            assertThat(a.ask("echo " + b.id() + " 1000")).isEqualTo("echoed");
        }
    }

    @Test
    void goPeer_findsUs_andIsFound() throws IOException {
        try (InteropPeer go = InteropPeer.go(NatPeer.within(prefix + "b"), "--listen", THEIRS,
                "--mdns", "--dht-mode", "off")) {
            findEachOther(go);
        }
    }

    @Test
    void jsPeer_findsUs_andIsFound() throws IOException {
        try (InteropPeer js = InteropPeer.js(NatPeer.within(prefix + "b"), "--listen", THEIRS,
                "--mdns", "--dht-mode", "off")) {
            findEachOther(js);
        }
    }

    private void findEachOther(InteropPeer peer) throws IOException {
        try (NatPeer.Running ours = ours("a", OURS)) {
            Eventually.within(LIMIT,
                    () -> assertThat(ours.ask("known " + peer.id())).contains(THEIRS));
            JsonNode found = peer.event(event -> event.path("event").asText().equals("mdns-found")
                    && event.path("peer").asText().equals(ours.id()));
            assertThat(found.path("addrs").toString()).contains(OURS);
            assertThat(ours.ask("echo " + peer.id() + " 1000")).isEqualTo("echoed");
        }
    }
}

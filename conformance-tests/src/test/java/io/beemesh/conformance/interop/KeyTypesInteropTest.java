package io.beemesh.conformance.interop;

import static io.beemesh.conformance.interop.InteropPeer.command;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.conformance.Eventually;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.libp2p.netty.Echo;
import io.beemesh.libp2p.netty.TestHost;
import io.beemesh.libp2p.netty.Wire;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Peers with keys that the host has not itself: RSA, secp256k1 and ECDSA. */
@WithoutPodman
final class KeyTypesInteropTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int BYTES = 10_000;

    /** Who makes which. */
    enum Key {
        RSA, SECP256K1, ECDSA;

        InteropPeer peer(String security) {
            return this == ECDSA
                    ? InteropPeer.go("--key-type", "ECDSA", "--security", security)
                    : InteropPeer.js("--key-type", this == RSA ? "RSA" : "secp256k1",
                            "--security", security);
        }
    }

    @ParameterizedTest
    @CsvSource({"RSA,NOISE", "RSA,TLS", "SECP256K1,NOISE", "SECP256K1,TLS", "ECDSA,NOISE",
            "ECDSA,TLS"})
    void dial_bothWays_exchanges(Key key, Wire wire) {
        String security = wire == Wire.TLS ? "tls" : "noise";
        try (InteropPeer peer = key.peer(security); TestHost host = wire.start()) {
            JsonNode reply = peer.run(command("echo").put("addr", host.address())
                    .put("size", BYTES));
            assertThat(reply.path("totalBytes").asInt()).isEqualTo(BYTES);
        }
        try (InteropPeer peer = key.peer(security); TestHost host = wire.start()) {
            PeerId id = host.know(peer.address());
            Void ignored = host.get(() -> Echo.exchange(host.host(), id, BYTES, true));
            assertThat(host.identified(id)).contains(Echo.PROTOCOL);
        }
    }

    /** The key of such a message's author may not be in its id, and then comes with the message. */
    @ParameterizedTest
    @EnumSource
    void publish_isVerified(Key key) {
        try (InteropPeer peer = key.peer("noise"); JavaPeer ours = new JavaPeer()) {
            ours.subscribe("keys");
            assertThat(peer.run(command("subscribe").put("topic", "keys")).path("ok").asBoolean())
                    .isTrue();
            ours.connect(peer.address());
            Eventually.within(LIMIT, () -> assertThat(
                    ours.host().onLoop(() -> ours.pubsub().mesh("keys").size())).isEqualTo(1));
            Eventually.within(LIMIT, () -> {
                assertThat(peer.run(command("publish").put("topic", "keys").put("text", "signed"))
                        .path("ok").asBoolean()).isTrue();
                assertThat(ours.received()).contains("signed");
            });
        }
    }
}

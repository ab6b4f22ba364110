package io.beemesh.conformance.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.libp2p.netty.Wire;
import java.util.stream.Stream;

/** The host with js-libp2p. */
@WithoutPodman
final class JsPeerInteropTest extends PeerInteropContract {
    @Override
    InteropPeer start(Wire wire, String... options) {
        return wire == Wire.QUIC
                ? InteropPeer.js(Stream.concat(Stream.of(options), Stream.of("--quic"))
                        .toArray(String[]::new))
                : InteropPeer.js(options);
    }

    @Override
    void checkRecord(JsonNode told) {
        JsonNode record = told.path("signedPeerRecord");
        assertThat(record.path("verified").asBoolean()).isTrue();
        assertThat(record.path("addrs").toString()).contains("/ip4/127.0.0.1/");
    }
}

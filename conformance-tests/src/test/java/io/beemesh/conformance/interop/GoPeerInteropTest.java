package io.beemesh.conformance.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.libp2p.netty.Wire;

/** The host with go-libp2p. */
@WithoutPodman
final class GoPeerInteropTest extends PeerInteropContract {
    @Override
    InteropPeer start(Wire wire, String... options) {
        return InteropPeer.go(options);
    }

    @Override
    void checkRecord(JsonNode told) {
        JsonNode record = told.path("signedPeerRecord");
        assertThat(record.path("verified").asBoolean()).isTrue();
        assertThat(record.path("addrs").toString()).contains("/ip4/127.0.0.1/");
    }
}

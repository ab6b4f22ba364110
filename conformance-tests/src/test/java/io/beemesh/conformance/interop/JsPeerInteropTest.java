package io.beemesh.conformance.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

/** The host with js-libp2p. */
final class JsPeerInteropTest extends PeerInteropSuite {
    @Override
    InteropPeer peer(String... options) {
        return InteropPeer.js(options);
    }

    @Override
    void checkRecord(JsonNode told) {
        JsonNode record = told.path("signedPeerRecord");
        assertThat(record.path("verified").asBoolean()).isTrue();
        assertThat(record.path("addrs").toString()).contains("/ip4/127.0.0.1/tcp/");
    }
}

package io.beemesh.conformance.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.conformance.WithoutPodman;
import io.beemesh.libp2p.netty.Wire;

/** The host with rust-libp2p. */
@WithoutPodman
final class RustPeerInteropTest extends PeerInteropContract {
    @Override
    InteropPeer start(Wire wire, String... options) {
        return InteropPeer.rust(options);
    }

    @Override
    void checkRecord(JsonNode told) {
        // rust keeps only records of its own older kind, and takes the unsigned addresses
        // instead.
        assertThat(told.path("listenAddrs")).isNotEmpty();
    }
}

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
        // go refuses addresses of a bad record, so that it has any is its verdict.
        assertThat(told.path("listenAddrs")).isNotEmpty();
    }
}

package io.beemesh.conformance.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.libp2p.netty.TestHost;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The host with go-libp2p, over each wire. */
final class GoPeerInteropTest {
    abstract static class Suite extends PeerInteropSuite {
        Suite(Wire wire) {
            super(wire);
        }

        @Override
        InteropPeer start(String... options) {
            return InteropPeer.go(options);
        }

        @Override
        void checkRecord(JsonNode told) {
            // go refuses addresses of a bad record, so that it has any is its verdict.
            assertThat(told.path("listenAddrs")).isNotEmpty();
        }
    }

    @Nested
    final class Noise extends Suite {
        Noise() {
            super(Wire.NOISE);
        }

        @Test
        void exchange_withoutEarlyMuxer_allComeBack() {
            try (InteropPeer peer = start();
                    TestHost dialer = TestHost.startWithoutEarlyMuxer();
                    TestHost listener = TestHost.startWithoutEarlyMuxer()) {
                PeerInteropSuite.exchangeAll(dialer, dialer.know(peer.address()));
                PeerInteropSuite.askForAll(peer, listener, true);
            }
        }
    }

    @Nested
    final class Tls extends Suite {
        Tls() {
            super(Wire.TLS);
        }
    }

    @Nested
    final class Quic extends Suite {
        Quic() {
            super(Wire.QUIC);
        }
    }
}

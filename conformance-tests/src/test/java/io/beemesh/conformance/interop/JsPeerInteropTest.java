package io.beemesh.conformance.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.libp2p.netty.TestHost;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The host with js-libp2p, over each wire. */
final class JsPeerInteropTest {
    abstract static class Suite extends PeerInteropSuite {
        Suite(Wire wire) {
            super(wire);
        }

        @Override
        InteropPeer start(String... options) {
            return InteropPeer.js(options);
        }

        @Override
        void checkRecord(JsonNode told) {
            JsonNode record = told.path("signedPeerRecord");
            assertThat(record.path("verified").asBoolean()).isTrue();
            assertThat(record.path("addrs").toString()).contains("/ip4/127.0.0.1/");
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

        @Override
        InteropPeer start(String... options) {
            return super.start(Stream.concat(Stream.of(options), Stream.of("--quic"))
                    .toArray(String[]::new));
        }
    }
}

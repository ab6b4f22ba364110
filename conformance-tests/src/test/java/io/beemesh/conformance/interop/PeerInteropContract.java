package io.beemesh.conformance.interop;

import com.fasterxml.jackson.databind.JsonNode;
import io.beemesh.libp2p.netty.Wire;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What the host must do with an implementation: the same over each wire. */
abstract class PeerInteropContract {
    /** A new peer of the implementation that is to use this wire. */
    abstract InteropPeer start(Wire wire, String... options);

    /** Checks the signed record that the implementation got of the host, where it shows it. */
    abstract void checkRecord(JsonNode told);

    /** The suite with this implementation. */
    abstract class Suite extends PeerInteropSuite {
        Suite(Wire wire) {
            super(wire);
        }

        @Override
        InteropPeer start(Wire wire, String... options) {
            return PeerInteropContract.this.start(wire, options);
        }

        @Override
        void checkRecord(JsonNode told) {
            PeerInteropContract.this.checkRecord(told);
        }
    }

    @Nested
    final class Noise extends Suite {
        Noise() {
            super(Wire.NOISE);
        }

        @Test
        void exchange_withoutEarlyMuxer_allComeBack() {
            exchangeWithoutEarlyMuxer();
        }
    }

    @Nested
    final class Tls extends Suite {
        Tls() {
            super(Wire.TLS);
        }

        @Test
        void exchange_withoutEarlyMuxer_allComeBack() {
            exchangeWithoutEarlyMuxer();
        }
    }

    @Nested
    final class Quic extends Suite {
        Quic() {
            super(Wire.QUIC);
        }
    }
}

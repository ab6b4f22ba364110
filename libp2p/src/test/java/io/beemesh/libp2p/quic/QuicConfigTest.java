package io.beemesh.libp2p.quic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class QuicConfigTest {
    private final QuicConfig defaults = QuicConfig.defaults();

    @Test
    void defaults_areWhatTheyAre() {
        assertThat(defaults).isEqualTo(new QuicConfig(256, 524_288, 1_048_576, 8_388_608,
                Duration.ofSeconds(30), Duration.ofSeconds(10)));
    }

    @Test
    void bounds_areHeld() {
        for (int value : new int[]{0, 65_537}) {
            assertThatThrownBy(() -> defaults.withInboundStreamsMax(value))
                    .hasMessageContaining("inboundStreamsMax is " + value);
        }
        for (Duration value : new Duration[]{Duration.ofMillis(999), Duration.ofMinutes(11)}) {
            assertThatThrownBy(() -> defaults.withIdleTimeout(value))
                    .hasMessageContaining("idleTimeout");
        }
        for (int[] windows : new int[][]{{16_383, 1 << 20}, {17 << 20, 32 << 20}, {1 << 20, 1000},
                {1 << 20, 65 << 20}}) {
            assertThatThrownBy(() -> new QuicConfig(1, windows[0], windows[1], 4096,
                    Duration.ofSeconds(30), Duration.ofSeconds(10)))
                    .hasMessageContaining("WindowBytes");
        }
        assertThatThrownBy(() -> new QuicConfig(1, 1 << 20, 1 << 20, 4095, Duration.ofSeconds(30),
                Duration.ofSeconds(10))).hasMessageContaining("writeBytesMax");
        assertThatThrownBy(() -> new QuicConfig(1, 1 << 20, 1 << 20, 4096, Duration.ofSeconds(30),
                Duration.ZERO)).hasMessageContaining("handshakeTimeout");
    }
}

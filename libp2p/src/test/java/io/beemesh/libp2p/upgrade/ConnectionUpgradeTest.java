package io.beemesh.libp2p.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.noise.NoiseIdentity;
import io.beemesh.libp2p.peer.PrivateKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** With Noise. */
class ConnectionUpgradeTest extends UpgradeContract {
    private int sides;

    /** Every other side would rather have a muxer that nobody has. */
    @Override
    protected SecurityProtocol security(Loop loop, PrivateKey key, boolean early) {
        List<String> muxers = sides++ % 2 == 0
                ? List.of("/yamux/1.0.0")
                : List.of("/mplex/6.7.0", "/yamux/1.0.0");
        return new NoiseSecurity(
                new NoiseIdentity(key, early ? muxers : List.of(), random));
    }

    @Override
    protected int rounds() {
        return 200;
    }

    @Test
    void upgrade_slowLoris_endsInTime() throws FormatException {
        Side b = new Side(true);
        ConnectionUpgrade ofB = b.listen();
        for (int i = 0; i < 20; i++) {
            ofB.onBytes(ByteBuffer.wrap(new byte[]{
                    "\u0013/multistream/1.0.0\n".getBytes(StandardCharsets.US_ASCII)[i]}));
            simulation.run(Duration.ofMillis(600));
        }
        assertThat(ofB.upgraded()).isCompletedExceptionally();
        assertThat(b.isClosed()).isTrue();
    }
}

package io.beemesh.libp2p.noise;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.netty.NettyChaChaPoly;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.OpenSsl;
import java.nio.ByteBuffer;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** BoringSSL's, which must be there. */
final class NativeChaChaPolyTest extends ChaChaPolyContract {
    @Override
    ChaChaPoly engine() {
        assertThat(NettyChaChaPoly.missing()).isEmpty();
        return new NettyChaChaPoly();
    }

    /** Both libraries have a BoringSSL within. */
    @Test
    void library_besideThatOfTls_isThere() {
        assertThat(OpenSsl.isAvailable()).isTrue();
        assertThat(NettyChaChaPoly.missing()).isEmpty();
    }

    @Test
    void open_refused_keepsNoMemoryOutsideOfTheHeap() {
        ChaChaPoly engine = engine();
        SecretKeySpec key = new SecretKeySpec(new byte[32], "ChaCha20");
        ByteBuffer junk = ByteBuffer.allocateDirect(100);
        ByteBuffer out = ByteBuffer.allocateDirect(100);
        long before = UnpooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
        for (int i = 0; i < 1000; i++) {
            assertThat(engine.tryOpen(key, i, new byte[0], junk.clear(), out.clear())).isFalse();
        }
        assertThat(UnpooledByteBufAllocator.DEFAULT.metric().usedDirectMemory())
                .isLessThan(before + 1000);
    }
}

package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.noise.ChaChaPoly;
import java.nio.ByteBuffer;
import java.util.Optional;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals and opens by BoringSSL's assembler where {@code
 * io.netty.incubator:netty-incubator-codec-ohttp-hpke-native-boringssl} is on the class path and fits the machine,
 * by the JDK elsewhere. The library is loaded at the first message after a handshake; the log says which of the two
 * it is.
 */
public final class NettyChaChaPoly extends ChaChaPoly {
    private static final Logger LOG = LoggerFactory.getLogger(NettyChaChaPoly.class);

    private @Nullable BoringSsl boringSsl;

    /** Tried once in a process, when it is first asked for. */
    private static final class Library {
        static final Optional<String> MISSING = load();

        private static Optional<String> load() {
            try {
                long begin = System.nanoTime();
                new BoringSsl().prove();
                LOG.info("Cipher loaded cipher=ChaCha20-Poly1305 by=BoringSSL took={}ms",
                        (System.nanoTime() - begin) / 1_000_000);
                return Optional.empty();
            } catch (LinkageError | RuntimeException e) {
                LOG.warn("Native cipher is missing, sealed bytes take many times as long"
                        + " cipher=ChaCha20-Poly1305 by=JDK reason=\"{}\"", e.toString());
                return Optional.of(e.toString());
            }
        }
    }

    /** Why the JDK does it, if so; loads the library. */
    public static Optional<String> missing() {
        return Library.MISSING;
    }

    @Override
    protected void seal(SecretKeySpec key, long nonce, byte[] associated, ByteBuffer in,
            ByteBuffer out) {
        if (isOfHandshake(associated) || missing().isPresent()) {
            super.seal(key, nonce, associated, in, out);
        } else {
            boringSsl().seal(key.getEncoded(), nonceBytes(nonce), associated, in, out);
        }
    }

    @Override
    protected boolean tryOpen(SecretKeySpec key, long nonce, byte[] associated, ByteBuffer in,
            ByteBuffer out) {
        if (isOfHandshake(associated) || missing().isPresent()) {
            return super.tryOpen(key, nonce, associated, in, out);
        }
        return boringSsl().open(key.getEncoded(), nonceBytes(nonce), associated, in, out);
    }

    /** Those are few and small, and who only shakes hands, as on unix sockets, needs no library. */
    private static boolean isOfHandshake(byte[] associated) {
        return associated.length > 0;
    }

    private BoringSsl boringSsl() {
        BoringSsl known = boringSsl;
        if (known == null) {
            known = new BoringSsl();
            boringSsl = known;
        }
        return known;
    }
}

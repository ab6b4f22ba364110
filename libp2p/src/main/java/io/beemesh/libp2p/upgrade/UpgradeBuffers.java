package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.noise.ChaChaPoly;
import io.beemesh.libp2p.noise.NoiseCipher;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The cipher engine and the buffers through which all bytes of a loop's connections pass: one set for all
 * connections, as no connection keeps anything in them between two calls. Connections inside other
 * connections (relayed) need a set of their own, as theirs are fed from within the outer one's call.
 *
 * <p>They lie outside of the heap, where sockets and native ciphers need no copy of them, and each is made when
 * it is first used: {@value NoiseCipher#MESSAGE_BYTES_MAX} bytes and a few.
 */
public final class UpgradeBuffers {
    private final ChaChaPoly engine;
    private @Nullable ByteBuffer opened;
    private @Nullable ByteBuffer toSeal;
    private @Nullable ByteBuffer sealed;
    private @Nullable ByteBuffer toOpen;
    private boolean lent;

    public UpgradeBuffers(ChaChaPoly engine) {
        this.engine = engine;
    }

    ChaChaPoly engine() {
        return engine;
    }

    /** A set for connections inside of those that use this one. */
    UpgradeBuffers nested() {
        return new UpgradeBuffers(engine);
    }

    /** Empty room for what a security protocol opens: one Noise message. */
    public ByteBuffer opened() {
        ByteBuffer known = opened;
        if (known == null) {
            known = ByteBuffer.allocateDirect(NoiseCipher.MESSAGE_BYTES_MAX);
            opened = known;
        }
        return known.clear();
    }

    /** Empty room for what a security protocol seals: one Noise message and its length. */
    public ByteBuffer sealed() {
        ByteBuffer known = sealed;
        if (known == null) {
            known = ByteBuffer
                    .allocateDirect(NoiseCipher.LENGTH_BYTES + NoiseCipher.MESSAGE_BYTES_MAX);
            sealed = known;
        }
        return known.clear();
    }

    /** Empty room for what is to be sealed in one Noise message. */
    ByteBuffer toSeal() {
        ByteBuffer known = toSeal;
        if (known == null) {
            known = ByteBuffer.allocateDirect(NoiseCipher.PLAIN_BYTES_MAX);
            toSeal = known;
        }
        return known.clear();
    }

    /**
     * Lends room for a Noise message of which only the beginning is there, to one connection at a time; the others get
     * an array each. To be given back.
     */
    Optional<ByteBuffer> lend(int bytes) {
        if (lent) {
            return Optional.empty();
        }
        lent = true;
        ByteBuffer known = toOpen;
        if (known == null) {
            known = ByteBuffer.allocateDirect(NoiseCipher.MESSAGE_BYTES_MAX);
            toOpen = known;
        }
        return Optional.of(known.clear().limit(bytes));
    }

    /** Takes back what was lent. */
    void giveBack() {
        lent = false;
    }
}

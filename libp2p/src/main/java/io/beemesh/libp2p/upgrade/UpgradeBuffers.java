package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.noise.ChaChaPoly;
import io.beemesh.libp2p.noise.NoiseCipher;

/**
 * The cipher engine and the arrays through which all bytes of a loop's connections pass: one set for all
 * connections, as no connection keeps anything in them between two calls. Connections inside other
 * connections (relayed) need a set of their own, as theirs are fed from within the outer one's call.
 */
public final class UpgradeBuffers {
    final ChaChaPoly engine = new ChaChaPoly();
    final byte[] sealedIn = new byte[NoiseCipher.MESSAGE_BYTES_MAX];
    final byte[] plainIn = new byte[NoiseCipher.MESSAGE_BYTES_MAX];
    final byte[] plainOut = new byte[NoiseCipher.PLAIN_BYTES_MAX];
    final byte[] sealedOut = new byte[NoiseCipher.LENGTH_BYTES + NoiseCipher.MESSAGE_BYTES_MAX];

    /** Room for what a security protocol opens, {@value NoiseCipher#MESSAGE_BYTES_MAX} bytes. */
    public byte[] opened() {
        return plainIn;
    }

    /** Room for what a security protocol seals, no less. */
    public byte[] sealed() {
        return sealedOut;
    }
}

package io.beemesh.libp2p.noise;

import java.security.SecureRandom;
import org.bouncycastle.math.ec.rfc7748.X25519;

/** An X25519 key pair. */
record StaticKey(byte[] secret, byte[] point) {
    static final int BYTES = 32;

    static StaticKey generate(SecureRandom random) {
        byte[] secret = new byte[BYTES];
        byte[] point = new byte[BYTES];
        X25519.generatePrivateKey(random, secret);
        X25519.generatePublicKey(secret, 0, point, 0);
        return new StaticKey(secret, point);
    }

    /** The shared secret; a point that gives none is refused. */
    byte[] agree(byte[] remotePoint) throws NoiseException {
        byte[] shared = new byte[BYTES];
        if (!X25519.calculateAgreement(secret, 0, remotePoint, 0, shared, 0)) {
            throw new NoiseException("remote key gives an all-zero secret");
        }
        return shared;
    }
}

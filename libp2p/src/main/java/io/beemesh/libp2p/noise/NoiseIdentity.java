package io.beemesh.libp2p.noise;

import io.beemesh.libp2p.peer.PrivateKey;
import java.security.SecureRandom;
import java.util.List;

/**
 * What a host brings to all its handshakes: the identity, one static key for the life of the process
 * with its payload signed once, the random source of ephemeral keys, and the peers that it knows. All its handshakes
 * are on one loop.
 */
public final class NoiseIdentity {
    private final StaticKey staticKey;
    private final List<String> muxers;
    private final byte[] payload;
    private final SecureRandom random;
    private final KnownPayloads known = new KnownPayloads();

    /** Offers {@code muxers} for early negotiation. */
    public NoiseIdentity(PrivateKey identity, List<String> muxers, SecureRandom random) {
        this.staticKey = StaticKey.generate(random);
        this.payload = NoisePayload.write(identity, staticKey.point(), muxers);
        this.muxers = List.copyOf(muxers);
        this.random = random;
    }

    /** What it offers early. */
    public List<String> muxers() {
        return muxers;
    }

    StaticKey staticKey() {
        return staticKey;
    }

    byte[] payload() {
        return payload;
    }

    KnownPayloads known() {
        return known;
    }

    StaticKey newEphemeral() {
        return StaticKey.generate(random);
    }
}

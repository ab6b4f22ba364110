package io.beemesh.libp2p.peer;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * An Ed25519 identity, the type that every implementation accepts; immutable. Its text shows the
 * public half only.
 */
public final class PrivateKey {
    /** Bytes of {@link #seed}. */
    public static final int SEED_BYTES = 32;

    private static final int PAIR_BYTES = 64;

    private final byte[] seed;
    private final PublicKey publicKey;

    private PrivateKey(byte[] seed) {
        this.seed = seed;
        byte[] point = new byte[Ed25519.PUBLIC_KEY_SIZE];
        Ed25519.generatePublicKey(seed, 0, point, 0);
        this.publicKey = new PublicKey(KeyType.ED25519, point);
    }

    /** A new identity. */
    public static PrivateKey generate(SecureRandom random) {
        byte[] seed = new byte[SEED_BYTES];
        random.nextBytes(seed);
        return new PrivateKey(seed);
    }

    /** The identity of a seed of {@value #SEED_BYTES} bytes. */
    public static PrivateKey fromSeed(byte[] seed) {
        if (seed.length != SEED_BYTES) {
            throw new IllegalArgumentException(
                    "seed has " + seed.length + " bytes, not " + SEED_BYTES);
        }
        return new PrivateKey(seed.clone());
    }

    /** Parses the protobuf form; keys other than Ed25519 are refused. */
    public static PrivateKey fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length > PublicKey.BYTES_MAX) {
            throw new FormatException("private key has " + bytes.length + " bytes");
        }
        PublicKey.KeyFields fields = PublicKey.KeyFields.read(new ProtobufReader(bytes));
        byte[] data = fields.data();
        if (fields.type() != KeyType.ED25519 || (data.length != PAIR_BYTES && data.length != 96)) {
            throw new FormatException("not an Ed25519 private key");
        }
        PrivateKey key = new PrivateKey(Arrays.copyOf(data, SEED_BYTES));
        for (int at = SEED_BYTES; at < data.length; at += 32) {
            if (!Arrays.equals(Arrays.copyOfRange(data, at, at + 32), key.publicKey.data())) {
                throw new FormatException("private key holds another public key than its own");
            }
        }
        return key;
    }

    /** The protobuf form: a secret. */
    public byte[] toBytes() {
        byte[] pair = Arrays.copyOf(seed, PAIR_BYTES);
        System.arraycopy(publicKey.data(), 0, pair, SEED_BYTES, 32);
        return new ProtobufWriter().varint(1, KeyType.ED25519.number()).bytes(2, pair).toBytes();
    }

    /** The seed, a copy: a secret. */
    public byte[] seed() {
        return seed.clone();
    }

    /** The public half. */
    public PublicKey publicKey() {
        return publicKey;
    }

    /** The name of the peer that has this key. */
    public PeerId peerId() {
        return PeerId.of(publicKey);
    }

    /** The signature over {@code message}, 64 bytes. */
    public byte[] sign(byte[] message) {
        byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
        Ed25519.sign(seed, 0, publicKey.data(), 0, null, message, 0, message.length, signature, 0);
        return signature;
    }

    @Override
    public String toString() {
        return "private key of " + publicKey;
    }
}

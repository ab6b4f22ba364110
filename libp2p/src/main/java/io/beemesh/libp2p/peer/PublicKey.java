package io.beemesh.libp2p.peer;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.util.Arrays;

/**
 * The public half of an identity; immutable. Its bytes were not proven to be a point or modulus:
 * {@link #verify} says false if they are not.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md">peer ids</a>
 */
public final class PublicKey {
    /** The longest encoding, in bytes: an RSA key of 8192 bits with room. */
    public static final int BYTES_MAX = 1200;

    private final KeyType type;
    private final byte[] data;

    PublicKey(KeyType type, byte[] data) {
        this.type = type;
        this.data = data;
    }

    /** Parses the protobuf form. */
    public static PublicKey fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length > BYTES_MAX) {
            throw new FormatException(
                    "public key has " + bytes.length + " bytes, limit " + BYTES_MAX);
        }
        KeyFields fields = KeyFields.read(new ProtobufReader(bytes));
        int length = fields.data().length;
        switch (fields.type()) {
            case ED25519 -> expect(length, 32);
            case SECP256K1 -> expect(length, 33);
            case RSA, ECDSA -> {
                if (length == 0) {
                    throw new FormatException("public key is empty");
                }
            }
        }
        return new PublicKey(fields.type(), fields.data());
    }

    /** The ECDSA key of a SubjectPublicKeyInfo in DER, as certificates hold it. */
    public static PublicKey ecdsa(byte[] subjectPublicKeyInfo) {
        return new PublicKey(KeyType.ECDSA, subjectPublicKeyInfo.clone());
    }

    private static void expect(int length, int expected) throws FormatException {
        if (length != expected) {
            throw new FormatException("public key has " + length + " bytes, not " + expected);
        }
    }

    /** The signature scheme. */
    public KeyType type() {
        return type;
    }

    /** The key as its type defines it, a copy: raw for Ed25519, DER for RSA and ECDSA. */
    public byte[] data() {
        return data.clone();
    }

    /** The canonical protobuf form, which the peer id is the hash of. */
    public byte[] toBytes() {
        return new ProtobufWriter().varint(1, type.number()).bytes(2, data).toBytes();
    }

    /** True if {@code signature} over {@code message} was made with the private half. */
    public boolean verify(byte[] message, byte[] signature) {
        return Signatures.verify(type, data, message, signature);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PublicKey that && type == that.type
                && Arrays.equals(data, that.data);
    }

    @Override
    public int hashCode() {
        return 31 * type.number() + Arrays.hashCode(data);
    }

    @Override
    public String toString() {
        return PeerId.of(this).toString();
    }

    /** The two fields that public and private keys have in common. */
    record KeyFields(KeyType type, byte[] data) {
        static KeyFields read(ProtobufReader reader) throws FormatException {
            long type = -1;
            byte[] data = new byte[0];
            while (reader.next()) {
                switch (reader.field()) {
                    case 1 -> type = reader.readVarint();
                    case 2 -> data = reader.readBytes();
                    default -> throw new FormatException("unknown field in a key");
                }
            }
            return new KeyFields(KeyType.ofNumber(type), data);
        }
    }
}

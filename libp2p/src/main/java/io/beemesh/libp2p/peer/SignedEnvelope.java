package io.beemesh.libp2p.peer;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Varint;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A payload with the key and signature of who vouches for it; exists only with a verified signature.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/RFC/0002-signed-envelopes.md">RFC 0002</a>
 */
public final class SignedEnvelope {
    /** The longest encoding that is read, in bytes. */
    public static final int BYTES_MAX = 16 * 1024;

    private final PublicKey signer;
    private final byte[] payload;
    private final byte[] bytes;

    private SignedEnvelope(PublicKey signer, byte[] payload, byte[] bytes) {
        this.signer = signer;
        this.payload = payload;
        this.bytes = bytes;
    }

    /** Signs {@code payload} for one purpose, {@code domain}. */
    public static SignedEnvelope seal(PrivateKey key, String domain, byte[] payloadType,
            byte[] payload) {
        byte[] signature = key.sign(signedBytes(domain, payloadType, payload));
        byte[] bytes = new ProtobufWriter()
                .bytes(1, key.publicKey().toBytes())
                .bytes(2, payloadType)
                .bytes(3, payload)
                .bytes(5, signature)
                .toBytes();
        return new SignedEnvelope(key.publicKey(), payload.clone(), bytes);
    }

    /** Parses and verifies an envelope that must be of this domain and type. */
    public static SignedEnvelope open(byte[] bytes, String domain, byte[] payloadType)
            throws FormatException {
        if (bytes.length > BYTES_MAX) {
            throw new FormatException(
                    "envelope has " + bytes.length + " bytes, limit " + BYTES_MAX);
        }
        byte[] key = new byte[0];
        byte[] type = new byte[0];
        byte[] payload = new byte[0];
        byte[] signature = new byte[0];
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> key = reader.readBytes();
                case 2 -> type = reader.readBytes();
                case 3 -> payload = reader.readBytes();
                case 5 -> signature = reader.readBytes();
                default -> {
                }
            }
        }
        if (!Arrays.equals(type, payloadType)) {
            throw new FormatException("envelope is of another payload type");
        }
        PublicKey signer = PublicKey.fromBytes(key);
        if (!signer.verify(signedBytes(domain, type, payload), signature)) {
            throw new FormatException("envelope has a wrong signature");
        }
        return new SignedEnvelope(signer, payload, bytes.clone());
    }

    private static byte[] signedBytes(String domain, byte[] payloadType, byte[] payload) {
        byte[] name = domain.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(
                name.length + payloadType.length + payload.length + 3 * Varint.BYTES_MAX);
        for (byte[] part : new byte[][]{name, payloadType, payload}) {
            Varint.write(part.length, out);
            out.put(part);
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    /** Who signed. */
    public PublicKey signer() {
        return signer;
    }

    /** What was signed, a copy. */
    public byte[] payload() {
        return payload.clone();
    }

    /** The encoding as it was received or sealed, to be passed on; a copy. */
    public byte[] toBytes() {
        return bytes.clone();
    }
}

package io.beemesh.libp2p.noise;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.peer.PublicKey;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What each side proves and offers within the handshake: NoiseHandshakePayload. */
record NoisePayload(PublicKey identity, List<String> muxers) {
    private static final byte[] SIGNATURE_PREFIX = "noise-libp2p-static-key:"
            .getBytes(StandardCharsets.UTF_8);
    private static final int MUXERS_MAX = 16;

    static byte[] write(PrivateKey identity, byte[] staticKey, List<String> muxers) {
        ProtobufWriter writer = new ProtobufWriter()
                .bytes(1, identity.publicKey().toBytes())
                .bytes(2, identity.sign(signedBytes(staticKey)));
        if (!muxers.isEmpty()) {
            ProtobufWriter extensions = new ProtobufWriter();
            muxers.forEach(muxer -> extensions.string(2, muxer));
            writer.bytes(4, extensions.toBytes());
        }
        return writer.toBytes();
    }

    static NoisePayload read(byte[] bytes, byte[] staticKey) throws NoiseException {
        try {
            byte[] key = new byte[0];
            byte[] signature = new byte[0];
            List<String> muxers = new ArrayList<>();
            ProtobufReader reader = new ProtobufReader(bytes);
            while (reader.next()) {
                switch (reader.field()) {
                    case 1 -> key = reader.readBytes();
                    case 2 -> signature = reader.readBytes();
                    case 4 -> readExtensions(new ProtobufReader(reader.readSlice()), muxers);
                    default -> {
                    }
                }
            }
            PublicKey identity = PublicKey.fromBytes(key);
            if (!identity.verify(signedBytes(staticKey), signature)) {
                throw new NoiseException("static key is not signed by the identity");
            }
            return new NoisePayload(identity, muxers);
        } catch (FormatException e) {
            throw new NoiseException("bad handshake payload: " + e.getMessage());
        }
    }

    private static void readExtensions(ProtobufReader reader, List<String> muxers)
            throws FormatException {
        while (reader.next()) {
            if (reader.field() == 2 && muxers.size() < MUXERS_MAX) {
                muxers.add(reader.readString());
            }
        }
    }

    private static byte[] signedBytes(byte[] staticKey) {
        byte[] bytes = Arrays.copyOf(SIGNATURE_PREFIX, SIGNATURE_PREFIX.length + staticKey.length);
        System.arraycopy(staticKey, 0, bytes, SIGNATURE_PREFIX.length, staticKey.length);
        return bytes;
    }
}

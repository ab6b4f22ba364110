package io.beemesh.protocol.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * What two peers show each other right after the handshake.
 *
 * @param certificate see {@link MembershipCertificate}
 * @param revocations that the sender knows, see {@link Revocation}
 */
public record MemberHello(byte[] certificate, List<byte[]> revocations) {
    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = 64 * 1024;

    /** So many fit. */
    public static final int REVOCATIONS_MAX = 200;

    public MemberHello {
        revocations = List.copyOf(revocations);
    }

    public byte[] toBytes() {
        ProtobufWriter out = new ProtobufWriter().bytes(1, certificate);
        revocations.forEach(revocation -> out.bytes(2, revocation));
        return out.toBytes();
    }

    public static MemberHello fromBytes(byte[] bytes) throws FormatException {
        byte[] certificate = new byte[0];
        List<byte[]> revocations = new ArrayList<>();
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            if (reader.field() == 1) {
                certificate = reader.readBytes();
            } else if (reader.field() == 2 && revocations.size() < REVOCATIONS_MAX) {
                revocations.add(reader.readBytes());
            }
        }
        return new MemberHello(certificate, revocations);
    }
}

package io.beemesh.protocol.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;

/** What an issuer says to a {@link JoinRequest}. */
public sealed interface JoinAnswer {
    /** The longest encoding, in bytes. */
    int BYTES_MAX = 64 * 1024;

    /**
     * Admitted.
     *
     * @param certificate of the machine, see {@link MembershipCertificate}
     * @param authority certificate of the mesh's API authority, DER
     * @param serving certificate for the serving key, DER
     * @param admin certificate for the administrator's key, DER
     * @param rootSeed the mesh's root key, only for an issuer, else empty: a secret
     * @param authorityKey the API authority's key in PKCS #8, only for an issuer: a secret
     * @param tokenKey signs tokens of service accounts on every node: a secret, in PKCS #8
     * @param tokenPublicKey verifies them, X.509 SubjectPublicKeyInfo
     */
    record Admitted(byte[] certificate, byte[] authority, byte[] serving, byte[] admin,
            byte[] rootSeed, byte[] authorityKey, byte[] tokenKey, byte[] tokenPublicKey)
            implements
                JoinAnswer {}

    /** Not admitted; the text is for the operator. */
    record Refused(String text) implements JoinAnswer {}

    default byte[] toBytes() {
        return switch (this) {
            case Refused refused -> new ProtobufWriter().string(1, refused.text).toBytes();
            case Admitted admitted -> new ProtobufWriter().bytes(2, admitted.certificate)
                    .bytes(3, admitted.authority).bytes(4, admitted.serving)
                    .bytes(5, admitted.admin).bytes(6, admitted.rootSeed)
                    .bytes(7, admitted.authorityKey).bytes(8, admitted.tokenKey)
                    .bytes(9, admitted.tokenPublicKey).toBytes();
        };
    }

    static JoinAnswer fromBytes(byte[] bytes) throws FormatException {
        byte[][] parts = new byte[10][0];
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            int field = reader.field();
            if (field == 1) {
                return new Refused(reader.readString());
            }
            if (field < parts.length) {
                parts[field] = reader.readBytes();
            }
        }
        if (parts[2].length == 0 || parts[3].length == 0 || parts[4].length == 0) {
            throw new FormatException("answer of the issuer is not whole");
        }
        return new Admitted(parts[2], parts[3], parts[4], parts[5], parts[6], parts[7],
                parts[8], parts[9]);
    }
}

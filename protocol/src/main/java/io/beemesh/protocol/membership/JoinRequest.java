package io.beemesh.protocol.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * A machine asks an issuer to be admitted, or, with an empty secret, a member asks for certificates with
 * a new life. Private keys stay where they are.
 *
 * @param secret of the token; empty to renew
 * @param nodeName that the machine wants; not used to renew
 * @param servingKey public key of its API server, X.509 SubjectPublicKeyInfo
 * @param adminKey public key of its administrator, the same way
 * @param dnsNames under which clients reach its API server
 * @param addresses IP addresses, the same
 */
public record JoinRequest(byte[] secret, String nodeName, byte[] servingKey, byte[] adminKey,
        List<String> dnsNames, List<String> addresses) {
    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = 16 * 1024;

    /** Names and addresses of one server. */
    public static final int NAMES_MAX = 32;

    public JoinRequest {
        dnsNames = List.copyOf(dnsNames);
        addresses = List.copyOf(addresses);
    }

    public byte[] toBytes() {
        ProtobufWriter out = new ProtobufWriter().bytes(1, secret).string(2, nodeName)
                .bytes(3, servingKey).bytes(4, adminKey);
        dnsNames.forEach(name -> out.string(5, name));
        addresses.forEach(address -> out.string(6, address));
        return out.toBytes();
    }

    public static JoinRequest fromBytes(byte[] bytes) throws FormatException {
        byte[] secret = new byte[0];
        String name = "";
        byte[] servingKey = new byte[0];
        byte[] adminKey = new byte[0];
        List<String> dnsNames = new ArrayList<>();
        List<String> addresses = new ArrayList<>();
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> secret = reader.readBytes();
                case 2 -> name = reader.readString();
                case 3 -> servingKey = reader.readBytes();
                case 4 -> adminKey = reader.readBytes();
                case 5 -> dnsNames.add(reader.readString());
                case 6 -> addresses.add(reader.readString());
                default -> {
                }
            }
        }
        if (dnsNames.size() + addresses.size() > NAMES_MAX) {
            throw new FormatException("join request has more than " + NAMES_MAX + " names");
        }
        return new JoinRequest(secret, name, servingKey, adminKey, dnsNames, addresses);
    }
}

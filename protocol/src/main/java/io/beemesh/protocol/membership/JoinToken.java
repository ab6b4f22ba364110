package io.beemesh.protocol.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import io.beemesh.protocol.membership.MembershipCertificate.Role;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * What a machine needs to join a mesh, once: which mesh, where an issuer is, and a secret that this
 * issuer takes one time. A secret itself; its text shows what {@link #text} says only when asked.
 *
 * @param issuer the machine that made it and takes it
 * @param addresses of the issuer, at most {@value #ADDRESSES_MAX}
 * @param secret {@value #SECRET_BYTES} bytes
 * @param role what the joining machine becomes
 */
public record JoinToken(MeshId mesh, PeerId issuer, List<Multiaddr> addresses, byte[] secret,
        Instant expires, Role role) {
    public static final int SECRET_BYTES = 24;
    public static final int ADDRESSES_MAX = 8;

    private static final String PREFIX = "beemesh1_";
    private static final int TEXT_MAX = 4096;

    public JoinToken {
        addresses = List.copyOf(addresses);
        if (secret.length != SECRET_BYTES) {
            throw new IllegalArgumentException("secret has " + secret.length + " bytes");
        }
        if (addresses.isEmpty() || addresses.size() > ADDRESSES_MAX) {
            throw new IllegalArgumentException(addresses.size() + " addresses");
        }
    }

    /** The public name of a secret: what lists show and {@code token revoke} takes. */
    public static String idOf(byte[] secret) {
        return HexFormat.of().formatHex(hashOf(secret), 0, 6);
    }

    /** What an issuer keeps instead of the secret. */
    public static byte[] hashOf(byte[] secret) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(secret);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    public String id() {
        return idOf(secret);
    }

    /** One word, to be pasted into {@code beemesh up --join}. */
    public String text() {
        ProtobufWriter out = new ProtobufWriter().bytes(1, mesh.root().toBytes())
                .bytes(2, issuer.toBytes());
        addresses.forEach(address -> out.bytes(3, address.toBytes()));
        out.bytes(4, secret).varint(5, expires.getEpochSecond()).varint(6, role.number());
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(out.toBytes());
    }

    /** Parses what {@link #text} made. */
    public static JoinToken parse(String text) throws FormatException {
        if (!text.startsWith(PREFIX) || text.length() > TEXT_MAX) {
            throw new FormatException(
                    "not a join token: it begins with " + PREFIX + " and is one word");
        }
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(text.substring(PREFIX.length()));
        } catch (IllegalArgumentException e) {
            throw new FormatException("join token is cut or changed: " + e.getMessage());
        }
        return read(new ProtobufReader(bytes));
    }

    private static JoinToken read(ProtobufReader reader) throws FormatException {
        byte[] mesh = new byte[0];
        byte[] issuer = new byte[0];
        byte[] secret = new byte[0];
        long expires = 0;
        long role = 0;
        List<Multiaddr> addresses = new ArrayList<>();
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> mesh = reader.readBytes();
                case 2 -> issuer = reader.readBytes();
                case 3 -> addresses.add(Multiaddr.fromBytes(reader.readBytes()));
                case 4 -> secret = reader.readBytes();
                case 5 -> expires = reader.readVarint();
                case 6 -> role = reader.readVarint();
                default -> {
                }
            }
        }
        boolean whole = secret.length == SECRET_BYTES && !addresses.isEmpty()
                && addresses.size() <= ADDRESSES_MAX && expires >= 0
                && expires <= Instant.MAX.getEpochSecond();
        if (!whole) {
            throw new FormatException("join token is cut or of a newer version");
        }
        return new JoinToken(MeshId.of(PeerId.fromBytes(mesh)), PeerId.fromBytes(issuer),
                addresses, secret, Instant.ofEpochSecond(expires),
                Role.ofNumber(role));
    }

    @Override
    public String toString() {
        return "join token " + id() + " of mesh " + mesh;
    }
}

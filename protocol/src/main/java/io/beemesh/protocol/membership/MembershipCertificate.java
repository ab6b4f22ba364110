package io.beemesh.protocol.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.peer.SignedEnvelope;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.regex.Pattern;

/**
 * The word of a mesh that a machine belongs to it, signed with the mesh's root key inside a {@link
 * SignedEnvelope} of its own domain; exists only with a verified signature. Immutable.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/RFC/0002-signed-envelopes.md">RFC 0002</a>
 */
public final class MembershipCertificate {
    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = 1024;

    private static final String DOMAIN = "beemesh-membership";
    private static final byte[] TYPE = "/beemesh/membership-certificate"
            .getBytes(StandardCharsets.US_ASCII);
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    private final Fields fields;
    private final byte[] bytes;

    /** What a member may do beyond being one. */
    public enum Role {
        /** Runs pods, keeps its share of the registry, serves the API. */
        MEMBER(1),
        /** Holds the root key and the API authority too, so it can admit others. */
        ISSUER(2);

        private final int number;

        Role(int number) {
            this.number = number;
        }

        /** As it is on the wire. */
        int number() {
            return number;
        }

        static Role ofNumber(long number) throws FormatException {
            for (Role role : values()) {
                if (role.number == number) {
                    return role;
                }
            }
            throw new FormatException("unknown role " + number);
        }
    }

    /**
     * What is signed.
     *
     * @param peer the machine
     * @param nodeName the name of its Node, a DNS-1123 label, which no other machine of the mesh has
     * @param from not valid before, in whole seconds
     * @param until not valid from then on, in whole seconds
     */
    public record Fields(MeshId mesh, PeerId peer, String nodeName, Role role, Instant from,
            Instant until) {
        public Fields {
            if (!isNodeName(nodeName)) {
                throw new IllegalArgumentException("not a DNS-1123 label: " + nodeName);
            }
            from = Instant.ofEpochSecond(from.getEpochSecond());
            until = Instant.ofEpochSecond(until.getEpochSecond());
            if (!from.isBefore(until)) {
                throw new IllegalArgumentException("ends at " + until + ", begins at " + from);
            }
        }
    }

    private MembershipCertificate(Fields fields, byte[] bytes) {
        this.fields = fields;
        this.bytes = bytes;
    }

    /** True for what may be the name of a Node here. */
    public static boolean isNodeName(String name) {
        return LABEL.matcher(name).matches();
    }

    /** Issues a certificate; {@code root} must be the mesh's key. */
    public static MembershipCertificate issue(PrivateKey root, Fields fields) {
        if (!fields.mesh.isKey(root.publicKey())) {
            throw new IllegalArgumentException("not the key of mesh " + fields.mesh);
        }
        byte[] payload = new ProtobufWriter().bytes(1, fields.mesh.root().toBytes())
                .bytes(2, fields.peer.toBytes()).string(3, fields.nodeName)
                .varint(4, fields.role.number()).varint(5, fields.from.getEpochSecond())
                .varint(6, fields.until.getEpochSecond()).toBytes();
        return new MembershipCertificate(fields,
                SignedEnvelope.seal(root, DOMAIN, TYPE, payload).toBytes());
    }

    /**
     * Verifies that {@code bytes} is a certificate of {@code mesh}, signed by its root key; says nothing
     * of its time, see {@link #isValidAt}.
     */
    public static MembershipCertificate open(byte[] bytes, MeshId mesh) throws FormatException {
        if (bytes.length > BYTES_MAX) {
            throw new FormatException(
                    "certificate has " + bytes.length + " bytes, limit " + BYTES_MAX);
        }
        SignedEnvelope envelope = SignedEnvelope.open(bytes, DOMAIN, TYPE);
        if (!mesh.isKey(envelope.signer())) {
            throw new FormatException("certificate is not signed by mesh " + mesh);
        }
        Fields fields = read(new ProtobufReader(envelope.payload()));
        if (!fields.mesh.equals(mesh)) {
            throw new FormatException("certificate is of mesh " + fields.mesh);
        }
        return new MembershipCertificate(fields, bytes.clone());
    }

    /** Verifies a certificate that this machine kept itself, of whatever mesh it names. */
    public static MembershipCertificate openKept(byte[] bytes) throws FormatException {
        SignedEnvelope envelope = SignedEnvelope.open(bytes, DOMAIN, TYPE);
        return open(bytes, read(new ProtobufReader(envelope.payload())).mesh);
    }

    private static Fields read(ProtobufReader reader) throws FormatException {
        byte[] mesh = new byte[0];
        byte[] peer = new byte[0];
        String name = "";
        long role = 0;
        long from = 0;
        long until = 0;
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> mesh = reader.readBytes();
                case 2 -> peer = reader.readBytes();
                case 3 -> name = reader.readString();
                case 4 -> role = reader.readVarint();
                case 5 -> from = reader.readVarint();
                case 6 -> until = reader.readVarint();
                default -> {
                }
            }
        }
        if (!isNodeName(name)) {
            throw new FormatException("certificate names a node '" + name + "'");
        }
        if (from < 0 || until <= from || until > Instant.MAX.getEpochSecond()) {
            throw new FormatException("certificate is valid from " + from + " until " + until);
        }
        return new Fields(MeshId.of(PeerId.fromBytes(mesh)), PeerId.fromBytes(peer), name,
                Role.ofNumber(role), Instant.ofEpochSecond(from),
                Instant.ofEpochSecond(until));
    }

    public MeshId mesh() {
        return fields.mesh;
    }

    public PeerId peer() {
        return fields.peer;
    }

    public String nodeName() {
        return fields.nodeName;
    }

    public Role role() {
        return fields.role;
    }

    public Instant from() {
        return fields.from;
    }

    public Instant until() {
        return fields.until;
    }

    /** True between its two times. */
    public boolean isValidAt(Instant now) {
        return !now.isBefore(fields.from) && now.isBefore(fields.until);
    }

    /** True once less than two thirds of its life are left: the rest is for issuers that are away. */
    public boolean isDueForRenewal(Instant now) {
        long life = fields.until.getEpochSecond() - fields.from.getEpochSecond();
        return fields.until.getEpochSecond() - now.getEpochSecond() < life * 2 / 3;
    }

    /** The envelope, to be shown to others; a copy. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    @Override
    public String toString() {
        return fields.toString();
    }
}

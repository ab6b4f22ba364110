package io.beemesh.protocol.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.peer.SignedEnvelope;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * The word of a mesh that a machine's certificates issued up to a time count no more; signed with the
 * root key, and exists only with a verified signature. A machine that is admitted again later has a newer
 * certificate, which is not touched. Immutable.
 */
public final class Revocation {
    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = 512;

    private static final String DOMAIN = "beemesh-revocation";
    private static final byte[] TYPE = "/beemesh/revocation".getBytes(StandardCharsets.US_ASCII);

    private final PeerId peer;
    private final Instant at;
    private final Instant until;
    private final byte[] bytes;

    private Revocation(PeerId peer, Instant at, Instant until, byte[] bytes) {
        this.peer = peer;
        this.at = at;
        this.until = until;
        this.bytes = bytes;
    }

    /**
     * Revokes what was issued up to {@code at}.
     *
     * @param until when the last of those certificates has ended, so that this can be forgotten
     */
    public static Revocation issue(PrivateKey root, PeerId peer, Instant at, Instant until) {
        byte[] payload = new ProtobufWriter().bytes(1, root.peerId().toBytes())
                .bytes(2, peer.toBytes()).varint(3, at.getEpochSecond())
                .varint(4, until.getEpochSecond()).toBytes();
        return new Revocation(peer, Instant.ofEpochSecond(at.getEpochSecond()),
                Instant.ofEpochSecond(until.getEpochSecond()),
                SignedEnvelope.seal(root, DOMAIN, TYPE, payload).toBytes());
    }

    /** Verifies that {@code bytes} is a revocation of {@code mesh}. */
    public static Revocation open(byte[] bytes, MeshId mesh) throws FormatException {
        if (bytes.length > BYTES_MAX) {
            throw new FormatException(
                    "revocation has " + bytes.length + " bytes, limit " + BYTES_MAX);
        }
        SignedEnvelope envelope = SignedEnvelope.open(bytes, DOMAIN, TYPE);
        byte[] root = new byte[0];
        byte[] peer = new byte[0];
        long at = -1;
        long until = -1;
        ProtobufReader reader = new ProtobufReader(envelope.payload());
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> root = reader.readBytes();
                case 2 -> peer = reader.readBytes();
                case 3 -> at = reader.readVarint();
                case 4 -> until = reader.readVarint();
                default -> {
                }
            }
        }
        if (!mesh.isKey(envelope.signer()) || !PeerId.fromBytes(root).equals(mesh.root())) {
            throw new FormatException("revocation is not of mesh " + mesh);
        }
        if (at < 0 || until < at || until > Instant.MAX.getEpochSecond()) {
            throw new FormatException("revocation has times " + at + ", " + until);
        }
        return new Revocation(PeerId.fromBytes(peer), Instant.ofEpochSecond(at),
                Instant.ofEpochSecond(until), bytes.clone());
    }

    public PeerId peer() {
        return peer;
    }

    public Instant at() {
        return at;
    }

    public Instant until() {
        return until;
    }

    /** True if that certificate counts no more. */
    public boolean concerns(MembershipCertificate certificate) {
        return certificate.peer().equals(peer) && !certificate.from().isAfter(at);
    }

    /** The envelope, to be passed on; a copy. */
    public byte[] toBytes() {
        return bytes.clone();
    }
}

package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.peer.SignedEnvelope;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import io.beemesh.protocol.membership.MeshId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * The word of a machine on one of its pods: which pod has the key of a peer id, and where it is. Signed by
 * the machine's own key in a {@link SignedEnvelope}; worth something beside the machine's membership
 * certificate, see {@link Credential}.
 *
 * @param mesh the root of the mesh, so that it is of no use in another one
 * @param uid of the pod
 * @param peer the pod's sidecar
 * @param address the pod's, in text
 * @param until not valid from then on, in whole seconds
 * @param isFenced true if its bytes count only while it has a lease, see {@link Fences}
 */
public record PodIdentity(PeerId mesh, String namespace, String name, String uid,
        String serviceAccount, PeerId peer, String address, Instant until,
        boolean isFenced) {
    /** The longest encoding, in bytes; names in Kubernetes have at most 253 characters. */
    public static final int BYTES_MAX = 1536;

    private static final String DOMAIN = "beemesh-pod";
    private static final byte[] TYPE = "/beemesh/pod-identity".getBytes(StandardCharsets.US_ASCII);

    public PodIdentity {
        until = Instant.ofEpochSecond(until.getEpochSecond());
    }

    /** A pod that is not fenced. */
    public PodIdentity(PeerId mesh, String namespace, String name, String uid,
            String serviceAccount, PeerId peer, String address, Instant until) {
        this(mesh, namespace, name, uid, serviceAccount, peer, address, until, false);
    }

    /** The same pod, fenced or not. */
    public PodIdentity fenced(boolean fenced) {
        return new PodIdentity(mesh, namespace, name, uid, serviceAccount, peer, address, until,
                fenced);
    }

    /** The envelope, signed with the machine's key. */
    public byte[] sealedBy(PrivateKey machine) {
        ProtobufWriter out = new ProtobufWriter().bytes(1, mesh.toBytes()).string(2, namespace)
                .string(3, name).string(4, uid).string(5, serviceAccount)
                .bytes(6, peer.toBytes()).string(7, address).varint(8, until.getEpochSecond());
        byte[] payload = (isFenced ? out.varint(9, 1) : out).toBytes();
        return SignedEnvelope.seal(machine, DOMAIN, TYPE, payload).toBytes();
    }

    /** Verifies that {@code machine} signed it for {@code mesh}; says nothing of its time. */
    static PodIdentity open(byte[] bytes, MeshId mesh, PeerId machine) throws FormatException {
        if (bytes.length > BYTES_MAX) {
            throw new FormatException(
                    "pod identity has " + bytes.length + " bytes, limit " + BYTES_MAX);
        }
        SignedEnvelope envelope = SignedEnvelope.open(bytes, DOMAIN, TYPE);
        if (!PeerId.of(envelope.signer()).equals(machine)) {
            throw new FormatException("pod identity is not signed by " + machine);
        }
        PodIdentity identity = read(new ProtobufReader(envelope.payload()));
        if (!identity.mesh.equals(mesh.root())) {
            throw new FormatException("pod identity is of mesh " + identity.mesh);
        }
        return identity;
    }

    private static PodIdentity read(ProtobufReader reader) throws FormatException {
        byte[] mesh = new byte[0];
        byte[] peer = new byte[0];
        String[] texts = {"", "", "", "", "", ""};
        long until = 0;
        boolean fenced = false;
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> mesh = reader.readBytes();
                case 2, 3, 4, 5, 7 -> texts[reader.field() - 2] = reader.readString();
                case 6 -> peer = reader.readBytes();
                case 8 -> until = reader.readVarint();
                case 9 -> fenced = reader.readVarint() == 1;
                default -> {
                }
            }
        }
        if (until < 0 || until > Instant.MAX.getEpochSecond()) {
            throw new FormatException("pod identity is valid until " + until);
        }
        return new PodIdentity(PeerId.fromBytes(mesh), texts[0], texts[1], texts[2], texts[3],
                PeerId.fromBytes(peer), texts[5], Instant.ofEpochSecond(until), fenced);
    }
}

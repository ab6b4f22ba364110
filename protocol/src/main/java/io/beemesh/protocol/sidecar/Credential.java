package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import io.beemesh.protocol.membership.MembershipCertificate;
import io.beemesh.protocol.membership.MeshId;
import java.time.Instant;

/**
 * What tells the other end of a connection who this end is: the certificate of a machine and, for a pod of
 * that machine, its {@link PodIdentity}. That the peer has the key is proven by the handshake.
 *
 * @param certificate see {@link MembershipCertificate}
 * @param identity see {@link PodIdentity}; empty for the machine itself
 */
public record Credential(byte[] certificate, byte[] identity) {
    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = MembershipCertificate.BYTES_MAX + PodIdentity.BYTES_MAX
            + 16;

    /**
     * Who it was shown to be.
     *
     * @param peer whose key the handshake must prove
     * @param machine on which it is
     * @param address of the pod; empty for a machine
     * @param name namespace and name of the pod, or the machine's Node
     * @param uid of the pod; empty for a machine
     * @param until it says nothing from then on
     * @param isFenced see {@link PodIdentity#isFenced}
     */
    public record Proven(PeerId peer, PeerId machine, String address, String name,
            String uid, Instant until, boolean isFenced) {}

    public byte[] toBytes() {
        return new ProtobufWriter().bytes(1, certificate).bytes(2, identity).toBytes();
    }

    /** Verifies all signatures and times of an encoded credential. */
    public static Proven prove(byte[] bytes, MeshId mesh, Instant now) throws FormatException {
        if (bytes.length > BYTES_MAX) {
            throw new FormatException(
                    "credential has " + bytes.length + " bytes, limit " + BYTES_MAX);
        }
        Credential read = fromBytes(bytes);
        MembershipCertificate machine = MembershipCertificate.open(read.certificate, mesh);
        if (!machine.isValidAt(now)) {
            throw new FormatException("certificate is valid from " + machine.from() + " until "
                    + machine.until());
        }
        if (read.identity.length == 0) {
            return new Proven(machine.peer(), machine.peer(), "", machine.nodeName(),
                    "", machine.until(), false);
        }
        PodIdentity pod = PodIdentity.open(read.identity, mesh, machine.peer());
        if (!now.isBefore(pod.until())) {
            throw new FormatException("pod identity was valid until " + pod.until());
        }
        return new Proven(pod.peer(), machine.peer(), pod.address(),
                pod.namespace() + "/" + pod.name(), pod.uid(),
                pod.until().isBefore(machine.until()) ? pod.until() : machine.until(),
                pod.isFenced());
    }

    private static Credential fromBytes(byte[] bytes) throws FormatException {
        byte[] certificate = new byte[0];
        byte[] identity = new byte[0];
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            if (reader.field() == 1) {
                certificate = reader.readBytes();
            } else if (reader.field() == 2) {
                identity = reader.readBytes();
            }
        }
        return new Credential(certificate, identity);
    }
}

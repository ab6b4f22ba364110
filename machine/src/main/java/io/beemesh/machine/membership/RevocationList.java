package io.beemesh.machine.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import io.beemesh.protocol.membership.MeshId;
import io.beemesh.protocol.membership.Revocation;
import java.util.ArrayList;
import java.util.List;

/** Revocations as one file. */
public final class RevocationList {
    private RevocationList() {}

    static byte[] toBytes(List<Revocation> revocations) {
        ProtobufWriter out = new ProtobufWriter();
        revocations.forEach(revocation -> out.bytes(1, revocation.toBytes()));
        return out.toBytes();
    }

    /** Verifies each. */
    public static List<Revocation> fromBytes(byte[] bytes, MeshId mesh) throws FormatException {
        List<Revocation> revocations = new ArrayList<>();
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            if (reader.field() == 1) {
                revocations.add(Revocation.open(reader.readBytes(), mesh));
            }
        }
        return revocations;
    }
}

package io.beemesh.libp2p.dcutr;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What the two sides say before they dial each other. */
sealed interface HolePunchMessage {
    /** The longest message, in bytes. */
    int BYTES_MAX = 4096;

    /** The most addresses that are read. */
    int ADDRESSES_MAX = 16;

    int CONNECT = 100;
    int SYNC = 300;

    /** Where the sender may be seen. */
    record Connect(List<Multiaddr> addresses) implements HolePunchMessage {
        public Connect {
            addresses = List.copyOf(addresses);
        }
    }

    /** Dial now. */
    record Sync() implements HolePunchMessage {}

    default byte[] toBytes() {
        ProtobufWriter writer = new ProtobufWriter();
        switch (this) {
            case Connect connect -> {
                writer.varint(1, CONNECT);
                connect.addresses.forEach(address -> writer.bytes(2, address.toBytes()));
            }
            case Sync ignored -> writer.varint(1, SYNC);
        }
        return writer.toBytes();
    }

    /** Parses one; addresses of unknown form are left out. */
    static HolePunchMessage fromBytes(ByteBuffer bytes) throws HolePunchException {
        try {
            long type = -1;
            List<Multiaddr> addresses = new ArrayList<>();
            ProtobufReader reader = new ProtobufReader(bytes);
            while (reader.next()) {
                switch (reader.field()) {
                    case 1 -> type = reader.readVarint();
                    case 2 -> {
                        byte[] address = reader.readBytes();
                        if (addresses.size() < ADDRESSES_MAX) {
                            Multiaddr.ifKnown(address).ifPresent(addresses::add);
                        }
                    }
                    default -> {
                    }
                }
            }
            if (type == CONNECT) {
                return new Connect(addresses);
            } else if (type == SYNC) {
                return new Sync();
            }
            throw new HolePunchException("unknown message type " + type);
        } catch (FormatException e) {
            throw new HolePunchException("message cannot be read: " + e.getMessage());
        }
    }
}

package io.beemesh.libp2p.swarm;

import io.beemesh.libp2p.Connection;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.identify.IdentifyMessage;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.multiformats.Varint;
import io.beemesh.libp2p.peer.PeerRecord;
import io.beemesh.libp2p.peer.PrivateKey;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;

/** Writes what this host says of itself. */
final class Identifier {
    private static final String PROTOCOL_VERSION = "ipfs/0.1.0";

    private final PrivateKey key;
    private final String agentVersion;
    private final Supplier<Instant> wallTime;
    private List<Multiaddr> recordedAddresses = List.of();
    private byte[] record = new byte[0];
    private long sequence;

    Identifier(PrivateKey key, String agentVersion, Supplier<Instant> wallTime) {
        this.key = key;
        this.agentVersion = agentVersion;
        this.wallTime = wallTime;
    }

    /** Sends the message to the other end of {@code connection} and half-closes. */
    void send(Stream stream, Connection connection, List<Multiaddr> addresses,
            List<ProtocolId> protocols) {
        IdentifyMessage message = new IdentifyMessage(
                key.publicKey().toBytes(),
                addresses,
                protocols,
                List.of(connection.remoteAddress()),
                PROTOCOL_VERSION,
                agentVersion,
                record(addresses));
        byte[] bytes = message.toBytes();
        ByteBuffer framed = ByteBuffer.allocate(Varint.size(bytes.length) + bytes.length);
        Varint.write(bytes.length, framed);
        stream.write(framed.put(bytes).flip());
        stream.closeWrite();
    }

    /** The signed record of these addresses; a new one, with a greater sequence, when they changed. */
    byte[] record(List<Multiaddr> addresses) {
        if (record.length == 0 || !addresses.equals(recordedAddresses)) {
            sequence = Math.max(sequence + 1, wallTime.get().toEpochMilli());
            recordedAddresses = List.copyOf(addresses);
            record = new PeerRecord(key.peerId(), sequence, recordedAddresses).seal(key).toBytes();
        }
        return record;
    }
}

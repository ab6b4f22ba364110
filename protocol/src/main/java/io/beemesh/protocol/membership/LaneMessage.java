package io.beemesh.protocol.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What members gossip in their lane; the author is who signed the gossip message. */
public sealed interface LaneMessage {
    /** The longest encoding, in bytes. */
    int BYTES_MAX = 8 * 1024;

    /** Addresses of one member. */
    int ADDRESSES_MAX = 8;

    /**
     * The author is there.
     *
     * @param generation rises with each start of the author
     * @param sequence rises within a generation
     * @param upSeconds since the start, by the author's monotonic clock
     * @param certificate of the author, often left out
     * @param addresses where it listens; left out with the certificate
     */
    record Heartbeat(long generation, long sequence, long upSeconds, byte[] certificate,
            List<Multiaddr> addresses) implements LaneMessage {
        public Heartbeat {
            addresses = List.copyOf(addresses);
        }
    }

    /** The author could not reach {@code peer}, of whom it has heard no more than this. */
    record Suspect(PeerId peer, long generation, long sequence) implements LaneMessage {}

    /** The author goes, in order, and does not come back in this generation. */
    record Leave(long generation) implements LaneMessage {}

    /** @param revocation see {@link Revocation} */
    record Revoked(byte[] revocation) implements LaneMessage {}

    /** @param report what the author's machine uses, see {@link io.beemesh.protocol.usage.UsageReport} */
    record Usage(byte[] report) implements LaneMessage {}

    default byte[] toBytes() {
        ProtobufWriter out = new ProtobufWriter();
        switch (this) {
            case Heartbeat beat -> {
                ProtobufWriter inner = new ProtobufWriter().varint(1, beat.generation)
                        .varint(2, beat.sequence).varint(3, beat.upSeconds);
                if (beat.certificate.length > 0) {
                    inner.bytes(4, beat.certificate);
                }
                beat.addresses.forEach(address -> inner.bytes(5, address.toBytes()));
                out.bytes(1, inner.toBytes());
            }
            case Suspect suspect -> out.bytes(2, new ProtobufWriter()
                    .bytes(1, suspect.peer.toBytes()).varint(2, suspect.generation)
                    .varint(3, suspect.sequence).toBytes());
            case Leave leave ->
                out.bytes(3, new ProtobufWriter().varint(1, leave.generation).toBytes());
            case Revoked revoked -> out.bytes(4, revoked.revocation);
            case Usage usage -> out.bytes(5, usage.report);
        }
        return out.toBytes();
    }

    static LaneMessage fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length > BYTES_MAX) {
            throw new FormatException("lane message has " + bytes.length + " bytes");
        }
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> {
                    return heartbeat(reader.readSlice());
                }
                case 2 -> {
                    return suspect(reader.readSlice());
                }
                case 3 -> {
                    return leave(reader.readSlice());
                }
                case 4 -> {
                    return new Revoked(reader.readBytes());
                }
                case 5 -> {
                    return new Usage(reader.readBytes());
                }
                default -> {
                }
            }
        }
        throw new FormatException("lane message of no known kind");
    }

    private static Heartbeat heartbeat(ByteBuffer slice) throws FormatException {
        long generation = 0;
        long sequence = 0;
        long up = 0;
        byte[] certificate = new byte[0];
        List<Multiaddr> addresses = new ArrayList<>();
        ProtobufReader reader = new ProtobufReader(slice);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> generation = reader.readVarint();
                case 2 -> sequence = reader.readVarint();
                case 3 -> up = reader.readVarint();
                case 4 -> certificate = reader.readBytes();
                case 5 -> {
                    byte[] address = reader.readBytes();
                    if (addresses.size() < ADDRESSES_MAX) {
                        Multiaddr.ifKnown(address).ifPresent(addresses::add);
                    }
                }
                default -> {
                }
            }
        }
        if (generation < 0 || sequence < 0 || up < 0 || up > Integer.MAX_VALUE) {
            throw new FormatException("heartbeat " + generation + "." + sequence + " of " + up);
        }
        return new Heartbeat(generation, sequence, up, certificate, addresses);
    }

    private static Suspect suspect(ByteBuffer slice) throws FormatException {
        byte[] peer = new byte[0];
        long generation = 0;
        long sequence = 0;
        ProtobufReader reader = new ProtobufReader(slice);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> peer = reader.readBytes();
                case 2 -> generation = reader.readVarint();
                case 3 -> sequence = reader.readVarint();
                default -> {
                }
            }
        }
        return new Suspect(PeerId.fromBytes(peer), generation, sequence);
    }

    private static Leave leave(ByteBuffer slice) throws FormatException {
        long generation = 0;
        ProtobufReader reader = new ProtobufReader(slice);
        while (reader.next()) {
            if (reader.field() == 1) {
                generation = reader.readVarint();
            }
        }
        return new Leave(generation);
    }
}

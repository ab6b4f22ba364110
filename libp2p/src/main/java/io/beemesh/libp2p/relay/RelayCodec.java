package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The messages of both protocols as protobuf. All fields are proto2: a type of zero is written.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/relay/circuit-v2.md">circuit v2</a>
 */
final class RelayCodec {
    static final ProtocolId HOP = new ProtocolId("/libp2p/circuit/relay/0.2.0/hop");
    static final ProtocolId STOP = new ProtocolId("/libp2p/circuit/relay/0.2.0/stop");

    /** The longest message, in bytes. */
    static final int BYTES_MAX = 4096;

    /** The most addresses of a reservation that are read. */
    static final int ADDRESSES_MAX = 32;

    private static final int HOP_RESERVE = 0;
    private static final int HOP_CONNECT = 1;
    private static final int HOP_STATUS = 2;
    private static final int STOP_CONNECT = 0;
    private static final int STOP_STATUS = 1;
    private static final long SECONDS_MAX = Duration.ofDays(36_500).toSeconds();

    private RelayCodec() {}

    static byte[] encode(HopMessage message) {
        ProtobufWriter writer = new ProtobufWriter();
        switch (message) {
            case HopMessage.Reserve ignored -> writer.varint(1, HOP_RESERVE);
            case HopMessage.Connect connect ->
                writer.varint(1, HOP_CONNECT).bytes(2, peer(connect.target()));
            case HopMessage.Reserved it -> {
                ProtobufWriter reservation = new ProtobufWriter().varint(1,
                        it.reservation().expires().getEpochSecond());
                it.reservation().addresses()
                        .forEach(address -> reservation.bytes(2, address.toBytes()));
                if (it.reservation().voucher().length > 0) {
                    reservation.bytes(3, it.reservation().voucher());
                }
                limit(writer.varint(1, HOP_STATUS).bytes(3, reservation.toBytes()), 4, it.limit())
                        .varint(5, RelayStatus.OK.code());
            }
            case HopMessage.Status it -> limit(writer.varint(1, HOP_STATUS), 4, it.limit())
                    .varint(5, it.status().code());
        }
        return writer.toBytes();
    }

    static byte[] encode(StopMessage message) {
        ProtobufWriter writer = new ProtobufWriter();
        switch (message) {
            case StopMessage.Connect it -> limit(
                    writer.varint(1, STOP_CONNECT).bytes(2, peer(it.source())), 3, it.limit());
            case StopMessage.Status it ->
                writer.varint(1, STOP_STATUS).varint(4, it.status().code());
        }
        return writer.toBytes();
    }

    private static byte[] peer(PeerId id) {
        return new ProtobufWriter().bytes(1, id.toBytes()).toBytes();
    }

    private static ProtobufWriter limit(ProtobufWriter writer, int field, RelayLimit limit) {
        return limit.isLimited()
                ? writer.bytes(field, new ProtobufWriter().varint(1, limit.duration().toSeconds())
                        .varint(2, limit.dataBytes()).toBytes())
                : writer;
    }

    static HopMessage decodeHop(ByteBuffer bytes) throws RelayException {
        try {
            Fields fields = new Fields();
            ProtobufReader reader = new ProtobufReader(bytes);
            while (reader.next()) {
                switch (reader.field()) {
                    case 1 -> fields.type = reader.readVarint();
                    case 2 -> fields.readPeer(new ProtobufReader(reader.readSlice()));
                    case 3 -> fields.readReservation(new ProtobufReader(reader.readSlice()));
                    case 4 -> fields.readLimit(new ProtobufReader(reader.readSlice()));
                    case 5 -> fields.status = RelayStatus.ofCode(reader.readVarint());
                    default -> {
                    }
                }
            }
            if (fields.type == HOP_RESERVE) {
                return new HopMessage.Reserve();
            } else if (fields.type == HOP_CONNECT) {
                return new HopMessage.Connect(PeerId.fromBytes(fields.peer));
            } else if (fields.type == HOP_STATUS) {
                return fields.hasReservation && fields.status == RelayStatus.OK
                        ? new HopMessage.Reserved(fields.reservation(), fields.limit)
                        : new HopMessage.Status(fields.status, fields.limit);
            }
            throw new FormatException("unknown type " + fields.type);
        } catch (FormatException e) {
            throw malformed(e);
        }
    }

    static StopMessage decodeStop(ByteBuffer bytes) throws RelayException {
        try {
            Fields fields = new Fields();
            ProtobufReader reader = new ProtobufReader(bytes);
            while (reader.next()) {
                switch (reader.field()) {
                    case 1 -> fields.type = reader.readVarint();
                    case 2 -> fields.readPeer(new ProtobufReader(reader.readSlice()));
                    case 3 -> fields.readLimit(new ProtobufReader(reader.readSlice()));
                    case 4 -> fields.status = RelayStatus.ofCode(reader.readVarint());
                    default -> {
                    }
                }
            }
            if (fields.type == STOP_CONNECT) {
                return new StopMessage.Connect(PeerId.fromBytes(fields.peer), fields.limit);
            } else if (fields.type == STOP_STATUS) {
                return new StopMessage.Status(fields.status);
            }
            throw new FormatException("unknown type " + fields.type);
        } catch (FormatException e) {
            throw malformed(e);
        }
    }

    private static RelayException malformed(FormatException e) {
        return new RelayException(RelayStatus.MALFORMED_MESSAGE,
                "relay message cannot be read: " + e.getMessage());
    }

    /** Seconds since the epoch as others send them, some of them absurd. */
    static Instant instant(long seconds) throws FormatException {
        if (seconds < 0 || seconds > SECONDS_MAX * 10) {
            throw new FormatException("no point in time: " + seconds + " s");
        }
        return Instant.ofEpochSecond(seconds);
    }

    /** What a message may hold. */
    private static final class Fields {
        private long type = -1;
        private byte[] peer = new byte[0];
        private boolean hasReservation;
        private Instant expires = Instant.EPOCH;
        private final List<Multiaddr> addresses = new ArrayList<>();
        private byte[] voucher = new byte[0];
        private RelayLimit limit = RelayLimit.NONE;
        private RelayStatus status = RelayStatus.MALFORMED_MESSAGE;

        void readPeer(ProtobufReader reader) throws FormatException {
            while (reader.next()) {
                if (reader.field() == 1) {
                    peer = reader.readBytes();
                }
            }
        }

        void readReservation(ProtobufReader reader) throws FormatException {
            hasReservation = true;
            while (reader.next()) {
                switch (reader.field()) {
                    case 1 -> expires = instant(reader.readVarint());
                    case 2 -> {
                        byte[] address = reader.readBytes();
                        if (addresses.size() < ADDRESSES_MAX) {
                            Multiaddr.ifKnown(address).ifPresent(addresses::add);
                        }
                    }
                    case 3 -> voucher = reader.readBytes();
                    default -> {
                    }
                }
            }
        }

        void readLimit(ProtobufReader reader) throws FormatException {
            long seconds = 0;
            long data = 0;
            while (reader.next()) {
                switch (reader.field()) {
                    case 1 -> seconds = reader.readVarint();
                    case 2 -> data = reader.readVarint();
                    default -> {
                    }
                }
            }
            if (seconds < 0 || seconds > SECONDS_MAX) {
                throw new FormatException("no duration: " + seconds + " s");
            }
            // Unsigned on the wire: what does not fit is no limit that could be reached.
            limit = new RelayLimit(Duration.ofSeconds(seconds), data < 0 ? Long.MAX_VALUE : data);
        }

        Reservation reservation() {
            return new Reservation(expires, addresses, voucher);
        }
    }
}

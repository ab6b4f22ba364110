package io.beemesh.protocol.membership;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What one member tells another of a third, and what it keeps on disk: not believed without the
 * certificate's signature.
 *
 * @param certificate see {@link MembershipCertificate}
 * @param addresses at most {@value #ADDRESSES_MAX}
 * @param left the generation in which it left in order, see {@link LaneMessage.Leave}; zero if it did not
 */
public record MemberRecord(byte[] certificate, List<Multiaddr> addresses, long left) {
    /** Records in one list. */
    public static final int RECORDS_MAX = 1024;

    /** The longest encoding of a list, in bytes. */
    public static final int LIST_BYTES_MAX = 1024 * 1024;

    static final int ADDRESSES_MAX = LaneMessage.ADDRESSES_MAX;

    public MemberRecord {
        addresses = addresses.size() > ADDRESSES_MAX
                ? List.copyOf(addresses.subList(0, ADDRESSES_MAX))
                : List.copyOf(addresses);
    }

    /** Of a member that has not left. */
    public MemberRecord(byte[] certificate, List<Multiaddr> addresses) {
        this(certificate, addresses, 0);
    }

    /** A list; what does not fit into {@link #LIST_BYTES_MAX} is left out. */
    public static byte[] listToBytes(List<MemberRecord> records) {
        ProtobufWriter out = new ProtobufWriter();
        int total = 0;
        for (MemberRecord member : records) {
            ProtobufWriter inner = new ProtobufWriter().bytes(1, member.certificate);
            member.addresses.forEach(address -> inner.bytes(2, address.toBytes()));
            if (member.left != 0) {
                inner.varint(3, member.left);
            }
            byte[] bytes = inner.toBytes();
            total += bytes.length + 8;
            if (total > LIST_BYTES_MAX) {
                break;
            }
            out.bytes(1, bytes);
        }
        return out.toBytes();
    }

    public static List<MemberRecord> listFromBytes(byte[] bytes) throws FormatException {
        List<MemberRecord> records = new ArrayList<>();
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            if (reader.field() == 1) {
                if (records.size() == RECORDS_MAX) {
                    throw new FormatException("more than " + RECORDS_MAX + " members");
                }
                records.add(read(reader.readSlice()));
            }
        }
        return records;
    }

    private static MemberRecord read(ByteBuffer slice) throws FormatException {
        byte[] certificate = new byte[0];
        List<Multiaddr> addresses = new ArrayList<>();
        long left = 0;
        ProtobufReader reader = new ProtobufReader(slice);
        while (reader.next()) {
            if (reader.field() == 1) {
                certificate = reader.readBytes();
            } else if (reader.field() == 2 && addresses.size() < ADDRESSES_MAX) {
                Multiaddr.ifKnown(reader.readBytes()).ifPresent(addresses::add);
            } else if (reader.field() == 3) {
                left = Math.max(0, reader.readVarint());
            }
        }
        return new MemberRecord(certificate, addresses, left);
    }
}

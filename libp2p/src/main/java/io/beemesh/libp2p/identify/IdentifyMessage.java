package io.beemesh.libp2p.identify;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerRecord;
import io.beemesh.libp2p.peer.PublicKey;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A peer's description of itself and of how it sees the other side. Empty lists, texts and arrays mean
 * that the field is missing; in a push that is: unchanged.
 *
 * @param publicKey the protobuf form of its key
 * @param listenAddresses without {@code /p2p}
 * @param protocols what it serves
 * @param observedAddress at most one: the receiver as the sender sees it
 * @param protocolVersion for people
 * @param agentVersion for people
 * @param signedPeerRecord an envelope, to be verified by {@link PeerRecord#open}
 * @see <a href="https://github.com/libp2p/specs/blob/master/identify/README.md">identify</a>
 */
public record IdentifyMessage(
        byte[] publicKey,
        List<Multiaddr> listenAddresses,
        List<ProtocolId> protocols,
        List<Multiaddr> observedAddress,
        String protocolVersion,
        String agentVersion,
        byte[] signedPeerRecord) {
    /** The protocol by which a peer asks. */
    public static final ProtocolId PROTOCOL = new ProtocolId("/ipfs/id/1.0.0");

    /** The protocol by which a peer tells of changes. */
    public static final ProtocolId PUSH = new ProtocolId("/ipfs/id/push/1.0.0");

    /** Larger messages are refused by rust, so they are not sent. */
    public static final int SENT_BYTES_MAX = 4096 - 64;

    private static final int ADDRESSES_MAX = 64;
    private static final int PROTOCOLS_MAX = 256;
    private static final int VERSION_LENGTH_MAX = 256;

    public IdentifyMessage {
        listenAddresses = List.copyOf(listenAddresses);
        protocols = List.copyOf(protocols);
        observedAddress = List.copyOf(observedAddress);
    }

    /** The protobuf form; addresses are left out from the end until it is small enough. */
    public byte[] toBytes() {
        for (int addresses = listenAddresses.size();; addresses--) {
            byte[] bytes = toBytes(listenAddresses.subList(0, Math.max(0, addresses)));
            if (bytes.length <= SENT_BYTES_MAX || addresses <= 0) {
                return bytes;
            }
        }
    }

    private byte[] toBytes(List<Multiaddr> addresses) {
        ProtobufWriter writer = new ProtobufWriter().bytes(1, publicKey);
        addresses.forEach(address -> writer.bytes(2, address.toBytes()));
        protocols.forEach(protocol -> writer.string(3, protocol.name()));
        observedAddress.forEach(address -> writer.bytes(4, address.toBytes()));
        writer.string(5, protocolVersion).string(6, agentVersion);
        if (signedPeerRecord.length > 0) {
            writer.bytes(8, signedPeerRecord);
        }
        return writer.toBytes();
    }

    /** Parses the parts of one message, which are merged; addresses and protocols of unknown form are left out. */
    public static IdentifyMessage fromBytes(List<byte[]> parts) throws FormatException {
        Builder builder = new Builder();
        for (byte[] part : parts) {
            builder.read(new ProtobufReader(part));
        }
        return new IdentifyMessage(
                builder.publicKey,
                builder.listenAddresses,
                builder.protocols,
                builder.observedAddress,
                builder.protocolVersion,
                builder.agentVersion,
                builder.signedPeerRecord);
    }

    /** True unless the message names another key than {@code proven}. */
    public boolean agreesWith(PublicKey proven) {
        return publicKey.length == 0 || Arrays.equals(publicKey, proven.toBytes());
    }

    private static final class Builder {
        private byte[] publicKey = new byte[0];
        private final List<Multiaddr> listenAddresses = new ArrayList<>();
        private final List<ProtocolId> protocols = new ArrayList<>();
        private final List<Multiaddr> observedAddress = new ArrayList<>();
        private String protocolVersion = "";
        private String agentVersion = "";
        private byte[] signedPeerRecord = new byte[0];

        void read(ProtobufReader reader) throws FormatException {
            while (reader.next()) {
                switch (reader.field()) {
                    case 1 -> publicKey = reader.readBytes();
                    case 2 -> add(listenAddresses, reader.readBytes(), ADDRESSES_MAX);
                    case 3 -> addProtocol(reader.readString());
                    case 4 -> {
                        observedAddress.clear();
                        add(observedAddress, reader.readBytes(), 1);
                    }
                    case 5 -> protocolVersion = shorten(reader.readString());
                    case 6 -> agentVersion = shorten(reader.readString());
                    case 8 -> signedPeerRecord = reader.readBytes();
                    default -> {
                    }
                }
            }
        }

        private void addProtocol(String name) {
            if (protocols.size() < PROTOCOLS_MAX && ProtocolId.isValid(name)) {
                protocols.add(new ProtocolId(name));
            }
        }

        private static void add(List<Multiaddr> addresses, byte[] bytes, int max) {
            if (addresses.size() < max) {
                Multiaddr.ifKnown(bytes).ifPresent(addresses::add);
            }
        }

        private static String shorten(String text) {
            return text.length() <= VERSION_LENGTH_MAX
                    ? text
                    : text.substring(0, VERSION_LENGTH_MAX);
        }
    }
}

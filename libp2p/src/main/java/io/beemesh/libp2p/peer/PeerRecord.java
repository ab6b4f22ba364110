package io.beemesh.libp2p.peer;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * The addresses that a peer claims for itself, signed by it inside a {@link SignedEnvelope}.
 *
 * @param peer whose they are
 * @param sequence greater means newer; unsigned, never a time
 * @param addresses at most {@value #ADDRESSES_MAX}, without {@code /p2p}
 * @see <a href="https://github.com/libp2p/specs/blob/master/RFC/0003-routing-records.md">RFC 0003</a>
 */
public record PeerRecord(PeerId peer, long sequence, List<Multiaddr> addresses) {
    /** The most addresses that are read; the rest is dropped. */
    public static final int ADDRESSES_MAX = 64;

    private static final String DOMAIN = "libp2p-peer-record";
    private static final byte[] TYPE = {3, 1};

    public PeerRecord {
        addresses = List.copyOf(addresses);
    }

    /** Signs this record with the peer's own key. */
    public SignedEnvelope seal(PrivateKey key) {
        if (!key.peerId().equals(peer)) {
            throw new IllegalArgumentException("record of " + peer + " signed by another peer");
        }
        ProtobufWriter writer = new ProtobufWriter().bytes(1, peer.toBytes()).varint(2, sequence);
        for (Multiaddr address : addresses) {
            writer.bytes(3, new ProtobufWriter().bytes(1, address.toBytes()).toBytes());
        }
        return SignedEnvelope.seal(key, DOMAIN, TYPE, writer.toBytes());
    }

    /** Verifies the envelope and that the peer itself signed it; unknown addresses are left out. */
    public static PeerRecord open(byte[] envelope) throws FormatException {
        SignedEnvelope opened = SignedEnvelope.open(envelope, DOMAIN, TYPE);
        PeerRecord record = read(opened.payload());
        if (!PeerId.of(opened.signer()).equals(record.peer)) {
            throw new FormatException("peer record of " + record.peer + " signed by another peer");
        }
        return record;
    }

    private static PeerRecord read(byte[] payload) throws FormatException {
        byte[] peer = new byte[0];
        long sequence = 0;
        List<Multiaddr> addresses = new ArrayList<>();
        ProtobufReader reader = new ProtobufReader(payload);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> peer = reader.readBytes();
                case 2 -> sequence = reader.readVarint();
                case 3 -> readAddress(new ProtobufReader(reader.readSlice()), addresses);
                default -> {
                }
            }
        }
        return new PeerRecord(PeerId.fromBytes(peer), sequence, addresses);
    }

    private static void readAddress(ProtobufReader reader, List<Multiaddr> addresses)
            throws FormatException {
        while (reader.next()) {
            if (reader.field() == 1 && addresses.size() < ADDRESSES_MAX) {
                Multiaddr.ifKnown(reader.readBytes()).ifPresent(addresses::add);
            }
        }
    }
}

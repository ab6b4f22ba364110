package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The protobuf form of {@link KadMessage}. Peers and addresses that cannot be read are left out, those
 * above a bound too; anything else that is wrong refuses the message.
 */
final class KadCodec {
    static final int KEY_BYTES_MAX = 1_024;
    static final int PEERS_MAX = 128;

    private KadCodec() {}

    static byte[] encode(KadMessage message) {
        ProtobufWriter out = new ProtobufWriter();
        if (message.type() != KadMessage.Type.PUT_VALUE) {
            out.varint(1, message.type().number);
        }
        if (message.key().length > 0) {
            out.bytes(2, message.key());
        }
        KadRecord record = message.record();
        if (record != null) {
            out.bytes(3, encode(record));
        }
        message.closer().forEach(peer -> out.bytes(8, encode(peer)));
        message.providers().forEach(peer -> out.bytes(9, encode(peer)));
        return out.toBytes();
    }

    private static byte[] encode(KadRecord record) {
        ProtobufWriter out = new ProtobufWriter().bytes(1, record.key()).bytes(2, record.value());
        if (!record.timeReceived().isEmpty()) {
            out.string(5, record.timeReceived());
        }
        return out.toBytes();
    }

    private static byte[] encode(KadPeer peer) {
        ProtobufWriter out = new ProtobufWriter().bytes(1, peer.id().toBytes());
        List<Multiaddr> addresses = peer.addresses();
        for (int i = 0; i < Math.min(addresses.size(), KadPeer.ADDRESSES_MAX); i++) {
            out.bytes(2, addresses.get(i).toBytes());
        }
        return out.toBytes();
    }

    static KadMessage decode(ByteBuffer frame) throws KadException {
        try {
            return read(new ProtobufReader(frame));
        } catch (FormatException e) {
            throw new KadException("message cannot be read: " + e.getMessage());
        }
    }

    private static KadMessage read(ProtobufReader in) throws FormatException, KadException {
        long type = 0;
        byte[] key = new byte[0];
        KadRecord record = null;
        List<KadPeer> closer = new ArrayList<>();
        List<KadPeer> providers = new ArrayList<>();
        while (in.next()) {
            switch (in.field()) {
                case 1 -> type = in.readVarint();
                case 2 -> key = in.readBytes();
                case 3 -> record = readRecord(new ProtobufReader(in.readSlice()));
                case 8 -> addPeer(closer, in.readSlice());
                case 9 -> addPeer(providers, in.readSlice());
                default -> {
                    // Fields of later versions are skipped.
                }
            }
        }
        if (key.length > KEY_BYTES_MAX) {
            throw new KadException("key has " + key.length + " bytes, limit " + KEY_BYTES_MAX);
        }
        return new KadMessage(KadMessage.Type.of(type), key, record, List.copyOf(closer),
                List.copyOf(providers));
    }

    private static KadRecord readRecord(ProtobufReader in) throws FormatException {
        byte[] key = new byte[0];
        byte[] value = new byte[0];
        String time = "";
        while (in.next()) {
            switch (in.field()) {
                case 1 -> key = in.readBytes();
                case 2 -> value = in.readBytes();
                case 5 -> time = in.readString();
                default -> {
                    // rust-libp2p adds publisher and time to live.
                }
            }
        }
        return new KadRecord(key, value, time);
    }

    private static void addPeer(List<KadPeer> peers, ByteBuffer bytes) throws FormatException {
        if (peers.size() < PEERS_MAX) {
            KadPeer peer = readPeer(new ProtobufReader(bytes));
            if (peer != null) {
                peers.add(peer);
            }
        }
    }

    private static @Nullable KadPeer readPeer(ProtobufReader in) throws FormatException {
        byte[] id = new byte[0];
        List<Multiaddr> addresses = new ArrayList<>(2);
        while (in.next()) {
            switch (in.field()) {
                case 1 -> id = in.readBytes();
                case 2 -> addAddress(addresses, in.readBytes());
                default -> {
                    // Field 3 says how the sender is connected: nothing is decided by it.
                }
            }
        }
        try {
            return new KadPeer(PeerId.fromBytes(id), addresses);
        } catch (FormatException e) {
            return null;
        }
    }

    private static void addAddress(List<Multiaddr> addresses, byte[] bytes) {
        if (addresses.size() >= KadPeer.ADDRESSES_MAX) {
            return;
        }
        try {
            addresses.add(Multiaddr.fromBytes(bytes));
        } catch (FormatException e) {
            // An address of a kind that is unknown here: others may understand it, we cannot dial
            // it.
        }
    }
}

package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The protobuf form of {@link Rpc}. Entries above a bound are left out; what cannot be read is refused. */
final class PubsubCodec {
    static final int ENTRIES_MAX = 1_000;
    static final int IDS_MAX = 5_000;
    static final int TOPIC_BYTES_MAX = 1_024;
    static final int EXCHANGED_MAX = 64;

    private PubsubCodec() {}

    static byte[] encode(Rpc rpc) {
        ProtobufWriter out = new ProtobufWriter();
        for (Rpc.Subscription subscription : rpc.subscriptions) {
            out.bytes(1, new ProtobufWriter().varint(1, subscription.subscribe() ? 1 : 0)
                    .string(2, subscription.topic()).toBytes());
        }
        rpc.messages.forEach(message -> out.bytes(2, encode(message, true)));
        if (rpc.hasControl()) {
            out.bytes(3, encodeControl(rpc));
        }
        return out.toBytes();
    }

    /** With or without signature and key: signatures are over the form without. */
    static byte[] encode(WireMessage message, boolean signed) {
        ProtobufWriter out = new ProtobufWriter();
        if (message.from() != null) {
            out.bytes(1, message.from());
        }
        if (message.data() != null) {
            out.bytes(2, message.data());
        }
        if (message.seqno() != null) {
            out.bytes(3, message.seqno());
        }
        out.string(4, message.topic());
        if (signed && message.signature() != null) {
            out.bytes(5, message.signature());
        }
        if (signed && message.key() != null) {
            out.bytes(6, message.key());
        }
        return out.toBytes();
    }

    private static byte[] encodeControl(Rpc rpc) {
        ProtobufWriter out = new ProtobufWriter();
        for (Rpc.IHave ihave : rpc.ihave) {
            ProtobufWriter entry = new ProtobufWriter().string(1, ihave.topic());
            ihave.ids().forEach(id -> entry.bytes(2, id.toBytes()));
            out.bytes(1, entry.toBytes());
        }
        if (!rpc.iwant.isEmpty()) {
            out.bytes(2, encodeIds(rpc.iwant));
        }
        rpc.graft.forEach(topic -> out.bytes(3, new ProtobufWriter().string(1, topic).toBytes()));
        rpc.prune.forEach(prune -> out.bytes(4, encode(prune)));
        if (!rpc.idontwant.isEmpty()) {
            out.bytes(5, encodeIds(rpc.idontwant));
        }
        return out.toBytes();
    }

    private static byte[] encodeIds(List<MessageId> ids) {
        ProtobufWriter entry = new ProtobufWriter();
        ids.forEach(id -> entry.bytes(1, id.toBytes()));
        return entry.toBytes();
    }

    static byte[] encode(Rpc.Prune prune) {
        ProtobufWriter out = new ProtobufWriter().string(1, prune.topic());
        for (Rpc.Exchanged peer : prune.peers()) {
            ProtobufWriter entry = new ProtobufWriter().bytes(1, peer.peerId());
            if (peer.signedRecord().length > 0) {
                entry.bytes(2, peer.signedRecord());
            }
            out.bytes(2, entry.toBytes());
        }
        return out.varint(3, prune.backoffSeconds()).toBytes();
    }

    static Rpc decode(ByteBuffer frame) throws PubsubException {
        Rpc rpc = new Rpc();
        try {
            ProtobufReader in = new ProtobufReader(frame);
            while (in.next()) {
                switch (in.field()) {
                    case 1 -> readSubscription(new ProtobufReader(in.readSlice()), rpc);
                    case 2 -> readMessage(new ProtobufReader(in.readSlice()), rpc);
                    case 3 -> readControl(new ProtobufReader(in.readSlice()), rpc);
                    default -> {
                        // Fields of later versions are skipped.
                    }
                }
            }
        } catch (FormatException e) {
            throw new PubsubException("rpc cannot be read: " + e.getMessage());
        }
        return rpc;
    }

    private static void readSubscription(ProtobufReader in, Rpc rpc) throws FormatException {
        boolean subscribe = false;
        String topic = "";
        while (in.next()) {
            switch (in.field()) {
                case 1 -> subscribe = in.readVarint() != 0;
                case 2 -> topic = readTopic(in);
                default -> {
                    // Unknown.
                }
            }
        }
        if (rpc.subscriptions.size() < ENTRIES_MAX) {
            rpc.subscriptions.add(new Rpc.Subscription(subscribe, topic));
        }
    }

    private static String readTopic(ProtobufReader in) throws FormatException {
        ByteBuffer slice = in.readSlice();
        if (slice.remaining() > TOPIC_BYTES_MAX) {
            throw new FormatException(
                    "topic has " + slice.remaining() + " bytes, limit " + TOPIC_BYTES_MAX);
        }
        return StandardCharsets.UTF_8.decode(slice).toString();
    }

    private static void readMessage(ProtobufReader in, Rpc rpc) throws FormatException {
        byte[] from = null;
        byte[] data = null;
        byte[] seqno = null;
        byte[] signature = null;
        byte[] key = null;
        String topic = "";
        while (in.next()) {
            switch (in.field()) {
                case 1 -> from = in.readBytes();
                case 2 -> data = in.readBytes();
                case 3 -> seqno = in.readBytes();
                case 4 -> topic = readTopic(in);
                case 5 -> signature = in.readBytes();
                case 6 -> key = in.readBytes();
                default -> {
                    // Unknown.
                }
            }
        }
        if (rpc.messages.size() < ENTRIES_MAX) {
            rpc.messages.add(new WireMessage(from, data, seqno, topic, signature, key));
        }
    }

    private static void readControl(ProtobufReader in, Rpc rpc) throws FormatException {
        while (in.next()) {
            switch (in.field()) {
                case 1 -> readIHave(new ProtobufReader(in.readSlice()), rpc);
                case 2 -> readIds(new ProtobufReader(in.readSlice()), 1, rpc.iwant);
                case 3 -> readGraft(new ProtobufReader(in.readSlice()), rpc);
                case 4 -> readPrune(new ProtobufReader(in.readSlice()), rpc);
                case 5 -> readIds(new ProtobufReader(in.readSlice()), 1, rpc.idontwant);
                default -> {
                    // Extensions of 1.3.
                }
            }
        }
    }

    private static void readIds(ProtobufReader in, int field, List<MessageId> ids)
            throws FormatException {
        while (in.next()) {
            if (in.field() == field) {
                addId(in, ids);
            }
        }
    }

    private static void addId(ProtobufReader in, List<MessageId> ids) throws FormatException {
        ByteBuffer id = in.readSlice();
        if (ids.size() < IDS_MAX && id.hasRemaining() && id.remaining() <= MessageId.BYTES_MAX) {
            byte[] bytes = new byte[id.remaining()];
            id.get(bytes);
            ids.add(MessageId.of(bytes));
        }
    }

    private static void readIHave(ProtobufReader in, Rpc rpc) throws FormatException {
        String topic = "";
        List<MessageId> ids = new ArrayList<>();
        while (in.next()) {
            switch (in.field()) {
                case 1 -> topic = readTopic(in);
                case 2 -> addId(in, ids);
                default -> {
                    // Unknown.
                }
            }
        }
        if (rpc.ihave.size() < ENTRIES_MAX) {
            rpc.ihave.add(new Rpc.IHave(topic, ids));
        }
    }

    private static void readGraft(ProtobufReader in, Rpc rpc) throws FormatException {
        while (in.next()) {
            if (in.field() == 1 && rpc.graft.size() < ENTRIES_MAX) {
                rpc.graft.add(readTopic(in));
            }
        }
    }

    private static void readPrune(ProtobufReader in, Rpc rpc) throws FormatException {
        String topic = "";
        long backoff = 0;
        List<Rpc.Exchanged> peers = new ArrayList<>();
        while (in.next()) {
            switch (in.field()) {
                case 1 -> topic = readTopic(in);
                case 2 -> readExchanged(new ProtobufReader(in.readSlice()), peers);
                case 3 -> backoff = in.readVarint();
                default -> {
                    // Unknown.
                }
            }
        }
        if (rpc.prune.size() < ENTRIES_MAX) {
            rpc.prune.add(new Rpc.Prune(topic, peers, Math.max(0, backoff)));
        }
    }

    private static void readExchanged(ProtobufReader in, List<Rpc.Exchanged> peers)
            throws FormatException {
        byte[] id = new byte[0];
        byte[] signedRecord = new byte[0];
        while (in.next()) {
            switch (in.field()) {
                case 1 -> id = in.readBytes();
                case 2 -> signedRecord = in.readBytes();
                default -> {
                    // Unknown.
                }
            }
        }
        if (peers.size() < EXCHANGED_MAX) {
            peers.add(new Rpc.Exchanged(id, signedRecord));
        }
    }
}

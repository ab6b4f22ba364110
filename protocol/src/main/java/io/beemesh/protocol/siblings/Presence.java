package io.beemesh.protocol.siblings;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * All replicas of one owner that a machine has, as it publishes them in the owner's topic whenever that
 * changes; whose word it is, is who signed the message. A replica that was in an earlier message and is not in
 * this one has ended in order: it said goodbye.
 *
 * @param generation of the machine's process, rising
 * @param sequence rising within a generation
 * @param replicas in the order of their indexes, at most {@value #REPLICAS_MAX}
 */
public record Presence(long generation, long sequence, List<Replica> replicas) {
    /** More replicas of one owner on one machine are left to their controller. */
    public static final int REPLICAS_MAX = 1000;

    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = 32 * 1024;

    private static final String TOPIC = "/beemesh/presence/";

    public Presence {
        replicas = List.copyOf(replicas);
        if (replicas.size() > REPLICAS_MAX) {
            throw new IllegalArgumentException(replicas.size() + " replicas, limit "
                    + REPLICAS_MAX);
        }
    }

    /**
     * One replica.
     *
     * @param isMissing its sidecar is gone without a goodbye
     */
    public record Replica(int index, long incarnation, boolean isMissing) {}

    /** Where an owner's machines publish. */
    public static String topic(String ownerUid) {
        return TOPIC + ownerUid;
    }

    public byte[] toBytes() {
        ProtobufWriter out = new ProtobufWriter().varint(1, generation).varint(2, sequence);
        replicas.forEach(replica -> out.bytes(3, new ProtobufWriter().varint(1, replica.index)
                .varint(2, replica.incarnation).varint(3, replica.isMissing ? 1 : 0).toBytes()));
        return out.toBytes();
    }

    public static Presence fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length > BYTES_MAX) {
            throw new FormatException("presence of " + bytes.length + " bytes");
        }
        long generation = 0;
        long sequence = 0;
        List<Replica> replicas = new ArrayList<>();
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> generation = reader.readVarint();
                case 2 -> sequence = reader.readVarint();
                case 3 -> {
                    if (replicas.size() == REPLICAS_MAX) {
                        throw new FormatException("more than " + REPLICAS_MAX + " replicas");
                    }
                    replicas.add(replica(reader.readSlice()));
                }
                default -> {
                }
            }
        }
        if (generation < 0 || sequence < 0) {
            throw new FormatException("presence " + generation + "/" + sequence);
        }
        return new Presence(generation, sequence, replicas);
    }

    private static Replica replica(ByteBuffer slice) throws FormatException {
        long index = 0;
        long incarnation = 0;
        long missing = 0;
        ProtobufReader reader = new ProtobufReader(slice);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> index = reader.readVarint();
                case 2 -> incarnation = reader.readVarint();
                case 3 -> missing = reader.readVarint();
                default -> {
                }
            }
        }
        if (index < 0 || index > Integer.MAX_VALUE || incarnation < 1) {
            throw new FormatException("replica " + index + " of incarnation " + incarnation);
        }
        return new Replica((int) index, incarnation, missing != 0);
    }
}

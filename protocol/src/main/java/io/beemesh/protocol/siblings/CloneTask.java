package io.beemesh.protocol.siblings;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import io.beemesh.protocol.scheduling.TaskId;

/**
 * A machine asks, for a pod that misses a sibling, that the replica's next incarnation be made: {@code
 * replace(owner uid, index, incarnation -> incarnation + 1)}. Who decides is the primary of the owner's slot.
 *
 * @param id names the task in logs; deciding twice is prevented by the incarnation alone
 */
public record CloneTask(TaskId id, Owner owner, int index, long incarnation) {
    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = 1024;

    private static final int NAME_CHARS_MAX = 253;

    /**
     * What the replicas belong to.
     *
     * @param resource {@code replicasets} or {@code replicationcontrollers}
     */
    public record Owner(String resource, String namespace, String name, String uid) {
        /** {@code namespace/name}. */
        @Override
        public String toString() {
            return namespace + "/" + name;
        }
    }

    public byte[] toBytes() {
        return new ProtobufWriter().bytes(1, id.toBytes()).string(2, owner.resource)
                .string(3, owner.namespace).string(4, owner.name).string(5, owner.uid)
                .varint(6, index).varint(7, incarnation).toBytes();
    }

    public static CloneTask fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length > BYTES_MAX) {
            throw new FormatException("clone task of " + bytes.length + " bytes");
        }
        TaskId id = new TaskId(0, 0);
        String[] owner = {"", "", "", ""};
        long index = -1;
        long incarnation = 0;
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> id = TaskId.fromBytes(reader.readBytes());
                case 2, 3, 4, 5 -> owner[reader.field() - 2] = reader.readString();
                case 6 -> index = reader.readVarint();
                case 7 -> incarnation = reader.readVarint();
                default -> {
                }
            }
        }
        if (index < 0 || index > Integer.MAX_VALUE || incarnation < 1) {
            throw new FormatException("clone of index " + index + " and incarnation "
                    + incarnation);
        }
        for (String name : owner) {
            if (name.isEmpty() || name.length() > NAME_CHARS_MAX) {
                throw new FormatException("name of " + name.length() + " characters");
            }
        }
        return new CloneTask(id, new Owner(owner[0], owner[1], owner[2], owner[3]), (int) index,
                incarnation);
    }
}

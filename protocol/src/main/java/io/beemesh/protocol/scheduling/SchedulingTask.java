package io.beemesh.protocol.scheduling;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;

/**
 * Like pods in want of machines, as their home publishes it in a lane.
 *
 * @param pod what filters and scores read of such a pod, as JSON; at most {@value #POD_BYTES_MAX} bytes
 * @param replicas how many, 1 to {@value #REPLICAS_MAX}
 */
public record SchedulingTask(TaskId id, byte[] pod, int replicas) {
    public static final int POD_BYTES_MAX = 32 * 1024;
    public static final int REPLICAS_MAX = 1_000;

    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = POD_BYTES_MAX + 64;

    public byte[] toBytes() {
        return new ProtobufWriter().bytes(1, id.toBytes()).bytes(2, pod).varint(3, replicas)
                .toBytes();
    }

    public static SchedulingTask fromBytes(byte[] bytes) throws FormatException {
        byte[] id = new byte[0];
        byte[] pod = new byte[0];
        long replicas = 0;
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> id = reader.readBytes();
                case 2 -> pod = reader.readBytes();
                case 3 -> replicas = reader.readVarint();
                default -> {
                }
            }
        }
        if (pod.length == 0 || pod.length > POD_BYTES_MAX) {
            throw new FormatException("task with a pod of " + pod.length + " bytes");
        }
        if (replicas < 1 || replicas > REPLICAS_MAX) {
            throw new FormatException("task for " + replicas + " replicas");
        }
        return new SchedulingTask(TaskId.fromBytes(id), pod, (int) replicas);
    }
}

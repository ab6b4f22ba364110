package io.beemesh.protocol.scheduling;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * A home asks a machine to keep room for pods; the machine may say no.
 *
 * @param pod as in {@link SchedulingTask#pod}
 * @param uids of the pods, 1 to {@value SchedulingTask#REPLICAS_MAX}, each at most 64 characters
 */
public record Award(byte[] pod, List<String> uids) {
    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = SchedulingTask.POD_BYTES_MAX
            + SchedulingTask.REPLICAS_MAX * 66 + 64;

    private static final int UID_LENGTH_MAX = 64;

    public Award {
        uids = List.copyOf(uids);
    }

    public byte[] toBytes() {
        ProtobufWriter out = new ProtobufWriter().bytes(1, pod);
        uids.forEach(uid -> out.string(2, uid));
        return out.toBytes();
    }

    public static Award fromBytes(byte[] bytes) throws FormatException {
        byte[] pod = new byte[0];
        List<String> uids = new ArrayList<>();
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> pod = reader.readBytes();
                case 2 -> {
                    String uid = reader.readString();
                    if (uid.isEmpty() || uid.length() > UID_LENGTH_MAX) {
                        throw new FormatException("uid of " + uid.length() + " characters");
                    }
                    uids.add(uid);
                }
                default -> {
                }
            }
        }
        if (pod.length == 0 || pod.length > SchedulingTask.POD_BYTES_MAX || uids.isEmpty()
                || uids.size() > SchedulingTask.REPLICAS_MAX) {
            throw new FormatException("award beyond its limits");
        }
        return new Award(pod, uids);
    }

    /**
     * What the machine says.
     *
     * @param accepted it keeps room for that many of the pods, the first ones
     * @param reasons why not for more, in Kubernetes' words
     */
    public record Answer(int accepted, List<String> reasons) {
        /** The longest encoding, in bytes. */
        public static final int BYTES_MAX = 4 * 1024;

        public Answer {
            reasons = List.copyOf(reasons);
        }

        public byte[] toBytes() {
            ProtobufWriter out = new ProtobufWriter().varint(1, accepted);
            reasons.forEach(reason -> out.string(2, reason));
            return out.toBytes();
        }

        public static Answer fromBytes(byte[] bytes) throws FormatException {
            long accepted = 0;
            List<String> reasons = new ArrayList<>();
            ProtobufReader reader = new ProtobufReader(bytes);
            while (reader.next()) {
                if (reader.field() == 1) {
                    accepted = reader.readVarint();
                } else if (reader.field() == 2) {
                    reasons.add(reader.readString());
                }
            }
            if (accepted < 0 || accepted > SchedulingTask.REPLICAS_MAX
                    || reasons.size() > Bid.REASONS_MAX) {
                throw new FormatException("answer beyond its limits");
            }
            return new Answer((int) accepted, reasons);
        }
    }
}

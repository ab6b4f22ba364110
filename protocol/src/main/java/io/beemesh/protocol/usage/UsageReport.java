package io.beemesh.protocol.usage;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a machine and its pods use, as it tells the others in one message; whose it is, is who signed the
 * message.
 *
 * @param window over which processor time was measured
 * @param pods those that fit into a message, see {@link #fitting}
 */
public record UsageReport(Duration window, Amounts machine, List<PodUse> pods) {
    /** The longest encoding, in bytes: fits with its envelope into one message of a lane. */
    public static final int BYTES_MAX = 8 * 1024 - 64;
    /** Containers of one pod. */
    static final int CONTAINERS_MAX = 64;
    private static final int NAME_CHARS_MAX = 253;
    private static final int WINDOW_MILLIS_MAX = 3_600_000;

    public UsageReport {
        pods = List.copyOf(pods);
    }

    /**
     * How much of a machine.
     *
     * @param nanoCores billionths of a processor
     * @param memoryBytes resident, without what the kernel could drop
     */
    public record Amounts(long nanoCores, long memoryBytes) {}

    /** What one container uses. */
    public record ContainerUse(String name, Amounts use) {}

    /** What the containers of one pod use. */
    public record PodUse(String uid, List<ContainerUse> containers) {
        public PodUse {
            containers = List.copyOf(containers);
        }
    }

    /** How many of {@code pods}, from the first on, fit into a message. */
    public static int fitting(List<PodUse> pods) {
        int bytes = head(Duration.ZERO, new Amounts(Long.MAX_VALUE, Long.MAX_VALUE))
                .toBytes().length;
        for (int i = 0; i < pods.size(); i++) {
            // Tag and length take at most three bytes.
            bytes += encode(pods.get(i)).length + 4;
            if (bytes > BYTES_MAX) {
                return i;
            }
        }
        return pods.size();
    }

    /** The encoding; the caller has seen to it that all fits. */
    public byte[] toBytes() {
        ProtobufWriter out = head(window, machine);
        pods.forEach(pod -> out.bytes(3, encode(pod)));
        return out.toBytes();
    }

    private static ProtobufWriter head(Duration window, Amounts machine) {
        return new ProtobufWriter().varint(1, window.toMillis()).bytes(2, encode(machine));
    }

    private static byte[] encode(PodUse pod) {
        ProtobufWriter out = new ProtobufWriter().string(1, pod.uid);
        pod.containers.forEach(container -> out.bytes(2, new ProtobufWriter()
                .string(1, container.name).bytes(2, encode(container.use)).toBytes()));
        return out.toBytes();
    }

    private static byte[] encode(Amounts amounts) {
        return new ProtobufWriter().varint(1, amounts.nanoCores).varint(2, amounts.memoryBytes)
                .toBytes();
    }

    /** Reads what somebody sent. */
    public static UsageReport fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length > BYTES_MAX) {
            throw new FormatException("usage report has " + bytes.length + " bytes");
        }
        long millis = 0;
        Amounts machine = new Amounts(0, 0);
        List<PodUse> pods = new ArrayList<>();
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> millis = reader.readVarint();
                case 2 -> machine = amounts(reader.readSlice());
                case 3 -> pods.add(pod(reader.readSlice()));
                default -> {
                }
            }
        }
        if (millis <= 0 || millis > WINDOW_MILLIS_MAX) {
            throw new FormatException("usage report over " + millis + " ms");
        }
        return new UsageReport(Duration.ofMillis(millis), machine, pods);
    }

    private static PodUse pod(ByteBuffer slice) throws FormatException {
        String uid = "";
        List<ContainerUse> containers = new ArrayList<>();
        ProtobufReader reader = new ProtobufReader(slice);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> uid = name(reader);
                case 2 -> {
                    if (containers.size() == CONTAINERS_MAX) {
                        throw new FormatException("more than " + CONTAINERS_MAX + " containers");
                    }
                    containers.add(container(reader.readSlice()));
                }
                default -> {
                }
            }
        }
        if (uid.isEmpty()) {
            throw new FormatException("pod without uid");
        }
        return new PodUse(uid, containers);
    }

    private static ContainerUse container(ByteBuffer slice) throws FormatException {
        String name = "";
        Amounts use = new Amounts(0, 0);
        ProtobufReader reader = new ProtobufReader(slice);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> name = name(reader);
                case 2 -> use = amounts(reader.readSlice());
                default -> {
                }
            }
        }
        return new ContainerUse(name, use);
    }

    private static String name(ProtobufReader reader) throws FormatException {
        String name = reader.readString();
        if (name.length() > NAME_CHARS_MAX) {
            throw new FormatException("name of " + name.length() + " characters");
        }
        return name;
    }

    private static Amounts amounts(ByteBuffer slice) throws FormatException {
        long nanoCores = 0;
        long memory = 0;
        ProtobufReader reader = new ProtobufReader(slice);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> nanoCores = reader.readVarint();
                case 2 -> memory = reader.readVarint();
                default -> {
                }
            }
        }
        if (nanoCores < 0 || memory < 0) {
            throw new FormatException("usage of " + nanoCores + " and " + memory);
        }
        return new Amounts(nanoCores, memory);
    }
}

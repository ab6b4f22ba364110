package io.beemesh.protocol.scheduling;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What machines have left: of one machine, as it tells its lane, or of a lane, as one of its members tells
 * the other lanes. A hint only; bids decide.
 *
 * @param lane its prefix
 * @param machines how many it speaks for, at most {@value #MACHINES_MAX}
 * @param largestFree the most that one machine has left, by resource, as pods' requests count it
 * @param totalFree what all have left together
 * @param labels that at least one machine has, as {@code key=value}
 * @param taints that every machine has, as {@code key=value:effect}
 */
public record LaneSummary(String lane, int machines, Map<String, Long> largestFree,
        Map<String, Long> totalFree, List<String> labels, List<String> taints) {
    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = 8 * 1024;

    public static final int MACHINES_MAX = 1_024;
    public static final int RESOURCES_MAX = 32;
    /** More are left out, and then none can be said to be missing. */
    public static final int LABELS_MAX = 128;
    public static final int TAINTS_MAX = 16;

    private static final int LANE_BITS_MAX = 20;

    public LaneSummary {
        largestFree = Map.copyOf(largestFree);
        totalFree = Map.copyOf(totalFree);
        labels = List.copyOf(labels);
        taints = List.copyOf(taints);
    }

    public byte[] toBytes() {
        ProtobufWriter out = new ProtobufWriter().string(1, lane).varint(2, machines);
        write(out, 3, largestFree);
        write(out, 4, totalFree);
        labels.forEach(label -> out.string(5, label));
        taints.forEach(taint -> out.string(6, taint));
        return out.toBytes();
    }

    private static void write(ProtobufWriter out, int field, Map<String, Long> amounts) {
        amounts.forEach((resource, amount) -> out.bytes(field,
                new ProtobufWriter().string(1, resource).varint(2, amount).toBytes()));
    }

    public static LaneSummary fromBytes(byte[] bytes) throws FormatException {
        if (bytes.length > BYTES_MAX) {
            throw new FormatException("summary has " + bytes.length + " bytes");
        }
        String lane = "";
        long machines = 0;
        Map<String, Long> largest = new LinkedHashMap<>();
        Map<String, Long> total = new LinkedHashMap<>();
        List<String> labels = new ArrayList<>();
        List<String> taints = new ArrayList<>();
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> lane = reader.readString();
                case 2 -> machines = reader.readVarint();
                case 3 -> read(reader.readSlice(), largest);
                case 4 -> read(reader.readSlice(), total);
                case 5 -> labels.add(reader.readString());
                case 6 -> taints.add(reader.readString());
                default -> {
                }
            }
        }
        boolean isLane = lane.length() <= LANE_BITS_MAX
                && lane.chars().allMatch(c -> c == '0' || c == '1');
        if (!isLane || machines < 1 || machines > MACHINES_MAX || largest.size() > RESOURCES_MAX
                || total.size() > RESOURCES_MAX || labels.size() > LABELS_MAX
                || taints.size() > TAINTS_MAX) {
            throw new FormatException("summary beyond its limits");
        }
        return new LaneSummary(lane, (int) machines, largest, total, labels, taints);
    }

    private static void read(ByteBuffer slice, Map<String, Long> amounts) throws FormatException {
        String resource = "";
        long amount = 0;
        ProtobufReader reader = new ProtobufReader(slice);
        while (reader.next()) {
            if (reader.field() == 1) {
                resource = reader.readString();
            } else if (reader.field() == 2) {
                amount = reader.readVarint();
            }
        }
        if (amount < 0) {
            throw new FormatException("less than nothing left of " + resource);
        }
        amounts.put(resource, amount);
    }
}

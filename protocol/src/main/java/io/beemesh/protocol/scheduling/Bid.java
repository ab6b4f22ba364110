package io.beemesh.protocol.scheduling;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a machine says to a task, to its home alone.
 *
 * @param count how many of the replicas it would take; 0 is a no
 * @param score how well it suits the first of them; 0 to {@value #SCORE_MAX}, the more the better
 * @param step how much less it suits each further one
 * @param domains for each topology rule of the pod, in the pod's order, where the machine lies
 * @param reasons why not, in Kubernetes' words; empty with a count above 0
 */
public record Bid(TaskId task, int count, int score, int step, List<Domain> domains,
        List<String> reasons) {
    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = 8 * 1024;

    public static final int SCORE_MAX = 1_000_000;
    public static final int DOMAINS_MAX = 32;
    public static final int REASONS_MAX = 8;

    public Bid {
        domains = List.copyOf(domains);
        reasons = List.copyOf(reasons);
    }

    /**
     * A machine's place for one topology rule.
     *
     * @param value of the topology label; empty if the machine has none
     * @param pods how many pods that the rule means are there
     */
    public record Domain(String value, int pods) {}

    public byte[] toBytes() {
        ProtobufWriter out = new ProtobufWriter().bytes(1, task.toBytes()).varint(2, count)
                .varint(3, score).varint(4, step);
        domains.forEach(domain -> out.bytes(5, new ProtobufWriter().string(1, domain.value)
                .varint(2, domain.pods).toBytes()));
        reasons.forEach(reason -> out.string(6, reason));
        return out.toBytes();
    }

    public static Bid fromBytes(byte[] bytes) throws FormatException {
        byte[] task = new byte[0];
        long count = 0;
        long score = 0;
        long step = 0;
        List<Domain> domains = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        ProtobufReader reader = new ProtobufReader(bytes);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> task = reader.readBytes();
                case 2 -> count = reader.readVarint();
                case 3 -> score = reader.readVarint();
                case 4 -> step = reader.readVarint();
                case 5 -> domains.add(domain(reader.readSlice()));
                case 6 -> reasons.add(reader.readString());
                default -> {
                }
            }
        }
        boolean isCount = count >= 0 && count <= SchedulingTask.REPLICAS_MAX;
        boolean isScore = score >= 0 && score <= SCORE_MAX && step >= 0 && step <= SCORE_MAX;
        if (!isCount || !isScore || domains.size() > DOMAINS_MAX || reasons.size() > REASONS_MAX) {
            throw new FormatException("bid beyond its limits");
        }
        return new Bid(TaskId.fromBytes(task), (int) count, (int) score, (int) step, domains,
                reasons);
    }

    private static Domain domain(ByteBuffer slice) throws FormatException {
        String value = "";
        long pods = 0;
        ProtobufReader reader = new ProtobufReader(slice);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> value = reader.readString();
                case 2 -> pods = reader.readVarint();
                default -> {
                }
            }
        }
        if (pods < 0 || pods > Short.MAX_VALUE) {
            throw new FormatException("domain with " + pods + " pods");
        }
        return new Domain(value, (int) pods);
    }
}

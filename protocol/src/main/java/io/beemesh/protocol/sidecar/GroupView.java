package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What a machine tells the sidecar of a StatefulSet's pod of its group, in one frame, and again whenever it
 * has changed.
 *
 * @param group the set's uid
 * @param generation how often the group was begun anew after most of its voters were lost for good
 * @param isFounder true if the bootstrap record names this pod, which alone may begin this generation
 * @param first the lowest ordinal of the set
 * @param end the ordinal behind its highest
 * @param members the set's pods that have an identity, at most {@value #MEMBERS_MAX}
 */
public record GroupView(UUID group, long generation, boolean isFounder, int first, int end,
        List<Member> members) {
    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = 48 * 1024;

    public static final int MEMBERS_MAX = 100;

    /** Voters of one group: more only make every write dearer. The pods of higher ordinals are clients. */
    public static final int VOTERS_MAX = 7;

    /**
     * A pod of the set.
     *
     * @param peer its sidecar
     * @param address the pod's, in text
     */
    public record Member(PeerId peer, int ordinal, String address) {}

    public GroupView {
        members = List.copyOf(members);
    }

    public byte[] toBytes() {
        ProtobufWriter out = new ProtobufWriter().string(1, group.toString())
                .varint(2, isFounder ? 1 : 0).varint(3, first).varint(4, end).varint(6, generation);
        for (Member member : members) {
            out.bytes(5, new ProtobufWriter().bytes(1, member.peer.toBytes())
                    .varint(2, member.ordinal).string(3, member.address).toBytes());
        }
        return out.toBytes();
    }

    public static GroupView fromBytes(byte[] bytes) throws FormatException {
        ProtobufReader reader = new ProtobufReader(bytes);
        String group = "";
        long generation = 0;
        boolean founder = false;
        int first = 0;
        int end = 0;
        List<Member> members = new ArrayList<>();
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> group = reader.readString();
                case 2 -> founder = reader.readVarint() == 1;
                case 3 -> first = ordinal(reader.readVarint());
                case 4 -> end = ordinal(reader.readVarint());
                case 5 -> members.add(member(reader.readBytes()));
                case 6 -> generation = reader.readVarint();
                default -> {
                }
            }
            if (members.size() > MEMBERS_MAX) {
                throw new FormatException("more than " + MEMBERS_MAX + " members");
            }
        }
        return new GroupView(uuid(group), generation, founder, first, end, members);
    }

    private static Member member(byte[] bytes) throws FormatException {
        ProtobufReader reader = new ProtobufReader(bytes);
        byte[] peer = new byte[0];
        int ordinal = 0;
        String address = "";
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> peer = reader.readBytes();
                case 2 -> ordinal = ordinal(reader.readVarint());
                case 3 -> address = reader.readString();
                default -> {
                }
            }
        }
        return new Member(PeerId.fromBytes(peer), ordinal, address);
    }

    static int ordinal(long value) throws FormatException {
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw new FormatException("ordinal is " + value);
        }
        return (int) value;
    }

    private static UUID uuid(String text) throws FormatException {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new FormatException("group is \"" + text + "\", not a uid");
        }
    }
}

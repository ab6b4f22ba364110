package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.protobuf.ProtobufReader;
import io.beemesh.libp2p.protobuf.ProtobufWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the sidecar of a StatefulSet's pod tells its machine of its group, in one frame, and again whenever it
 * has changed.
 *
 * @param role what it is itself
 * @param term of the group's log that it is in
 * @param voters the ordinals of the members, as it knows them; at most {@value GroupView#MEMBERS_MAX}
 * @param log what it has, while it has heard of no leader for long
 */
public record GroupState(Role role, long term, List<Integer> voters, Optional<LogEnd> log) {
    /** The longest encoding, in bytes. */
    public static final int BYTES_MAX = 8 * 1024;

    /**
     * How far a log goes: by this survivors of a lost majority are compared.
     *
     * @param generation of the group, see {@link GroupView#generation}
     * @param isVoter false for a pod that the group has not taken in: its log is no part of the group's
     * @param term of the last entry, 0 if there is none
     * @param entries how many there were ever
     */
    public record LogEnd(long generation, boolean isVoter, long term, long entries) {}

    /** What a sidecar is in its group. */
    public enum Role {
        /** No member, or none that hears from a leader: it answers nobody. */
        FENCED(0), FOLLOWER(1), LEADER(2);

        private final int number;

        Role(int number) {
            this.number = number;
        }

        private static Role of(long number) throws FormatException {
            for (Role known : values()) {
                if (known.number == number) {
                    return known;
                }
            }
            throw new FormatException("unknown role " + number);
        }
    }

    public GroupState {
        voters = List.copyOf(voters);
    }

    public byte[] toBytes() {
        ProtobufWriter out = new ProtobufWriter().varint(1, role.number).varint(2, term);
        voters.forEach(voter -> out.varint(3, voter));
        log.ifPresent(end -> out.bytes(4, new ProtobufWriter().varint(1, end.generation)
                .varint(2, end.isVoter ? 1 : 0).varint(3, end.term).varint(4, end.entries)
                .toBytes()));
        return out.toBytes();
    }

    public static GroupState fromBytes(byte[] bytes) throws FormatException {
        ProtobufReader reader = new ProtobufReader(bytes);
        long role = 0;
        long term = 0;
        List<Integer> voters = new ArrayList<>();
        Optional<LogEnd> log = Optional.empty();
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> role = reader.readVarint();
                case 2 -> term = reader.readVarint();
                case 3 -> voters.add(GroupView.ordinal(reader.readVarint()));
                case 4 -> log = Optional.of(logEnd(reader.readBytes()));
                default -> {
                }
            }
            if (voters.size() > GroupView.MEMBERS_MAX) {
                throw new FormatException("more than " + GroupView.MEMBERS_MAX + " voters");
            }
        }
        return new GroupState(Role.of(role), term, voters, log);
    }

    private static LogEnd logEnd(byte[] bytes) throws FormatException {
        ProtobufReader reader = new ProtobufReader(bytes);
        long generation = 0;
        boolean voter = false;
        long term = 0;
        long entries = 0;
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> generation = reader.readVarint();
                case 2 -> voter = reader.readVarint() == 1;
                case 3 -> term = reader.readVarint();
                case 4 -> entries = reader.readVarint();
                default -> {
                }
            }
        }
        return new LogEnd(generation, voter, term, entries);
    }
}

package io.beemesh.machine.network;

import io.beemesh.protocol.sidecar.GroupState;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a pod's sidecar has of its group while it hears of no leader, as it is written on the pod.
 *
 * @param isVoter false if the group has not taken it in
 * @param term of its log's last entry
 * @param voters ordinals, as it knows them
 */
record GroupLog(long generation, boolean isVoter, long term, long entries, List<Integer> voters) {
    /** The less advanced first: what a log that goes further lacks, no majority ever had. */
    static final Comparator<GroupLog> BY_PROGRESS = Comparator.comparingLong(GroupLog::term)
            .thenComparingLong(GroupLog::entries);
    private static final int FIELDS = 5;

    GroupLog {
        voters = List.copyOf(voters);
    }

    static Optional<GroupLog> of(GroupState state) {
        return state.log().map(end -> new GroupLog(end.generation(), end.isVoter(), end.term(),
                end.entries(), state.voters()));
    }

    /** Such as {@code 0 voter 3 17 0,1,2}. */
    String text() {
        return generation + (isVoter ? " voter " : " other ") + term + " " + entries + " "
                + voters.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    /** Reads {@link #text}; empty for anything else. */
    static Optional<GroupLog> parse(String text) {
        String[] fields = text.split(" ", -1);
        if (fields.length != FIELDS) {
            return Optional.empty();
        }
        try {
            return Optional.of(new GroupLog(Long.parseLong(fields[0]), fields[1].equals("voter"),
                    Long.parseLong(fields[2]), Long.parseLong(fields[3]),
                    Arrays.stream(fields[4].split(",")).filter(each -> !each.isEmpty())
                            .map(Integer::valueOf).toList()));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}

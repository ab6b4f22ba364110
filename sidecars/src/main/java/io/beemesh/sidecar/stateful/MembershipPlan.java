package io.beemesh.sidecar.stateful;

import io.beemesh.protocol.sidecar.GroupView;
import io.beemesh.protocol.sidecar.GroupView.Member;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Which voters a group is to have next, one change at a time: what the leader proposes. A voter goes only for
 * what is written down, that its ordinal is no longer wanted or that another pod has its ordinal; never because it
 * is silent.
 */
public final class MembershipPlan {
    private static final Comparator<Voter> BY_ORDINAL = Comparator.comparingInt(Voter::ordinal);

    private MembershipPlan() {}

    /**
     * The next voters; empty if they are as they should be, or cannot be so now.
     *
     * @param reachable whom it can add now: one that does not answer would hold up all
     */
    public static Optional<Set<Voter>> next(Set<Voter> voters, GroupView view,
            Predicate<Voter> reachable) {
        long end = Math.min(view.end(), (long) view.first() + GroupView.VOTERS_MAX);
        TreeSet<Voter> wanted = new TreeSet<>(BY_ORDINAL);
        for (Member member : view.members()) {
            if (member.ordinal() >= view.first() && member.ordinal() < end) {
                wanted.add(new Voter(member.ordinal(), member.peer()));
            }
        }
        for (Voter voter : wanted) {
            if (!voters.contains(voter) && reachable.test(voter)) {
                Set<Voter> next = new LinkedHashSet<>(voters);
                next.removeIf(former -> former.ordinal() == voter.ordinal());
                next.add(voter);
                return Optional.of(next);
            }
        }
        return voters.stream()
                .filter(voter -> voter.ordinal() >= end || voter.ordinal() < view.first())
                .max(BY_ORDINAL).filter(voter -> voters.size() > 1).map(voter -> {
                    Set<Voter> next = new LinkedHashSet<>(voters);
                    next.remove(voter);
                    return next;
                });
    }
}

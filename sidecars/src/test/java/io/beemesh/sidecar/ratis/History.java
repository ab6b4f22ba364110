package io.beemesh.sidecar.ratis;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What clients did to one key and what they saw, and whether there is an order that explains it: each operation
 * takes effect at one moment between its call and its return (Wing and Gong's search, with the visited states
 * remembered as by Lowe). An operation whose outcome is unknown may take effect at any later moment, or never. No value
 * is written twice, so that a value stands for its version; the empty one is none.
 */
final class History {
    private final List<Entry> entries = new ArrayList<>();

    /** What one operation did, as far as its client knows. */
    sealed interface Act {
        /** What is there after it; empty if it cannot have been so. */
        Optional<String> after(String before);
    }

    record Read(String value) implements Act {
        @Override
        public Optional<String> after(String before) {
            return before.equals(value) ? Optional.of(before) : Optional.empty();
        }
    }

    record Put(String value) implements Act {
        @Override
        public Optional<String> after(String before) {
            return Optional.of(value);
        }
    }

    /** @param wasThere what it was told */
    record Delete(boolean wasThere) implements Act {
        @Override
        public Optional<String> after(String before) {
            return before.isEmpty() == wasThere ? Optional.empty() : Optional.of("");
        }
    }

    /**
     * A write of {@code value} where {@code expected} is; the empty value deletes.
     *
     * @param held what it was told: false for a conflict
     */
    record Swap(String expected, String value, boolean held) implements Act {
        @Override
        public Optional<String> after(String before) {
            if (before.equals(expected) != held) {
                return Optional.empty();
            }
            return Optional.of(held ? value : before);
        }
    }

    /** An operation of which nobody knows whether it was done, and what came of it. */
    record Unknown(List<Act> either) implements Act {
        @Override
        public Optional<String> after(String before) {
            return either.stream().map(act -> act.after(before)).flatMap(Optional::stream)
                    .findFirst();
        }
    }

    private record Entry(Act act, long called, long returned) {
        boolean isUnknown() {
            return act instanceof Unknown;
        }
    }

    private record State(Set<Integer> left, String value) {}

    synchronized void add(Act act, long called, long returned) {
        entries.add(new Entry(act, called, returned));
    }

    synchronized void mayHaveDone(long called, Act... either) {
        entries.add(new Entry(new Unknown(List.of(either)), called, Long.MAX_VALUE));
    }

    /** As if somebody had read the first value after all else: it was overwritten by then. */
    synchronized void plantStaleRead(long now) {
        Put first = entries.stream().filter(entry -> entry.act instanceof Put)
                .min(Comparator.comparingLong(Entry::returned)).map(entry -> (Put) entry.act)
                .orElseThrow();
        add(new Read(first.value), now, now + 1);
    }

    synchronized int size() {
        return entries.size();
    }

    /** How many of a kind there are. */
    synchronized long count(Act like) {
        return entries.stream().filter(entry -> switch (entry.act) {
            case Swap swap -> like instanceof Swap other && swap.held == other.held;
            case Read _,Put _,Delete _,Unknown _ -> entry.act.equals(like);
        }).count();
    }

    synchronized boolean isLinearizable() {
        Set<Integer> all = new HashSet<>();
        for (int i = 0; i < entries.size(); i++) {
            all.add(i);
        }
        return explain(new State(all, ""), new HashSet<>());
    }

    private boolean explain(State state, Set<State> seen) {
        if (state.left.stream().allMatch(i -> entries.get(i).isUnknown())) {
            return true;
        }
        if (!seen.add(state)) {
            return false;
        }
        long firstReturn = state.left.stream().mapToLong(i -> entries.get(i).returned).min()
                .orElseThrow();
        for (int i : state.left) {
            Entry next = entries.get(i);
            Optional<String> after = next.called <= firstReturn
                    ? next.act.after(state.value)
                    : Optional.empty();
            if (after.isPresent()) {
                Set<Integer> left = new HashSet<>(state.left);
                left.remove(i);
                if (explain(new State(left, after.get()), seen)) {
                    return true;
                }
            }
        }
        return false;
    }
}

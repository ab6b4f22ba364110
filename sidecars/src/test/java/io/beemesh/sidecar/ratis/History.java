package io.beemesh.sidecar.ratis;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What clients did to one key and what they saw, and whether there is an order that explains it: each operation
 * takes effect at one moment between its call and its return (Wing and Gong's search, with the visited states
 * remembered as by Lowe). An operation whose outcome is unknown may take effect at any later moment, or never.
 */
final class History {
    private final List<Entry> entries = new ArrayList<>();

    /** A write of {@code value}, or a read that returned it; empty means no value. */
    private record Entry(boolean isWrite, String value, long called, long returned) {
        boolean isUnknown() {
            return returned == Long.MAX_VALUE;
        }
    }

    private record State(Set<Integer> left, String value) {}

    synchronized void wrote(String value, long called, long returned) {
        entries.add(new Entry(true, value, called, returned));
    }

    /** A write that nobody knows of whether it was done. */
    synchronized void mayHaveWritten(String value, long called) {
        entries.add(new Entry(true, value, called, Long.MAX_VALUE));
    }

    synchronized void read(String value, long called, long returned) {
        entries.add(new Entry(false, value, called, returned));
    }

    /** As if somebody had read the first value after all else: it was overwritten by then. */
    synchronized void plantStaleRead(long now) {
        Entry first = entries.stream().filter(entry -> entry.isWrite && !entry.isUnknown())
                .min(Comparator.comparingLong(Entry::returned)).orElseThrow();
        read(first.value, now, now + 1);
    }

    synchronized int size() {
        return entries.size();
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
            boolean fits = next.called <= firstReturn
                    && (next.isWrite || next.value.equals(state.value));
            if (fits) {
                Set<Integer> left = new HashSet<>(state.left);
                left.remove(i);
                if (explain(new State(left, next.isWrite ? next.value : state.value), seen)) {
                    return true;
                }
            }
        }
        return false;
    }
}

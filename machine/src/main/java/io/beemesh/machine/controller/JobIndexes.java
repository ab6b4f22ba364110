package io.beemesh.machine.controller;

import java.util.BitSet;

/** Completion indexes of an Indexed Job, in text such as {@code 0-2,5}. Pure. */
final class JobIndexes {
    /** As Kubernetes allows; whatever a text says beyond it does not count. */
    static final int INDEXES_MAX = 100_000;

    private JobIndexes() {}

    static BitSet parse(String text) {
        BitSet indexes = new BitSet();
        for (String part : text.split(",", -1)) {
            String[] ends = part.split("-", -1);
            if (ends.length <= 2 && isNumber(ends[0]) && isNumber(ends[ends.length - 1])) {
                int from = Integer.parseInt(ends[0]);
                int to = Integer.parseInt(ends[ends.length - 1]);
                if (from <= to && to < INDEXES_MAX) {
                    indexes.set(from, to + 1);
                }
            }
        }
        return indexes;
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.length() <= 6
                && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    static String text(BitSet indexes) {
        StringBuilder text = new StringBuilder();
        for (int from = indexes.nextSetBit(0); from >= 0;) {
            int to = indexes.nextClearBit(from) - 1;
            text.append(text.isEmpty() ? "" : ",").append(from);
            if (to > from) {
                text.append('-').append(to);
            }
            from = indexes.nextSetBit(to + 1);
        }
        return text.toString();
    }
}

package io.beemesh.machine.network;

import java.util.HashMap;
import java.util.Map;

/**
 * A number of places that several use: nobody gets more than he leaves free, so that one alone has half of them at
 * most and those who come later find room. Used by one thread.
 */
public final class Shares<K> {
    private final int placesMax;
    private final Map<K, Integer> held = new HashMap<>();
    private int total;

    public Shares(int placesMax) {
        this.placesMax = placesMax;
    }

    /** True if there was a place, until it is given back. */
    public boolean take(K who) {
        if (held.getOrDefault(who, 0) >= placesMax - total) {
            return false;
        }
        add(who);
        return true;
    }

    private void add(K who) {
        held.merge(who, 1, Integer::sum);
        total++;
    }

    /** True if a place that {@code from} has could be another's; his own he may use for something else at any time. */
    public boolean mayPass(K from, K to) {
        return from.equals(to) || held.getOrDefault(to, 0) <= placesMax - total;
    }

    /** Does so. */
    public void pass(K from, K to) {
        give(from);
        add(to);
    }

    /** Gives back one that was taken. */
    public void give(K who) {
        held.compute(who, (key, own) -> own == null || own == 1 ? null : own - 1);
        total--;
    }

    /** Places that are taken. */
    public int total() {
        return total;
    }
}

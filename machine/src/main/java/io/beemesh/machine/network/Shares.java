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
        int own = held.getOrDefault(who, 0);
        if (own >= placesMax - total) {
            return false;
        }
        held.put(who, own + 1);
        total++;
        return true;
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

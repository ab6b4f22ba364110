package io.beemesh.protocol.registry;

/**
 * A place in the log of a slot; of two places the one in the later term is further.
 *
 * @param term of the entry there, zero before the first
 * @param sequence counted from one
 */
public record Position(long term, long sequence) implements Comparable<Position> {
    /** Before the first entry. */
    public static final Position NONE = new Position(0, 0);

    public Position {
        if (term < 0 || sequence < 0) {
            throw new IllegalArgumentException(
                    "position " + term + "/" + sequence + " is negative");
        }
    }

    @Override
    public int compareTo(Position other) {
        return term == other.term
                ? Long.compare(sequence, other.sequence)
                : Long.compare(term, other.term);
    }

    @Override
    public String toString() {
        return term + "/" + sequence;
    }
}

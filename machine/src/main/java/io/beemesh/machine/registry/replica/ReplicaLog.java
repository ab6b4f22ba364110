package io.beemesh.machine.registry.replica;

import io.beemesh.protocol.registry.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The end of a slot's log in memory: entries after {@link #floor}, without a gap. */
final class ReplicaLog {
    private Position floor;
    private HomeSet floorHomes;
    private List<Entry> entries = new ArrayList<>();
    private HomeSet homes;
    private long homesSequence;
    /** Who decides too, as long as a change of many members at once is not known to be committed. */
    private Optional<HomeSet> before = Optional.empty();

    ReplicaLog(Position floor, HomeSet homes) {
        this.floor = floor;
        this.floorHomes = homes;
        this.homes = homes;
        this.homesSequence = floor.sequence();
    }

    /** The last entry that is not kept any more. */
    Position floor() {
        return floor;
    }

    Position last() {
        return entries.isEmpty() ? floor : entries.getLast().position();
    }

    /** Who decides, by the last entry that says so. */
    HomeSet homes() {
        return homes;
    }

    /**
     * Who decides beside {@link #homes}: the homes before a change of several members, until an entry
     * that repeats them says that it is committed (Raft's joint consensus, 4.3).
     */
    Optional<HomeSet> before() {
        return before;
    }

    /** The position of that entry, or the floor. */
    long homesSequence() {
        return homesSequence;
    }

    /** Whether the entry or the floor is at this place; below the floor nobody knows. */
    boolean has(Position position) {
        if (position.sequence() == floor.sequence()) {
            return position.term() == floor.term();
        }
        return position.sequence() > floor.sequence()
                && position.sequence() <= last().sequence()
                && at(position.sequence()).term() == position.term();
    }

    /** The position at a sequence from the floor to the end. */
    Position positionAt(long sequence) {
        return sequence == floor.sequence() ? floor : at(sequence).position();
    }

    /** The entry at a sequence after the floor. */
    Entry at(long sequence) {
        return entries.get((int) (sequence - floor.sequence() - 1));
    }

    /** The entries of a range after the floor, both ends included. */
    List<Entry> between(long first, long last) {
        return List.copyOf(entries.subList((int) (first - floor.sequence() - 1),
                (int) (last - floor.sequence())));
    }

    void append(Entry entry) {
        if (entry.sequence() != last().sequence() + 1) {
            throw new IllegalStateException(
                    "entry " + entry.position() + " cannot follow " + last());
        }
        entries.add(entry);
        configure(entry);
    }

    private void configure(Entry entry) {
        if (entry.content() instanceof Entry.Configuring configuring) {
            if (configuring.isChange()) {
                before = homes.isFarFrom(configuring.homes())
                        ? Optional.of(homes)
                        : Optional.empty();
            }
            homes = configuring.homes();
            homesSequence = entry.sequence();
        }
    }

    /** Forgets all entries after {@code sequence}. */
    void truncateAfter(long sequence) {
        while (!entries.isEmpty() && entries.getLast().sequence() > sequence) {
            entries.removeLast();
        }
        homes = floorHomes;
        homesSequence = floor.sequence();
        before = Optional.empty();
        entries.forEach(this::configure);
    }

    /** Keeps no more than the last entries up to {@code sequence}, by number and bytes, and all after it. */
    void trim(long sequence, int entriesMax, int bytesMax) {
        long first = floor.sequence() + 1;
        if (sequence - first < entriesMax && size(sequence) <= bytesMax) {
            return;
        }
        int kept = 0;
        int bytes = 0;
        long from = sequence;
        while (from >= first && kept < entriesMax / 2
                && bytes + at(from).payload().length <= bytesMax / 2) {
            bytes += at(from).payload().length;
            kept++;
            from--;
        }
        dropTo(from);
    }

    private long size(long to) {
        long bytes = 0;
        for (long s = floor.sequence() + 1; s <= to; s++) {
            bytes += at(s).payload().length;
        }
        return bytes;
    }

    /** Forgets entries up to {@code sequence}. */
    void dropTo(long sequence) {
        if (sequence <= floor.sequence()) {
            return;
        }
        int count = (int) (sequence - floor.sequence());
        for (Entry entry : entries.subList(0, count)) {
            if (entry.content() instanceof Entry.Configuring configuring) {
                floorHomes = configuring.homes();
            }
        }
        floor = entries.get(count - 1).position();
        entries = new ArrayList<>(entries.subList(count, entries.size()));
    }

    /** Who decided as of {@code sequence}. */
    HomeSet homesAt(long sequence) {
        HomeSet found = floorHomes;
        for (Entry entry : entries) {
            if (entry.sequence() <= sequence
                    && entry.content() instanceof Entry.Configuring configuring) {
                found = configuring.homes();
            }
        }
        return found;
    }
}

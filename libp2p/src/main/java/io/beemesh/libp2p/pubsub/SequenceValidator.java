package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * Ignores old messages that somebody sends once more after their ids were forgotten, as BasicSeqnoValidator of
 * go-libp2p does; like that one it is to be asked for. Only for topics whose authors' sequence numbers grow: those
 * of this library, go and rust do, those of older js are random.
 *
 * <p>go ignores what is not above the highest number; here messages may overtake each other by up to a third of
 * the time for which ids are remembered. Of authors beyond {@value #AUTHORS_MAX} the one that was silent longest is
 * forgotten.
 */
public final class SequenceValidator implements MessageValidator {
    static final int AUTHORS_MAX = 8_192;

    /*
     * The floor is the highest number of some time ago: at least one period, so that what was overtaken passes, and
     * at most three, when the ids are forgotten. A number is high, becomes the next floor with the first message a
     * period later, the floor with the first one a period after that, and is it for less than a period.
     */
    private static final int PERIODS = 3;

    private static final class Author {
        private long floor;
        private long nextFloor;
        private long high;
        private long sinceNanos;

        Author(long nowNanos) {
            sinceNanos = nowNanos;
        }

        void turn(long nowNanos, long periodNanos) {
            if (nowNanos - sinceNanos < periodNanos) {
                return;
            }
            floor = nowNanos - sinceNanos < 2 * periodNanos ? nextFloor : high;
            nextFloor = high;
            sinceNanos = nowNanos;
        }
    }

    private final Loop loop;
    private final long periodNanos;
    private final MessageValidator next;
    private final SequencedMap<PeerId, Author> authors = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * A validator that knows nobody.
     *
     * @param remembered for how long ids are known, {@link GossipsubConfig#seenLife}
     * @param next decides about what is not old
     */
    public SequenceValidator(Loop loop, Duration remembered, MessageValidator next) {
        this.loop = loop;
        this.periodNanos = remembered.toNanos() / PERIODS;
        this.next = next;
    }

    @Override
    public Verdict validate(PubsubMessage message, PeerId source) {
        long now = loop.nanoTime();
        Author known = authors.get(message.author());
        if (known != null) {
            known.turn(now, periodNanos);
            if (Long.compareUnsigned(message.sequence(), known.floor) <= 0) {
                return Verdict.IGNORE;
            }
        }
        Verdict verdict = next.validate(message, source);
        if (verdict == Verdict.ACCEPT) {
            Author author = authors.computeIfAbsent(message.author(), id -> new Author(now));
            if (Long.compareUnsigned(message.sequence(), author.high) > 0) {
                author.high = message.sequence();
            }
            if (authors.size() > AUTHORS_MAX) {
                authors.pollFirstEntry();
            }
        }
        return verdict;
    }
}

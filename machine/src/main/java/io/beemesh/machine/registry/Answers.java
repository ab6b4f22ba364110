package io.beemesh.machine.registry;

import io.beemesh.libp2p.Loop;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * What writes of other nodes came to, by their ids, so that one that is asked for again gets the first
 * answer. Every replica remembers what is committed, a primary also what it refused.
 */
final class Answers {
    static final Duration KEPT = Duration.ofMinutes(1);
    private static final int ANSWERS_MAX = 10_000;
    /** Bytes of JSON that they may hold on to. */
    private static final long BYTES_MAX = 8 << 20;

    private record Answer(WriteResult result, long at) {}

    private final Loop loop;
    private final SequencedMap<Long, Answer> answers = new LinkedHashMap<>();
    private long bytes;
    private boolean expiring;
    /** When the last answer was given that had to go before its time. */
    private long crowdedOutAt;

    Answers(Loop loop) {
        this.loop = loop;
        this.crowdedOutAt = loop.nanoTime() - 2 * KEPT.toNanos();
    }

    void put(long request, WriteResult result) {
        if (!expiring) {
            expiring = true;
            loop.schedule(KEPT, this::expire);
        }
        if (answers.putIfAbsent(request, new Answer(result, loop.nanoTime())) == null) {
            bytes += size(result);
        }
        while (answers.size() > ANSWERS_MAX || bytes > BYTES_MAX) {
            crowdedOutAt = answers.firstEntry().getValue().at;
            removeFirst();
        }
    }

    /** Nothing is held on to for want of another answer. */
    private void expire() {
        while (!answers.isEmpty()
                && loop.nanoTime() - answers.firstEntry().getValue().at >= KEPT.toNanos()) {
            removeFirst();
        }
        expiring = !answers.isEmpty();
        if (expiring) {
            loop.schedule(KEPT, this::expire);
        }
    }

    private void removeFirst() {
        bytes -= size(answers.firstEntry().getValue().result);
        answers.pollFirstEntry();
    }

    private static long size(WriteResult result) {
        return switch (result) {
            case WriteResult.Committed committed ->
                committed.objects().stream().mapToLong(o -> o.json().length).sum();
            case WriteResult.AlreadyExists(StoredObject existing) -> existing.json().length;
            case WriteResult.Conflict(StoredObject current) -> current.json().length;
            case WriteResult.NotFound _,WriteResult.Full _,WriteResult.Unavailable _,WriteResult.NeedsMajority _ ->
                0;
        };
    }

    /** Whether {@code nanoTime} is so long ago that all answers since which still matter are here. */
    boolean areCompleteSince(long nanoTime) {
        long now = loop.nanoTime();
        return now - nanoTime > KEPT.toNanos() && now - crowdedOutAt > KEPT.toNanos();
    }

    Optional<WriteResult> get(long request) {
        return Optional.ofNullable(answers.get(request)).map(Answer::result);
    }
}

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

    private record Answer(WriteResult result, long at) {}

    private final Loop loop;
    private final SequencedMap<Long, Answer> answers = new LinkedHashMap<>();

    Answers(Loop loop) {
        this.loop = loop;
    }

    void put(long request, WriteResult result) {
        long now = loop.nanoTime();
        answers.putIfAbsent(request, new Answer(result, now));
        while (answers.size() > ANSWERS_MAX
                || now - answers.firstEntry().getValue().at > KEPT.toNanos()) {
            answers.pollFirstEntry();
        }
    }

    Optional<WriteResult> get(long request) {
        return Optional.ofNullable(answers.get(request)).map(Answer::result);
    }
}

package io.beemesh.libp2p.pubsub;

import io.beemesh.libp2p.Loop;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SequencedMap;

/** The ids of messages that were there lately; the oldest leave first. */
final class SeenCache {
    static final int IDS_MAX = 131_072;

    private final Loop loop;
    private final long lifeNanos;
    private final SequencedMap<MessageId, Long> since = new LinkedHashMap<>();

    SeenCache(Loop loop, Duration life) {
        this.loop = loop;
        this.lifeNanos = life.toNanos();
    }

    /** False if it was there already. */
    boolean add(MessageId id) {
        if (since.putIfAbsent(id, loop.nanoTime()) != null) {
            return false;
        }
        if (since.size() > IDS_MAX) {
            since.pollFirstEntry();
        }
        return true;
    }

    /** When it was first there, in ns of the loop. */
    OptionalLong firstNanos(MessageId id) {
        Long first = since.get(id);
        return first == null ? OptionalLong.empty() : OptionalLong.of(first);
    }

    boolean contains(MessageId id) {
        return since.containsKey(id);
    }

    void dropExpired() {
        long now = loop.nanoTime();
        Map.Entry<MessageId, Long> first = since.firstEntry();
        while (first != null && now - first.getValue() > lifeNanos) {
            since.pollFirstEntry();
            first = since.firstEntry();
        }
    }
}

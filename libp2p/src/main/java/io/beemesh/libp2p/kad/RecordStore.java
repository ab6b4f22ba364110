package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.Loop;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Values that others put here. When it is full the value farthest from the own key leaves first: others
 * are closer to that one.
 */
final class RecordStore {
    static final int RECORDS_MAX = 4_096;
    static final long BYTES_MAX = 16L * 1024 * 1024;

    private record Stored(KadRecord record, long untilNanos) {}

    private final Loop loop;
    private final Duration life;
    private final TreeMap<KadKey, Stored> byDistance;
    private long bytes;

    RecordStore(Loop loop, KadKey self, Duration life) {
        this.loop = loop;
        this.life = life;
        this.byDistance = new TreeMap<>(self.byDistance());
    }

    Optional<KadRecord> get(byte[] key) {
        KadKey point = KadKey.of(key);
        Stored stored = byDistance.get(point);
        if (stored == null) {
            return Optional.empty();
        }
        if (isOver(stored)) {
            remove(point);
            return Optional.empty();
        }
        return Optional.of(stored.record);
    }

    /** False if the store is full of closer ones. */
    boolean put(KadRecord record) {
        KadKey point = KadKey.of(record.key());
        remove(point);
        byDistance.put(point, new Stored(record, loop.nanoTime() + life.toNanos()));
        bytes += size(record);
        while (byDistance.size() > RECORDS_MAX || bytes > BYTES_MAX) {
            remove(byDistance.lastKey());
        }
        return byDistance.containsKey(point);
    }

    void dropExpired() {
        byDistance.entrySet().stream().filter(entry -> isOver(entry.getValue()))
                .map(Map.Entry::getKey).toList()
                .forEach(this::remove);
    }

    int size() {
        return byDistance.size();
    }

    private boolean isOver(Stored stored) {
        return stored.untilNanos - loop.nanoTime() <= 0;
    }

    private void remove(KadKey point) {
        Stored stored = byDistance.remove(point);
        if (stored != null) {
            bytes -= size(stored.record);
        }
    }

    private static long size(KadRecord record) {
        return 200L + record.key().length + record.value().length;
    }
}

package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.Loop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the table true: asks the own neighbourhood often, which shows newcomers and the dead; asks
 * contacts that were silent for long; fills buckets that have room.
 */
final class Upkeep {
    /** Buckets beyond are reached by the lookup of the own key; finding a random key for them is costly. */
    private static final int REFRESHED_BUCKETS_MAX = 15;

    private final Peers peers;
    private final RandomGenerator random;
    private Loop.@Nullable Timer neighbourTimer;
    private Loop.@Nullable Timer refreshTimer;
    private boolean running;

    Upkeep(Peers peers, RandomGenerator random) {
        this.peers = peers;
        this.random = random;
    }

    void start() {
        running = true;
        planNeighbours();
        planRefresh();
    }

    void stop() {
        running = false;
        if (neighbourTimer != null) {
            neighbourTimer.cancel();
        }
        if (refreshTimer != null) {
            refreshTimer.cancel();
        }
    }

    private void planNeighbours() {
        neighbourTimer = peers.loop().schedule(around(peers.config().neighbourInterval()), () -> {
            if (running) {
                planNeighbours();
                lookup(peers.self().toBytes());
            }
        });
    }

    private void planRefresh() {
        refreshTimer = peers.loop().schedule(around(peers.config().refreshInterval()), () -> {
            if (running) {
                planRefresh();
                checkSilent();
                fillBuckets();
            }
        });
    }

    /** Between 3/4 and 5/4 of it, so that peers started together drift apart. */
    private Duration around(Duration interval) {
        long nanos = interval.toNanos();
        return Duration.ofNanos(nanos * 3 / 4 + random.nextLong(nanos / 2 + 1));
    }

    CompletableFuture<LookupResult> lookup(byte[] wireKey) {
        CompletableFuture<LookupResult> result = new CompletableFuture<>();
        KadMessage request = KadMessage.of(KadMessage.Type.FIND_NODE, wireKey);
        Lookup.start(peers, KadKey.of(wireKey), new Values.Finding(request), result::complete);
        return result;
    }

    private void checkSilent() {
        long now = peers.loop().nanoTime();
        long silence = peers.config().refreshInterval().toNanos();
        for (int i = 0; i < peers.table().depth(); i++) {
            for (Contact contact : peers.table().bucket(i)) {
                if (now - contact.answeredNanos > silence) {
                    // Spread, so that nobody is asked by all at once.
                    Duration delay = Duration.ofNanos(random.nextLong(silence / 4 + 1));
                    peers.loop().schedule(delay, () -> checkAgain(contact));
                }
            }
        }
    }

    private void checkAgain(Contact contact) {
        if (running && peers.table().contact(contact.id) != null) {
            peers.check(contact.id, contact.key, () -> {
            });
        }
    }

    /** A lookup in each bucket that has room and lies before the own neighbourhood. */
    CompletableFuture<Void> fillBuckets() {
        int last = Math.min(neighbourhood(), REFRESHED_BUCKETS_MAX);
        List<CompletableFuture<LookupResult>> lookups = new ArrayList<>();
        for (int i = 0; i < last; i++) {
            if (peers.table().bucket(i).size() < peers.config().bucketSize()) {
                lookups.add(lookup(randomKey(i)));
            }
        }
        return CompletableFuture.allOf(lookups.toArray(new CompletableFuture<?>[0]));
    }

    /** The prefix that the k closest contacts have in common with the own key. */
    private int neighbourhood() {
        List<Contact> closest = peers.table().closest(peers.selfKey(), peers.config().bucketSize());
        return closest.isEmpty() ? 0 : peers.selfKey().commonPrefix(closest.getLast().key);
    }

    private byte[] randomKey(int prefix) {
        byte[] key = new byte[32];
        do {
            random.nextBytes(key);
        } while (KadKey.of(key).commonPrefix(peers.selfKey()) != prefix);
        return key;
    }
}

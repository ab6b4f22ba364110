package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Who provides what. Of a key the provider heard of longest ago leaves first, of all keys the one
 * farthest from the own.
 */
final class ProviderStore {
    static final int KEYS_MAX = 4_096;
    static final int PROVIDERS_PER_KEY_MAX = 64;
    static final int ADDRESSES_MAX = 8;

    private record Stored(List<Multiaddr> addresses, long untilNanos) {}

    private final Loop loop;
    private final Duration life;
    private final TreeMap<KadKey, SequencedMap<PeerId, Stored>> byDistance;

    ProviderStore(Loop loop, KadKey self, Duration life) {
        this.loop = loop;
        this.life = life;
        this.byDistance = new TreeMap<>(self.byDistance());
    }

    void add(byte[] key, KadPeer provider) {
        SequencedMap<PeerId, Stored> providers = byDistance.computeIfAbsent(KadKey.of(key),
                point -> new LinkedHashMap<>(2));
        providers.remove(provider.id());
        List<Multiaddr> addresses = provider.addresses().stream().limit(ADDRESSES_MAX).toList();
        providers.put(provider.id(), new Stored(addresses, loop.nanoTime() + life.toNanos()));
        if (providers.size() > PROVIDERS_PER_KEY_MAX) {
            providers.pollFirstEntry();
        }
        if (byDistance.size() > KEYS_MAX) {
            byDistance.pollLastEntry();
        }
    }

    List<KadPeer> get(byte[] key) {
        SequencedMap<PeerId, Stored> providers = byDistance.get(KadKey.of(key));
        if (providers == null) {
            return List.of();
        }
        providers.values().removeIf(this::isOver);
        return providers.entrySet().stream()
                .map(entry -> new KadPeer(entry.getKey(), entry.getValue().addresses))
                .toList();
    }

    void dropExpired() {
        byDistance.values().forEach(providers -> providers.values().removeIf(this::isOver));
        byDistance.values().removeIf(SequencedMap::isEmpty);
    }

    int size() {
        return byDistance.size();
    }

    private boolean isOver(Stored stored) {
        return stored.untilNanos - loop.nanoTime() <= 0;
    }
}

package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The client side of values: put to the k closest, get the best of what a lookup meets. */
final class Values {
    static final int PUBLISHED_MAX = 4_096;

    private final Peers peers;
    private final RecordPolicies policies;
    private final KadService service;
    private final Map<ByteBuffer, byte[]> published = new LinkedHashMap<>();

    Values(Peers peers, RecordPolicies policies, KadService service) {
        this.peers = peers;
        this.policies = policies;
        this.service = service;
    }

    /** How many peers stored it; fails if the value is not valid or worse than one that is known here. */
    CompletableFuture<Integer> put(byte[] key, byte[] value) {
        if (!service.store(new KadRecord(key, value, ""))) {
            return CompletableFuture
                    .failedFuture(new KadException("value is not valid, or a better one is known"));
        }
        ByteBuffer name = ByteBuffer.wrap(key.clone()).asReadOnlyBuffer();
        if (published.size() < PUBLISHED_MAX || published.containsKey(name)) {
            published.put(name, value.clone());
        }
        return send(key, value);
    }

    private CompletableFuture<Integer> send(byte[] key, byte[] value) {
        CompletableFuture<Integer> stored = new CompletableFuture<>();
        KadMessage find = KadMessage.of(KadMessage.Type.FIND_NODE, key);
        KadMessage put = KadMessage.of(KadMessage.Type.PUT_VALUE, key)
                .withRecord(new KadRecord(key, value, ""));
        Lookup.start(peers, KadKey.of(key), new Finding(find),
                result -> putTo(result.closest(), put, stored));
        return stored;
    }

    private void putTo(List<PeerId> targets, KadMessage put, CompletableFuture<Integer> stored) {
        int[] counts = {targets.size(), 0};
        if (targets.isEmpty()) {
            stored.complete(0);
        }
        for (PeerId target : targets) {
            peers.requests().ask(target, put, reply -> {
                counts[1] += reply instanceof Reply.Answer ? 1 : 0;
                if (--counts[0] == 0) {
                    stored.complete(counts[1]);
                }
            });
        }
    }

    /** Puts again what was put here, here too. */
    void republish(Paced paced) {
        for (ByteBuffer name : List.copyOf(published.keySet())) {
            paced.add(() -> putAgain(name));
        }
    }

    private CompletableFuture<Integer> putAgain(ByteBuffer name) {
        byte[] value = published.get(name);
        if (value == null) {
            return CompletableFuture.completedFuture(0);
        }
        byte[] key = bytes(name);
        service.store(new KadRecord(key, value, ""));
        return send(key, value);
    }

    private static byte[] bytes(ByteBuffer key) {
        byte[] bytes = new byte[key.remaining()];
        key.duplicate().get(bytes);
        return bytes;
    }

    /** The best value of a whole lookup; peers that had a worse one or none get it. */
    CompletableFuture<Optional<byte[]>> get(byte[] key) {
        CompletableFuture<Optional<byte[]>> found = new CompletableFuture<>();
        Getting getting = new Getting(key);
        service.stored(key).ifPresent(record -> getting.offer(record.value()));
        Lookup.start(peers, KadKey.of(key), getting, result -> {
            getting.correct(result.closest());
            found.complete(Optional.ofNullable(getting.best));
        });
        return found;
    }

    /** A lookup for the closest peers alone. */
    record Finding(KadMessage request) implements Lookup.Query {
        @Override
        public boolean onAnswer(PeerId from, KadMessage answer) {
            return false;
        }
    }

    private final class Getting implements Lookup.Query {
        private final byte[] key;
        private final Map<PeerId, byte[]> held = new LinkedHashMap<>();
        private byte @Nullable [] best;

        Getting(byte[] key) {
            this.key = key;
        }

        @Override
        public KadMessage request() {
            return KadMessage.of(KadMessage.Type.GET_VALUE, key);
        }

        @Override
        public boolean onAnswer(PeerId from, KadMessage answer) {
            KadRecord record = answer.record();
            if (record != null && Arrays.equals(record.key(), key)
                    && policies.isValid(key, record.value())) {
                held.put(from, record.value());
                offer(record.value());
            }
            return false;
        }

        void offer(byte[] value) {
            if (best == null || policies.isBetter(key, value, best)) {
                best = value;
            }
        }

        void correct(List<PeerId> closest) {
            byte[] value = best;
            if (value == null) {
                return;
            }
            List<PeerId> without = new ArrayList<>(closest);
            without.removeIf(peer -> Arrays.equals(held.get(peer), value));
            KadMessage put = KadMessage.of(KadMessage.Type.PUT_VALUE, key)
                    .withRecord(new KadRecord(key, value, ""));
            putTo(without, put, new CompletableFuture<>());
        }
    }
}

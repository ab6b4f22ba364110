package io.beemesh.libp2p.kad;

import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The client side of providers: tell the k closest that this peer has something, ask who has. */
final class Providing {
    static final int PROVIDED_MAX = 4_096;

    private final Peers peers;
    private final ProviderStore store;
    private final Supplier<List<Multiaddr>> ownAddresses;
    private final Set<ByteBuffer> provided = new LinkedHashSet<>();

    Providing(Peers peers, ProviderStore store, Supplier<List<Multiaddr>> ownAddresses) {
        this.peers = peers;
        this.store = store;
        this.ownAddresses = ownAddresses;
    }

    /** How many peers were told. */
    CompletableFuture<Integer> provide(byte[] multihash) {
        try {
            KadService.checkMultihash(multihash);
        } catch (KadException e) {
            return CompletableFuture.failedFuture(e);
        }
        if (provided.size() < PROVIDED_MAX) {
            provided.add(ByteBuffer.wrap(multihash.clone()).asReadOnlyBuffer());
        }
        return announce(multihash);
    }

    /** Says it no more; peers that were told forget it in time. */
    void stop(byte[] multihash) {
        provided.remove(ByteBuffer.wrap(multihash));
    }

    private CompletableFuture<Integer> announce(byte[] multihash) {
        KadPeer self = new KadPeer(peers.self(), ownAddresses.get());
        store.add(multihash, self);
        KadMessage add = KadMessage.of(KadMessage.Type.ADD_PROVIDER, multihash)
                .withProviders(List.of(self));
        KadMessage find = KadMessage.of(KadMessage.Type.FIND_NODE, multihash);
        CompletableFuture<Integer> told = new CompletableFuture<>();
        Lookup.start(peers, KadKey.of(multihash), new Values.Finding(find), result -> {
            int[] counts = {result.closest().size(), 0};
            if (counts[0] == 0) {
                told.complete(0);
            }
            for (PeerId peer : result.closest()) {
                peers.requests().tell(peer, add, reply -> {
                    counts[1] += reply instanceof Reply.Answer ? 1 : 0;
                    if (--counts[0] == 0) {
                        told.complete(counts[1]);
                    }
                });
            }
        });
        return told;
    }

    void republish(Paced paced) {
        for (ByteBuffer key : List.copyOf(provided)) {
            paced.add(() -> announceAgain(key));
        }
    }

    private CompletableFuture<Integer> announceAgain(ByteBuffer key) {
        if (!provided.contains(key)) {
            return CompletableFuture.completedFuture(0);
        }
        byte[] multihash = new byte[key.remaining()];
        key.duplicate().get(multihash);
        return announce(multihash);
    }

    /** Ends as soon as {@code count} are known, else with what the lookup met. */
    CompletableFuture<List<KadPeer>> find(byte[] multihash, int count) {
        Map<PeerId, KadPeer> found = new LinkedHashMap<>();
        CompletableFuture<List<KadPeer>> result = new CompletableFuture<>();
        store.get(multihash).forEach(peer -> found.put(peer.id(), peer));
        if (found.size() >= count) {
            result.complete(List.copyOf(found.values()).subList(0, count));
            return result;
        }
        Lookup.start(peers, KadKey.of(multihash), new Lookup.Query() {
            @Override
            public KadMessage request() {
                return KadMessage.of(KadMessage.Type.GET_PROVIDERS, multihash);
            }

            @Override
            public boolean onAnswer(PeerId from, KadMessage answer) {
                for (KadPeer peer : answer.providers()) {
                    if (found.size() < count) {
                        found.merge(peer.id(), peer,
                                (old, added) -> old.addresses().isEmpty() ? added : old);
                    }
                    peers.learn(peer.id(), peer.addresses());
                }
                return found.size() >= count;
            }
        }, done -> result.complete(new ArrayList<>(found.values())));
        return result;
    }
}

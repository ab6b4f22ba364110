package io.beemesh.sidecar.ratis;

import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.sidecar.stateful.PeerLink;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Links between members in one process, which can be cut. */
final class TestNetwork {
    private final Map<PeerId, PeerLink.Responder> members = new ConcurrentHashMap<>();
    private volatile Map<PeerId, Integer> sides = Map.of();

    /** From now on only those of one set reach each other; who is in none reaches nobody. */
    @SafeVarargs
    final void split(Set<PeerId>... newSides) {
        Map<PeerId, Integer> next = new ConcurrentHashMap<>();
        for (int i = 0; i < newSides.length; i++) {
            for (PeerId peer : newSides[i]) {
                next.put(peer, i);
            }
        }
        sides = next;
    }

    void heal() {
        sides = Map.of();
    }

    void stop(PeerId peer) {
        members.remove(peer);
    }

    private boolean reach(PeerId one, PeerId other) {
        Map<PeerId, Integer> now = sides;
        return now.isEmpty() || (now.containsKey(one) && now.get(one).equals(now.get(other)));
    }

    PeerLink link(PeerId self) {
        return new PeerLink() {
            @Override
            public CompletableFuture<byte[]> ask(PeerId peer, byte[] question, Duration limit) {
                PeerLink.Responder there = members.get(peer);
                CompletableFuture<byte[]> answer = new CompletableFuture<>();
                if (there != null && reach(self, peer)) {
                    there.answer(self, question).whenComplete((bytes, failure) -> {
                        if (!reach(self, peer)) {
                            return;
                        }
                        if (failure == null) {
                            answer.complete(bytes);
                        } else {
                            answer.completeExceptionally(
                                    new Libp2pException(String.valueOf(failure.getMessage())));
                        }
                    });
                }
                return answer.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS);
            }

            @Override
            public void serve(Responder responder) {
                members.put(self, responder);
            }
        };
    }
}

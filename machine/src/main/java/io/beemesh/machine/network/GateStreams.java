package io.beemesh.machine.network;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamHandler;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.protocol.sidecar.Streams;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Streams to other machines, which live on the node's loop behind the certificate gate, for use on the pods'
 * loop: at most {@value #STREAMS_MAX} with one machine, in each direction, so that the node's own streams
 * have room beside them.
 */
public final class GateStreams implements Streams {
    /** The node's host takes twice as many and more, see {@code Node}. */
    public static final int STREAMS_MAX = 1024;

    private final Host gate;
    private final Loop pods;
    /** On the node's loop. */
    private final Map<PeerId, Integer> inbound = new HashMap<>();
    private final Map<PeerId, Integer> outbound = new HashMap<>();

    public GateStreams(Host gate, Loop pods) {
        this.gate = gate;
        this.pods = pods;
    }

    @Override
    public Loop loop() {
        return pods;
    }

    @Override
    public CompletableFuture<Stream> open(PeerId peer, ProtocolId protocol) {
        CompletableFuture<Stream> result = new CompletableFuture<>();
        gate.loop().execute(() -> {
            if (!take(outbound, peer)) {
                pods.execute(() -> result.completeExceptionally(new Libp2pException(
                        STREAMS_MAX + " streams to " + peer + " are in use")));
                return;
            }
            gate.newStream(peer, List.of(protocol)).whenComplete((stream, failure) -> {
                if (failure != null) {
                    give(outbound, peer);
                    pods.execute(() -> result.completeExceptionally(failure));
                } else {
                    Stream crossing = new CrossingStream(stream, gate.loop(), pods,
                            () -> give(outbound, peer));
                    pods.execute(() -> result.complete(crossing));
                }
            });
        });
        return result;
    }

    @Override
    public void handle(ProtocolId protocol, StreamHandler handler) {
        gate.loop().execute(() -> gate.handle(protocol, stream -> {
            PeerId peer = stream.remotePeer();
            if (!take(inbound, peer)) {
                stream.reset();
                return;
            }
            Stream crossing = new CrossingStream(stream, gate.loop(), pods,
                    () -> give(inbound, peer));
            pods.execute(() -> handler.onStream(crossing));
        }));
    }

    private static boolean take(Map<PeerId, Integer> counts, PeerId peer) {
        int count = counts.getOrDefault(peer, 0);
        if (count >= STREAMS_MAX) {
            return false;
        }
        counts.put(peer, count + 1);
        return true;
    }

    private static void give(Map<PeerId, Integer> counts, PeerId peer) {
        counts.computeIfPresent(peer, (id, count) -> count == 1 ? null : count - 1);
    }
}

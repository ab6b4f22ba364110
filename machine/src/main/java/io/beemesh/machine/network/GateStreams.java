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
 * have room beside them. Of those that this side opens {@value #RESERVE} are for what sidecars say to each other, and
 * no pod has more of the rest than it leaves to others.
 */
public final class GateStreams {
    /** The node's host takes twice as many and more, see {@code Node}. */
    public static final int STREAMS_MAX = 1024;

    private static final int RESERVE = 128;

    private final Host gate;
    private final Loop pods;
    /** On the node's loop. */
    private final Map<PeerId, Integer> inbound = new HashMap<>();
    private final Map<PeerId, Outbound> outbound = new HashMap<>();

    /** Those that this side has opened to one machine. */
    private static final class Outbound {
        private final Shares<String> pods = new Shares<>(STREAMS_MAX - RESERVE);
        private int others;

        boolean take(String pod) {
            if (!pod.isEmpty()) {
                return pods.take(pod);
            }
            if (total() >= STREAMS_MAX) {
                return false;
            }
            others++;
            return true;
        }

        void give(String pod) {
            if (pod.isEmpty()) {
                others--;
            } else {
                pods.give(pod);
            }
        }

        int total() {
            return pods.total() + others;
        }
    }

    public GateStreams(Host gate, Loop pods) {
        this.gate = gate;
        this.pods = pods;
    }

    /** Those for one pod's connections, by its uid; empty: for what sidecars say to each other. */
    Streams of(String pod) {
        return new Streams() {
            @Override
            public Loop loop() {
                return pods;
            }

            @Override
            public CompletableFuture<Stream> open(PeerId peer, ProtocolId protocol) {
                return GateStreams.this.open(peer, protocol, pod);
            }

            @Override
            public void handle(ProtocolId protocol, StreamHandler handler) {
                GateStreams.this.handle(protocol, handler);
            }
        };
    }

    private CompletableFuture<Stream> open(PeerId peer, ProtocolId protocol, String pod) {
        CompletableFuture<Stream> result = new CompletableFuture<>();
        gate.loop().execute(() -> {
            if (!outbound.computeIfAbsent(peer, id -> new Outbound()).take(pod)) {
                pods.execute(() -> result.completeExceptionally(
                        new Libp2pException("too many streams to " + peer + " are in use")));
                return;
            }
            gate.newStream(peer, List.of(protocol)).whenComplete((stream, failure) -> {
                if (failure != null) {
                    give(peer, pod);
                    pods.execute(() -> result.completeExceptionally(failure));
                } else {
                    Stream crossing = new CrossingStream(stream, gate.loop(), pods,
                            () -> give(peer, pod));
                    pods.execute(() -> result.complete(crossing));
                }
            });
        });
        return result;
    }

    private void give(PeerId peer, String pod) {
        outbound.computeIfPresent(peer, (id, streams) -> {
            streams.give(pod);
            return streams.total() == 0 ? null : streams;
        });
    }

    private void handle(ProtocolId protocol, StreamHandler handler) {
        gate.loop().execute(() -> gate.handle(protocol, stream -> {
            PeerId peer = stream.remotePeer();
            if (inbound.getOrDefault(peer, 0) >= STREAMS_MAX) {
                stream.reset();
                return;
            }
            inbound.merge(peer, 1, Integer::sum);
            Stream crossing = new CrossingStream(stream, gate.loop(), pods,
                    () -> inbound.computeIfPresent(peer,
                            (id, count) -> count == 1 ? null : count - 1));
            pods.execute(() -> handler.onStream(crossing));
        }));
    }
}

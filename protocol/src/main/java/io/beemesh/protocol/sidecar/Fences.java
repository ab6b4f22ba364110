package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The gates for bytes of pods that are of StatefulSets, one for each pod, with a stream of its own for
 * challenges: behind the bytes of a slow reader they would be stuck. There are no more than there are
 * connections, and few that were used in the last seconds. On the loop only.
 */
public final class Fences {
    private static final Duration IDLE = Duration.ofSeconds(30);
    private static final int IDLE_MAX = 64;

    private final Loop loop;
    private final FenceTiming timing;
    private final RandomGenerator random;
    private final Opener opener;
    private final Map<PeerId, Line> lines = new HashMap<>();

    /** Opens streams for challenges. */
    public interface Opener {
        /** A sealed stream of {@link ConnectRequest.Transport#FENCE} to the pod of an address. */
        CompletableFuture<Carrier> open(String address);
    }

    public Fences(Loop loop, FenceTiming timing, RandomGenerator random, Opener opener) {
        this.loop = loop;
        this.timing = timing;
        this.random = random;
        this.opener = opener;
    }

    /** What the bytes of a pod have to pass. */
    public Gate of(PeerId pod, String address) {
        return lines.computeIfAbsent(pod, peer -> new Line(peer, address)).fence;
    }

    /** The challenges of one pod. */
    private final class Line {
        private final PeerId peer;
        private final String address;
        private final Fence fence;
        private @Nullable Carrier carrier;
        private Loop.Timer idle;
        private boolean opening;
        private long last;

        Line(PeerId peer, String address) {
            this.peer = peer;
            this.address = address;
            this.fence = new Fence(loop, timing, random, this::challenge, this::unused);
            this.idle = loop.schedule(IDLE, this::closeIfUnused);
        }

        private void unused() {
            idle.cancel();
            if (lines.size() > IDLE_MAX) {
                closeIfUnused();
            } else {
                idle = loop.schedule(IDLE, this::closeIfUnused);
            }
        }

        private void closeIfUnused() {
            if (fence.isUnused() && lines.remove(peer, this)) {
                fence.close();
                if (carrier != null) {
                    carrier.stream().reset();
                }
            }
        }

        private void challenge(long number) {
            last = number;
            Carrier to = carrier;
            if (to != null) {
                to.stream().write(FrameReader.frame(FenceFrame.challenge(number)));
            } else if (!opening) {
                opening = true;
                opener.open(address).whenComplete((opened, failure) -> {
                    opening = false;
                    if (failure == null) {
                        start(opened);
                    }
                });
            }
        }

        private void start(Carrier opened) {
            if (!opened.stream().remotePeer().equals(peer)) {
                // Its machine says that another pod has its place.
                opened.stream().reset();
                fence.lost();
            } else if (!lines.containsValue(this)) {
                opened.stream().reset();
            } else {
                carrier = opened;
                opened.datagrams(this::answer, () -> carrier = null);
                challenge(last);
            }
        }

        private void answer(ByteBuffer frame) {
            try {
                FenceFrame.Answer answer = FenceFrame.Answer.read(frame);
                if (answer.isHeld()) {
                    fence.answered(answer.number());
                } else {
                    fence.lost();
                }
            } catch (FormatException e) {
                if (carrier != null) {
                    carrier.stream().reset();
                }
            }
        }
    }
}

package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.FrameBudget;
import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.noise.ChaChaPoly;
import io.beemesh.libp2p.noise.NoiseHandshake;
import io.beemesh.libp2p.noise.NoiseIdentity;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Seals connections end to end: libp2p's Noise handshake with this side's own key, on a stream that was
 * opened and answered already. Whose key is expected says the other side's {@link Credential}. On the loop
 * only.
 *
 * @see <a href="https://github.com/libp2p/specs/blob/master/noise/README.md">noise</a>
 */
public final class Sealing {
    /** Of all its streams, what their readers do not take; each may hold one message besides. */
    private static final long HELD_BYTES_MAX = 6L << 20;
    private static final Duration HANDSHAKE = Duration.ofSeconds(10);

    private final Loop loop;
    private final PrivateKey key;
    private final SecureRandom random;
    private final ChaChaPoly engine;
    private final FrameBudget held = new FrameBudget(HELD_BYTES_MAX);
    private @Nullable NoiseIdentity identity;

    /** {@code engine} is of this loop alone. */
    public Sealing(Loop loop, PrivateKey key, SecureRandom random, ChaChaPoly engine) {
        this.loop = loop;
        this.key = key;
        this.random = random;
        this.engine = engine;
    }

    /** As the side that asked; fails with a {@link RefusedException} if another peer is there. */
    public CompletableFuture<Carrier> dial(Carrier carrier, PeerId peer) {
        return dial(carrier, peer, List.of());
    }

    /** The same with gates for what the other side sends. */
    public CompletableFuture<Carrier> dial(Carrier carrier, PeerId peer, List<Gate> gates) {
        return seal(carrier, NoiseHandshake.dialer(identity(), engine, peer), peer, gates);
    }

    /** As the side that was asked. */
    public CompletableFuture<Carrier> accept(Carrier carrier, PeerId peer) {
        return accept(carrier, peer, List.of());
    }

    /** The same with gates for what the other side sends. */
    public CompletableFuture<Carrier> accept(Carrier carrier, PeerId peer, List<Gate> gates) {
        return seal(carrier, NoiseHandshake.listener(identity(), engine), peer, gates);
    }

    /** Signed once, when it is first needed. */
    private NoiseIdentity identity() {
        NoiseIdentity known = identity;
        if (known == null) {
            known = new NoiseIdentity(key, List.of(), random);
            identity = known;
        }
        return known;
    }

    private CompletableFuture<Carrier> seal(Carrier carrier, NoiseHandshake handshake,
            PeerId peer, List<Gate> gates) {
        SealedStream sealed = new SealedStream(carrier.stream(), handshake, peer,
                new SealedStream.Limits(gates, held));
        CompletableFuture<SealedStream> ready = sealed.start(Carrier.CREDIT_BYTES);
        Loop.Timer deadline = loop.schedule(HANDSHAKE, () -> sealed.fail("no handshake in time"));
        CompletableFuture<Carrier> result = new CompletableFuture<>();
        ready.whenComplete((done, failure) -> {
            deadline.cancel();
            if (failure != null) {
                result.completeExceptionally(new RefusedException(ConnectStatus.DENIED));
            } else {
                result.complete(new Frames().over(sealed));
                sealed.begin();
            }
        });
        carrier.bytes(sealed);
        return result;
    }

    /** The frames of the sealed stream, until its carrier says that bytes follow. */
    private static final class Frames implements FrameReader.Receiver {
        private @Nullable Carrier carrier;

        Carrier over(SealedStream sealed) {
            FrameReader reader = FrameReader.start(sealed, ConnectRequest.BYTES_MAX,
                    this);
            reader.pause();
            Carrier made = new Carrier(sealed, reader, new byte[0]);
            carrier = made;
            return made;
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            if (carrier != null) {
                carrier.onFrame(frame);
            }
        }

        @Override
        public void onEnd() {
            if (carrier != null) {
                carrier.onOver();
                carrier.stream().closeWrite();
            }
        }

        @Override
        public void onFailure(Libp2pException cause) {
            if (carrier != null) {
                carrier.onOver();
            }
        }
    }
}

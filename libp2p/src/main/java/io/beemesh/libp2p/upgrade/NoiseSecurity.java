package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.noise.NoiseException;
import io.beemesh.libp2p.noise.NoiseHandshake;
import io.beemesh.libp2p.noise.NoiseIdentity;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Noise XX, which every implementation has; and a form of it for sockets within one machine, whose handshake
 * proves who both sides are and whose bytes then go as they are.
 */
public final class NoiseSecurity implements SecurityProtocol {
    private static final ProtocolId ID = new ProtocolId("/noise");
    private static final ProtocolId LOCAL_ID = new ProtocolId("/noise-local/1.0.0");

    private static final byte[] NO_PROLOGUE = new byte[0];
    /** So that no handshake of one form counts in the other. */
    private static final byte[] LOCAL_PROLOGUE = LOCAL_ID.name().getBytes(StandardCharsets.UTF_8);

    private final NoiseIdentity identity;
    private final boolean local;
    private final byte[] prologue;

    public NoiseSecurity(NoiseIdentity identity) {
        this(identity, false);
    }

    private NoiseSecurity(NoiseIdentity identity, boolean local) {
        this.identity = identity;
        this.local = local;
        this.prologue = local ? LOCAL_PROLOGUE : NO_PROLOGUE;
    }

    /**
     * {@code /noise-local/1.0.0}: the handshake of Noise, and nothing sealed after it. Only for links that no
     * third party can read or write, such as a connected unix socket.
     */
    public static NoiseSecurity local(NoiseIdentity identity) {
        return new NoiseSecurity(identity, true);
    }

    @Override
    public ProtocolId id() {
        return local ? LOCAL_ID : ID;
    }

    @Override
    public boolean seals() {
        return !local;
    }

    @Override
    public SecurityHandshake dialer(UpgradeBuffers buffers, RawLink link, PeerId expected) {
        return new Side(buffers, link,
                NoiseHandshake.dialer(identity, buffers.engine(), expected, prologue));
    }

    @Override
    public SecurityHandshake listener(UpgradeBuffers buffers, RawLink link) {
        return new Side(buffers, link,
                NoiseHandshake.listener(identity, buffers.engine(), prologue));
    }

    private final class Side implements SecurityHandshake {
        private final UpgradeBuffers buffers;
        private final RawLink link;
        private final NoiseHandshake handshake;

        Side(UpgradeBuffers buffers, RawLink link, NoiseHandshake handshake) {
            this.buffers = buffers;
            this.link = link;
            this.handshake = handshake;
            flush();
        }

        private void flush() {
            for (byte[] message : handshake.takeOutput()) {
                link.write(ByteBuffer.wrap(message));
                link.flush();
            }
        }

        @Override
        public void feed(ByteBuffer in) throws NoiseException {
            handshake.feed(in);
            flush();
        }

        @Override
        public Optional<Secured> result() {
            String yamux = ConnectionUpgrade.YAMUX.name();
            return handshake.result().map(done -> new Secured(
                    done.remoteKey(),
                    done.remoteMuxers().contains(yamux) && identity.muxers().contains(yamux),
                    local ? new PlainLink(link) : new NoiseLink(buffers, link, done)));
        }

        @Override
        public void close() {
            // All on the heap.
        }
    }
}

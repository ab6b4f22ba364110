package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.noise.NoiseException;
import io.beemesh.libp2p.noise.NoiseHandshake;
import io.beemesh.libp2p.noise.NoiseIdentity;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Noise XX, which every implementation has. */
public final class NoiseSecurity implements SecurityProtocol {
    private static final ProtocolId ID = new ProtocolId("/noise");

    private final NoiseIdentity identity;

    public NoiseSecurity(NoiseIdentity identity) {
        this.identity = identity;
    }

    @Override
    public ProtocolId id() {
        return ID;
    }

    @Override
    public SecurityHandshake dialer(UpgradeBuffers buffers, RawLink link, PeerId expected) {
        return new Side(buffers, link, NoiseHandshake.dialer(identity, buffers.engine, expected));
    }

    @Override
    public SecurityHandshake listener(UpgradeBuffers buffers, RawLink link) {
        return new Side(buffers, link, NoiseHandshake.listener(identity, buffers.engine));
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
                link.write(message, 0, message.length);
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
                    new NoiseLink(buffers, link, done)));
        }

        @Override
        public void close() {
            // All on the heap.
        }
    }
}

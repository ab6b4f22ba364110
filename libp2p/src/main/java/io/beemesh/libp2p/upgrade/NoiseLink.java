package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.noise.NoiseCipher;
import io.beemesh.libp2p.noise.NoiseException;
import io.beemesh.libp2p.noise.NoiseHandshake;
import io.beemesh.libp2p.yamux.YamuxException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Cuts received bytes into Noise messages and opens them; seals what is sent. */
final class NoiseLink implements SecureChannel {
    private final UpgradeBuffers buffers;
    private final RawLink link;
    private final NoiseCipher sending;
    private final NoiseCipher receiving;
    private int lengthBytes;
    private int length;
    private @Nullable ByteBuffer partial;
    private boolean closed;

    NoiseLink(UpgradeBuffers buffers, RawLink link, NoiseHandshake.Result result) {
        this.buffers = buffers;
        this.link = link;
        this.sending = result.sending();
        this.receiving = result.receiving();
    }

    @Override
    public void feed(ByteBuffer in, Receiver receiver) throws NoiseException, YamuxException {
        while (in.hasRemaining() && !closed) {
            if (lengthBytes < NoiseCipher.LENGTH_BYTES) {
                length = (length << 8) | (in.get() & 0xff);
                lengthBytes++;
            } else if (partial == null && in.remaining() >= length) {
                ByteBuffer message = in.slice(in.position(), length);
                in.position(in.position() + length);
                receiver.onPlain(open(message));
            } else {
                feedPartial(in, receiver);
            }
        }
    }

    private void feedPartial(ByteBuffer in, Receiver receiver)
            throws NoiseException, YamuxException {
        ByteBuffer message = partial;
        if (message == null) {
            message = buffers.lend(length).orElseGet(() -> ByteBuffer.allocate(length));
            partial = message;
        }
        int count = Math.min(message.remaining(), in.remaining());
        message.put(in.slice(in.position(), count));
        in.position(in.position() + count);
        if (!message.hasRemaining()) {
            ByteBuffer plain;
            try {
                plain = open(message.flip());
            } finally {
                giveBack();
            }
            receiver.onPlain(plain);
        }
    }

    private ByteBuffer open(ByteBuffer message) throws NoiseException {
        length = 0;
        lengthBytes = 0;
        ByteBuffer plain = buffers.opened();
        receiving.open(message, plain);
        return plain.flip();
    }

    private void giveBack() {
        if (partial != null && partial.isDirect()) {
            buffers.giveBack();
        }
        partial = null;
    }

    @Override
    public void send(ByteBuffer plain) {
        ByteBuffer sealed = buffers.sealed();
        sending.seal(plain, sealed);
        link.write(sealed.flip());
    }

    @Override
    public void close() {
        closed = true;
        giveBack();
    }
}

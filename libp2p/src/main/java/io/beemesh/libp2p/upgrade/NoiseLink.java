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
    private byte @Nullable [] partial;
    private int filled;

    NoiseLink(UpgradeBuffers buffers, RawLink link, NoiseHandshake.Result result) {
        this.buffers = buffers;
        this.link = link;
        this.sending = result.sending();
        this.receiving = result.receiving();
    }

    @Override
    public void feed(ByteBuffer in, Receiver receiver) throws NoiseException, YamuxException {
        while (in.hasRemaining()) {
            if (lengthBytes < NoiseCipher.LENGTH_BYTES) {
                length = (length << 8) | (in.get() & 0xff);
                lengthBytes++;
            } else if (partial == null && in.remaining() >= length) {
                in.get(buffers.sealedIn, 0, length);
                open(buffers.sealedIn, receiver);
            } else {
                feedPartial(in, receiver);
            }
        }
    }

    private void feedPartial(ByteBuffer in, Receiver receiver)
            throws NoiseException, YamuxException {
        byte[] message = partial;
        if (message == null) {
            message = new byte[length];
            partial = message;
            filled = 0;
        }
        int count = Math.min(length - filled, in.remaining());
        in.get(message, filled, count);
        filled += count;
        if (filled == length) {
            partial = null;
            open(message, receiver);
        }
    }

    private void open(byte[] message, Receiver receiver) throws NoiseException, YamuxException {
        int sealed = length;
        length = 0;
        lengthBytes = 0;
        int plain = receiving.open(message, 0, sealed, buffers.plainIn);
        receiver.onPlain(ByteBuffer.wrap(buffers.plainIn, 0, plain));
    }

    @Override
    public void send(byte[] plain, int count) {
        int sealed = sending.seal(plain, 0, count, buffers.sealedOut, 0);
        link.write(buffers.sealedOut, 0, sealed);
    }

    @Override
    public void close() {
        // All on the heap.
    }
}

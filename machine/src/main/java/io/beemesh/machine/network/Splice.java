package io.beemesh.machine.network;

import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.machine.metrics.Counter;
import io.beemesh.protocol.sidecar.Carrier;
import java.nio.ByteBuffer;

/** Two streams joined: what one brings the other gets, no more than a window held for a slow reader. */
public final class Splice {
    private static final int WINDOW_BYTES = 256 * 1024;

    private Splice() {}

    /**
     * Joins two connections whose first frames were read; datagrams go on as the frames that they are.
     *
     * @param bytes counts them
     */
    public static void join(Carrier one, Carrier other, Counter bytes) {
        one.stream().request(WINDOW_BYTES - Carrier.CREDIT_BYTES);
        other.stream().request(WINDOW_BYTES - Carrier.CREDIT_BYTES);
        one.bytes(new Half(one.stream(), other.stream(), bytes));
        other.bytes(new Half(other.stream(), one.stream(), bytes));
    }

    private record Half(Stream from, Stream to, Counter bytes) implements StreamReader {
        @Override
        public void onData(ByteBuffer data) {
            int count = data.remaining();
            bytes.add(count);
            to.write(ByteBuffer.allocate(count).put(data).flip()).whenComplete((done, failure) -> {
                if (failure == null) {
                    from.request(count);
                } else {
                    from.reset();
                }
            });
        }

        @Override
        public void onEnd() {
            to.closeWrite();
        }

        @Override
        public void onReset(StreamResetException cause) {
            to.reset();
        }
    }
}

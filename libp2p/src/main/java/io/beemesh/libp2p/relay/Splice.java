package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import java.nio.ByteBuffer;

/**
 * Two streams joined: what one brings the other gets, no more than a window of it held for a reader that
 * is slow. Beyond the limit both are reset.
 */
final class Splice {
    private final Loop loop;
    private final RelayLimit limit;
    private final int windowBytes;
    private final Runnable onOver;
    private Loop.Timer deadline = () -> {
    };
    private final Stream one;
    private final Stream other;
    private int ended;
    private boolean over;
    private long bytes;

    Splice(Loop loop, RelayConfig config, Stream one, Stream other, Runnable onOver) {
        this.loop = loop;
        this.limit = config.limit();
        this.windowBytes = config.windowBytes();
        this.one = one;
        this.other = other;
        this.onOver = onOver;
    }

    /** Joins what the two readers have not delivered as messages. */
    void start(FrameReader ofOne, FrameReader ofOther) {
        if (!limit.duration().isZero()) {
            deadline = loop.schedule(limit.duration(), this::reset);
        }
        one.request(windowBytes - RelayCodec.BYTES_MAX);
        other.request(windowBytes - RelayCodec.BYTES_MAX);
        ofOne.handOver(new Half(one, other));
        ofOther.handOver(new Half(other, one));
    }

    /** Bytes carried in both directions. */
    long bytes() {
        return bytes;
    }

    private void reset() {
        one.reset();
        other.reset();
        finish();
    }

    private void finish() {
        if (!over) {
            over = true;
            deadline.cancel();
            onOver.run();
        }
    }

    private final class Half implements StreamReader {
        private final Stream from;
        private final Stream to;
        private long carried;

        Half(Stream from, Stream to) {
            this.from = from;
            this.to = to;
        }

        @Override
        public void onData(ByteBuffer data) {
            if (over) {
                return;
            }
            int count = data.remaining();
            carried += count;
            bytes += count;
            if (limit.dataBytes() > 0 && carried > limit.dataBytes()) {
                reset();
                return;
            }
            to.write(ByteBuffer.allocate(count).put(data).flip())
                    .thenRun(() -> from.request(count));
        }

        @Override
        public void onEnd() {
            to.closeWrite();
            ended++;
            if (ended == 2) {
                finish();
            }
        }

        @Override
        public void onReset(StreamResetException cause) {
            to.reset();
            finish();
        }
    }
}

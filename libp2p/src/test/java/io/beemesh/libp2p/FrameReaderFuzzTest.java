package io.beemesh.libp2p;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.FedStream;
import io.beemesh.libp2p.simulation.Fuzz;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FrameReaderFuzzTest {
    private static final int FRAME_BYTES_MAX = 300;

    private static byte[] frames(int... sizes) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int size : sizes) {
            all.writeBytes(FrameReader.frame(new byte[size]).array());
        }
        return all.toByteArray();
    }

    /** What a reader makes of the bytes, in pieces of {@code cut}; pauses at every frame if it is to. */
    private static final class Reading implements FrameReader.Receiver {
        private final FedStream stream = new FedStream();
        private final List<Integer> sizes = new ArrayList<>();
        private final boolean pauses;
        private final FrameReader reader;
        private int ends;
        private int failures;
        private int longest;
        private boolean late;

        Reading(boolean pauses) {
            this.pauses = pauses;
            this.reader = FrameReader.start(stream, FRAME_BYTES_MAX, this);
        }

        boolean read(byte[] bytes, int cut) {
            // Whole frames give their credit back, so nothing may be left over.
            boolean all = stream.feed(bytes, cut);
            assertThat(all || stream.isReset()).isTrue();
            assertThat(ends + failures).isEqualTo(1);
            assertThat(failures == 1).isEqualTo(stream.isReset());
            assertThat(longest).isLessThanOrEqualTo(FRAME_BYTES_MAX);
            assertThat(late).isFalse();
            return failures == 0;
        }

        @Override
        public void onFrame(ByteBuffer frame) {
            late |= ends + failures > 0;
            longest = Math.max(longest, frame.remaining());
            sizes.add(frame.remaining());
            if (pauses) {
                reader.pause();
                reader.resume();
            }
        }

        @Override
        public void onEnd() {
            ends++;
        }

        @Override
        public void onFailure(Libp2pException cause) {
            failures++;
        }
    }

    @Test
    void frames_mutated_areReadTheSameInAnyPiecesOrRefused() {
        List<byte[]> valid = List.of(frames(0, 1, 2, 3), frames(127, 128, 300), frames(300, 300));
        Fuzz.run(valid, Libp2pException.class, bytes -> {
            Reading whole = new Reading(false);
            boolean read = whole.read(bytes, FRAME_BYTES_MAX + 10);
            for (int cut : new int[]{1, 7, 200}) {
                Reading cutUp = new Reading(cut == 7);
                assertThat(cutUp.read(bytes, cut)).isEqualTo(read);
                assertThat(cutUp.sizes).isEqualTo(whole.sizes);
            }
            if (!read) {
                throw new Libp2pException("refused");
            }
        });
    }
}

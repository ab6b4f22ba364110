package io.beemesh.libp2p.yamux;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.Fuzz;
import io.beemesh.libp2p.simulation.SimulatedLoop;
import io.beemesh.libp2p.simulation.Simulation;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

final class YamuxFuzzTest {
    private static final int STREAMS_MAX = 4;

    private final Simulation simulation = new Simulation(1);
    private final SimulatedLoop loop = simulation.newLoop();

    private static byte[] frames(int... fields) {
        ByteBuffer out = ByteBuffer.allocate(4096);
        for (int i = 0; i < fields.length; i += 4) {
            YamuxFrame.write(out, fields[i], fields[i + 1], fields[i + 2], fields[i + 3]);
            if (fields[i] == YamuxFrame.DATA) {
                out.put(new byte[fields[i + 3]]);
            }
        }
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        return bytes;
    }

    @Test
    void session_mutatedFrames_staysInBoundsOrEnds() {
        List<byte[]> valid = List.of(
                frames(YamuxFrame.WINDOW_UPDATE, YamuxFrame.SYN, 1, 0, YamuxFrame.DATA, 0, 1, 300,
                        YamuxFrame.DATA, YamuxFrame.FIN, 1, 20),
                frames(YamuxFrame.PING, YamuxFrame.SYN, 0, 7, YamuxFrame.DATA, YamuxFrame.SYN, 1,
                        50, YamuxFrame.WINDOW_UPDATE, YamuxFrame.RST, 1, 0),
                frames(YamuxFrame.DATA, YamuxFrame.SYN, 1, 9, YamuxFrame.DATA, YamuxFrame.SYN, 3, 9,
                        YamuxFrame.GO_AWAY, 0, 0, 0));
        Fuzz.run(valid, YamuxException.class, bytes -> {
            ReceiveBudget budget = new ReceiveBudget(64 << 10, 64 << 10);
            YamuxSession session = new YamuxSession(loop,
                    YamuxConfig.defaults().withInboundStreamsMax(STREAMS_MAX), budget, false,
                    new YamuxSession.Listener() {
                        @Override
                        public void onStream(YamuxStream stream) {
                            stream.request(100);
                        }

                        @Override
                        public void onOutput() {
                            // Nobody reads what it would send.
                        }
                    });
            try {
                session.feed(ByteBuffer.wrap(bytes));
                assertThat(session.streamCount()).isLessThanOrEqualTo(STREAMS_MAX);
                assertThat(budget.bufferedBytes()).isLessThanOrEqualTo(64 << 10);
            } finally {
                session.close("over");
                loop.run(() -> assertThat(budget.bufferedBytes()).isZero());
            }
        });
    }
}

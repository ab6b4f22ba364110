package io.beemesh.libp2p;

import static org.assertj.core.api.Assertions.assertThat;

import io.beemesh.libp2p.simulation.NetworkConditions;
import io.beemesh.libp2p.simulation.SimulatedHost;
import io.beemesh.libp2p.simulation.SimulatedNetwork;
import io.beemesh.libp2p.simulation.Simulation;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FrameReaderTest implements FrameReader.Receiver {
    private static final ProtocolId ID = new ProtocolId("/frames/1.0.0");
    private static final int FRAME_BYTES_MAX = 5_000;

    private final Simulation simulation = new Simulation(1);
    private final List<Integer> sizes = new ArrayList<>();
    private final List<FrameReader> readers = new ArrayList<>();
    private final List<Stream> streams = new ArrayList<>();
    private boolean pauseAtEach;
    private boolean ended;
    private int failures;

    @Override
    public void onFrame(ByteBuffer frame) {
        sizes.add(frame.remaining());
        if (pauseAtEach) {
            FrameReader reader = readers.getFirst();
            reader.pause();
            if (sizes.size() % 2 == 0) {
                reader.resume();
            } else {
                simulation.newLoop().schedule(Duration.ofMillis(3), reader::resume);
            }
        }
    }

    @Override
    public void onEnd() {
        ended = true;
    }

    @Override
    public void onFailure(Libp2pException cause) {
        failures++;
    }

    @BeforeEach
    void connect() {
        SimulatedNetwork network = new SimulatedNetwork(simulation, NetworkConditions.lan());
        SimulatedHost server = network.newHost();
        SimulatedHost client = network.newHost();
        server.handle(ID, stream -> readers.add(FrameReader.start(stream, FRAME_BYTES_MAX, this)));
        client.addressBook().add(server.peerId(), server.listenAddresses(), Duration.ofHours(1));
        CompletableFuture<Stream> opened = client.newStream(server.peerId(), List.of(ID));
        simulation.run(Duration.ofSeconds(1));
        streams.add(opened.join());
        opened.join().reader(new StreamReader() {
            @Override
            public void onData(ByteBuffer bytes) {}

            @Override
            public void onEnd() {}

            @Override
            public void onReset(StreamResetException cause) {}
        });
    }

    private List<Integer> sendInPieces(int frames) {
        SplittableRandom random = new SplittableRandom(9);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        List<Integer> sent = new ArrayList<>();
        for (int i = 0; i < frames; i++) {
            int size = random.nextInt(5) == 0
                    ? random.nextInt(FRAME_BYTES_MAX + 1)
                    : random.nextInt(20);
            sent.add(size);
            all.writeBytes(FrameReader.frame(new byte[size]).array());
        }
        byte[] bytes = all.toByteArray();
        for (int at = 0; at < bytes.length;) {
            int length = Math.min(bytes.length - at,
                    1 + random.nextInt(random.nextInt(3) == 0 ? 4_000 : 7));
            streams.getFirst().write(ByteBuffer.wrap(bytes, at, length));
            at += length;
        }
        streams.getFirst().closeWrite();
        return sent;
    }

    @Test
    void frames_inAnyPieces_arriveWhole() {
        List<Integer> sent = sendInPieces(500);
        simulation.run(Duration.ofSeconds(5));
        assertThat(sizes).isEqualTo(sent);
        assertThat(ended).isTrue();
        assertThat(failures).isZero();
    }

    @Test
    void frames_pausedAtEach_arriveWhole() {
        pauseAtEach = true;
        List<Integer> sent = sendInPieces(500);
        simulation.run(Duration.ofSeconds(20));
        assertThat(sizes).isEqualTo(sent);
        assertThat(ended).isTrue();
    }

    @Test
    void frame_tooLong_resetsStream() {
        streams.getFirst().write(FrameReader.frame(new byte[FRAME_BYTES_MAX + 1]));
        simulation.run(Duration.ofSeconds(1));
        assertThat(failures).isEqualTo(1);
        assertThat(sizes).isEmpty();
        assertThat(streams.getFirst().isOpen()).isFalse();
    }

    @Test
    void stream_endsInsideFrame_fails() {
        streams.getFirst().write(ByteBuffer.wrap(new byte[]{10, 1, 2}));
        streams.getFirst().closeWrite();
        simulation.run(Duration.ofSeconds(1));
        assertThat(failures).isEqualTo(1);
        assertThat(ended).isFalse();
    }
}

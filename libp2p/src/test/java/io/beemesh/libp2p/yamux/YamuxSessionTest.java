package io.beemesh.libp2p.yamux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.simulation.Simulation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class YamuxSessionTest {
    private final Simulation simulation = new Simulation(1);
    private final ReceiveBudget budget = new ReceiveBudget(1 << 20, 1 << 20);
    private final YamuxSide dialer = side(true,
            YamuxConfig.defaults().withWriteBytesMax(1 << 20));
    private final YamuxSide listener = side(false,
            YamuxConfig.defaults().withInboundStreamsMax(4));

    private YamuxSide side(boolean dials, YamuxConfig config) {
        return new YamuxSide(simulation.newLoop(), config, budget, dials);
    }

    private static Collector read(YamuxStream stream, long credit) {
        Collector collector = new Collector();
        stream.reader(collector);
        stream.request(credit);
        return collector;
    }

    /** Carries bytes both ways, cut into pieces of {@code cut}, until there are none. */
    private void exchange(int cut) throws YamuxException {
        for (int idle = 0; idle < 2;) {
            boolean there = dialer.carryTo(listener, cut);
            boolean back = listener.carryTo(dialer, cut);
            idle = there || back ? 0 : idle + 1;
            simulation.run(Duration.ofMillis(1));
        }
    }

    private static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        new SplittableRandom(size).nextBytes(bytes);
        return bytes;
    }

    @Test
    void open_withoutData_isTheKnownFrame() throws Libp2pException {
        assertThat(dialer.session().open().isOpen()).isTrue();
        assertThat(HexFormat.of().formatHex(dialer.pull())).isEqualTo("000100010000000100000000");
    }

    /** js-libp2p ends a connection on which more than ten are opened before it has finished to set it up. */
    @Test
    void open_manyAtTheBeginning_someWaitUntilTheRemoteSideAnswers()
            throws Libp2pException, YamuxException {
        YamuxSide other = side(false, YamuxConfig.defaults());
        for (int i = 0; i < 20; i++) {
            dialer.session().open().write(ByteBuffer.wrap(bytes(10)));
        }
        dialer.carryTo(other, 65_519);
        assertThat(other.accepted()).hasSize(YamuxSession.EARLY_STREAMS_MAX);
        // That it knows them is no answer yet.
        other.carryTo(dialer, 65_519);
        assertThat(dialer.pull()).isEmpty();
        other.accepted().getLast().write(ByteBuffer.wrap(bytes(1)));
        other.carryTo(dialer, 65_519);
        dialer.carryTo(other, 65_519);
        assertThat(other.accepted()).hasSize(20).extracting(YamuxStream::id).isSorted();
    }

    @Test
    void write_anyCut_arrivesAndEnds() throws Libp2pException, YamuxException {
        for (int cut : new int[]{1, 5, 12, 13, 1000, 65_519}) {
            YamuxStream stream = dialer.session().open();
            byte[] sent = bytes(cut == 1 ? 3000 : 300_000);
            CompletableFuture<Void> written = stream.write(ByteBuffer.wrap(sent));
            stream.closeWrite();
            exchange(cut);
            YamuxStream other = listener.accepted().getLast();
            Collector collector = read(other, Long.MAX_VALUE);
            exchange(cut);
            assertThat(collector.bytes()).isEqualTo(sent);
            assertThat(collector.ended()).isTrue();
            assertThat(written).isCompleted();
            other.closeWrite();
            Collector none = read(stream, 1);
            exchange(cut);
            assertThat(none.ended()).isTrue();
            assertThat(dialer.session().streamCount() + listener.session().streamCount()).isZero();
            assertThat(budget.bufferedBytes()).isZero();
        }
    }

    @Test
    void feed_readersMoveWhatTheyAreGiven_isReadOnFromWhereItWas() throws YamuxException {
        YamuxSide victim = side(false, YamuxConfig.defaults());
        victim.session().feed(frame(YamuxFrame.SYN, 1, 0));
        victim.session().feed(frame(YamuxFrame.SYN, 3, 0));
        List<Integer> sizes = new ArrayList<>();
        for (YamuxStream stream : victim.accepted()) {
            stream.reader(new Careless(stream, sizes));
            stream.request(40);
        }
        ByteBuffer frames = ByteBuffer.allocate(1000);
        frames.put(frame(0, 1, 100)).put(frame(0, 3, 50)).put(frame(0, 1, 7)).flip();
        victim.session().feed(frames);
        assertThat(frames.hasRemaining()).isFalse();
        simulation.run(Duration.ofMillis(1));
        assertThat(sizes).containsExactly(40, 40, 20, 40, 10, 7);
        assertThat(budget.bufferedBytes()).isZero();
    }

    private static ByteBuffer frame(int flags, int stream, int length) {
        ByteBuffer frame = ByteBuffer.allocate(YamuxFrame.HEADER_BYTES + length);
        YamuxFrame.write(frame, YamuxFrame.DATA, flags, stream, length);
        return frame.clear();
    }

    /** Asks for as much again while it is called, and leaves the buffer anyhow. */
    private record Careless(YamuxStream stream, List<Integer> sizes) implements StreamReader {
        @Override
        public void onData(ByteBuffer bytes) {
            sizes.add(bytes.remaining());
            stream.request(bytes.remaining());
            bytes.clear().order(ByteOrder.LITTLE_ENDIAN).position(sizes.size());
        }

        @Override
        public void onEnd() {
            throw new AssertionError("ended");
        }

        @Override
        public void onReset(StreamResetException cause) {
            throw new AssertionError(cause);
        }
    }

    @Test
    void write_readerWithoutCredit_stopsAtTheWindow() throws Libp2pException, YamuxException {
        YamuxStream stream = dialer.session().open();
        CompletableFuture<Void> written = stream.write(ByteBuffer.wrap(bytes(300_000)));
        exchange(65_519);
        assertThat(written).isNotDone();
        assertThat(budget.bufferedBytes()).isEqualTo(YamuxConfig.INITIAL_WINDOW_BYTES);
        Collector collector = read(listener.accepted().getFirst(), 100);
        exchange(65_519);
        assertThat(collector.bytes().length).isEqualTo(100);
        listener.accepted().getFirst().request(200_000);
        exchange(65_519);
        assertThat(collector.bytes().length).isEqualTo(200_100);
        assertThat(written).isCompleted();
    }

    @Test
    void write_beyondTheLimit_resetsTheStream() throws Libp2pException, YamuxException {
        YamuxStream stream = dialer.session().open();
        Collector own = read(stream, 1);
        CompletableFuture<Void> first = stream.write(ByteBuffer.allocate(2 << 20));
        assertThat(stream.write(ByteBuffer.allocate(1))).isCompletedExceptionally();
        exchange(65_519);
        assertThat(first).isCompletedExceptionally();
        assertThat(own.reset()).isTrue();
        assertThat(dialer.session().streamCount()).isZero();
    }

    @Test
    void feed_moreStreamsThanAllowed_refusesTheRest() throws Libp2pException, YamuxException {
        List<Collector> readers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            readers.add(read(dialer.session().open(), 1));
        }
        exchange(65_519);
        assertThat(listener.accepted()).hasSize(4);
        assertThat(readers.stream().filter(reader -> reader.reset())).hasSize(2);
    }

    @Test
    void open_manyUnacknowledged_fails() throws Libp2pException {
        for (int i = 0; i < 256; i++) {
            assertThat(dialer.session().open().isOpen()).isTrue();
        }
        assertThatThrownBy(dialer.session()::open).isInstanceOf(Libp2pException.class);
    }

    @Test
    void ping_answered_givesRoundTrip_elseFalse() throws YamuxException {
        assertThat(dialer.session().ping()).isTrue();
        assertThat(dialer.session().ping()).isFalse();
        exchange(12);
        assertThat(dialer.session().roundTripNanos()).isPositive();
        assertThat(dialer.session().ping()).isTrue();
    }

    @Test
    void feed_protocolErrors_throw() {
        String syn = "000000010000000100000000";
        for (String hex : new String[]{
                "010000000000000100000000", // version
                "000400000000000100000000", // type
                "000000000000000000000000", // data on the session
                "000000010000000200000000", // our own parity
                syn + syn, // opened twice
                "000000010000000100040001", // more than the window
                "0000000100000001ffffffff",
                "000300000000000000000001", // went away with an error
                syn + "000000040000000100000000" + "000000000000000100000001" + "00", // data after
                                                                                      // the end
        }) {
            YamuxSide victim = side(false, YamuxConfig.defaults());
            assertThatThrownBy(
                    () -> victim.session().feed(ByteBuffer.wrap(HexFormat.of().parseHex(hex))))
                    .as(hex)
                    .isInstanceOf(YamuxException.class);
        }
    }

    @Test
    void feed_pingsNeverRead_isBounded() {
        byte[] ping = HexFormat.of().parseHex("000200010000000000000007");
        assertThatThrownBy(() -> {
            for (int i = 0; i < 100_000; i++) {
                listener.session().feed(ByteBuffer.wrap(ping));
            }
        }).isInstanceOf(YamuxException.class);
    }

    @Test
    void feed_streamsResetHereAndNeverRead_isBounded() {
        assertThatThrownBy(() -> {
            for (int id = 1; id < 200_000; id += 2) {
                feed(listener, YamuxFrame.SYN, id);
                listener.accepted().removeLast().reset();
            }
        }).isInstanceOf(YamuxException.class);
    }

    @Test
    void feed_streamsResetThereAndNeverRead_isBounded() {
        assertThatThrownBy(() -> {
            for (int id = 1; id < 200_000; id += 2) {
                feed(listener, YamuxFrame.SYN, id);
                feed(listener, YamuxFrame.RST, id);
            }
        }).isInstanceOf(YamuxException.class);
    }

    @Test
    void feed_allStreamsWereJustReset_goesOn() throws YamuxException {
        YamuxSide busy = side(false, YamuxConfig.defaults().withStreamsMax(3000));
        for (int id = 1; id < 6000; id += 2) {
            feed(busy, YamuxFrame.SYN, id);
        }
        busy.accepted().forEach(YamuxStream::reset);
        busy.session().feed(ByteBuffer.wrap(HexFormat.of().parseHex("000200010000000000000007")));
        assertThat(busy.session().acceptsStreams()).isTrue();
    }

    private static void feed(YamuxSide to, int flag, int stream) throws YamuxException {
        ByteBuffer frame = ByteBuffer.allocate(YamuxFrame.HEADER_BYTES);
        YamuxFrame.write(frame, YamuxFrame.WINDOW_UPDATE, flag, stream, 0);
        to.session().feed(frame.flip());
    }

    @Test
    void feed_dataThatNobodyReads_costsTheStreamNotTheHost()
            throws Libp2pException, YamuxException {
        YamuxSide victim = side(false, YamuxConfig.defaults());
        ByteBuffer frame = ByteBuffer.allocate(12 + 200_000);
        for (int id = 1; id < 41; id += 2) {
            frame.clear();
            YamuxFrame.write(frame, YamuxFrame.DATA, YamuxFrame.SYN, id, 200_000);
            victim.session().feed(frame.position(0).limit(frame.capacity()));
        }
        // One connection takes no more than it leaves.
        assertThat(budget.bufferedBytes()).isLessThanOrEqualTo(1 << 19);
        assertThat(victim.session().streamCount()).isEqualTo(2);
        YamuxSide honest = side(false, YamuxConfig.defaults());
        frame.clear();
        YamuxFrame.write(frame, YamuxFrame.DATA, YamuxFrame.SYN, 1, 200_000);
        honest.session().feed(frame.position(0).limit(frame.capacity()));
        assertThat(honest.session().streamCount()).isEqualTo(1);
        honest.session().close("over");
        victim.session().close("over");
        assertThat(budget.bufferedBytes()).isZero();
    }

    @Test
    void feed_nobodyReadsMuch_whoHasMostOfItPays() throws Libp2pException, YamuxException {
        YamuxSide victim = side(false, YamuxConfig.defaults());
        for (int id = 1; id < 11; id += 2) {
            feedBytes(victim, YamuxFrame.SYN, id, 100_000);
        }
        feedBytes(victim, YamuxFrame.SYN, 11, 1_000);
        YamuxStream small = victim.accepted().getLast();
        for (int i = 0; i < 90; i++) {
            feedBytes(victim, 0, 11, 1_000);
        }
        assertThat(small.isOpen()).isTrue();
        assertThat(victim.session().streamCount()).isEqualTo(5);
        assertThat(budget.bufferedBytes()).isLessThanOrEqualTo(1 << 19);
    }

    private static void feedBytes(YamuxSide to, int flags, int id, int count)
            throws YamuxException {
        ByteBuffer frame = ByteBuffer.allocate(12 + count);
        YamuxFrame.write(frame, YamuxFrame.DATA, flags, id, count);
        to.session().feed(frame.position(0));
    }

    @Test
    void feed_readerWithoutMemory_costsItsStreamOnly() throws Libp2pException, YamuxException {
        YamuxStream poor = dialer.session().open();
        YamuxStream other = dialer.session().open();
        poor.write(ByteBuffer.wrap(bytes(10)));
        other.write(ByteBuffer.wrap(bytes(10)));
        exchange(1000);
        listener.accepted().getFirst().reader(new StreamReader() {
            @Override
            public void onData(ByteBuffer data) {
                throw new OutOfMemoryError("of a test");
            }

            @Override
            public void onEnd() {
                // It is reset.
            }

            @Override
            public void onReset(StreamResetException cause) {
                // As expected.
            }
        });
        listener.accepted().getFirst().request(100);
        Collector collector = read(listener.accepted().getLast(), 100);
        exchange(1000);
        assertThat(poor.isOpen()).isFalse();
        assertThat(collector.bytes()).isEqualTo(bytes(10));
    }

    @Test
    void feed_randomFrames_throwOrStayBounded() {
        SplittableRandom random = new SplittableRandom(3);
        int refused = 0;
        for (int round = 0; round < 300; round++) {
            YamuxSide victim = side(false, YamuxConfig.defaults().withInboundStreamsMax(8));
            try {
                for (int i = 0; i < 200; i++) {
                    victim.session().feed(randomFrame(random));
                    victim.accepted().forEach(stream -> stream.request(random.nextInt(3000)));
                    byte[] ignored = victim.pull();
                    simulation.run(Duration.ofMillis(1));
                }
            } catch (YamuxException e) {
                refused++;
            }
            assertThat(victim.session().streamCount()).isLessThanOrEqualTo(8);
            victim.session().close("over");
            simulation.run(Duration.ofMillis(1));
            assertThat(budget.bufferedBytes()).isZero();
        }
        assertThat(refused).isBetween(1, 300);
    }

    private static ByteBuffer randomFrame(SplittableRandom random) {
        int length = random.nextInt(10) == 0 ? random.nextInt() : random.nextInt(2000);
        int type = random.nextInt(40) == 0 ? random.nextInt(256) : random.nextInt(3);
        ByteBuffer frame = ByteBuffer.allocate(12 + 2000);
        int flags = random.nextInt(16) & (random.nextBoolean() ? 15 : 1);
        YamuxFrame.write(frame, type, flags, type == 2 ? 0 : 1 + 2 * random.nextInt(12),
                type == 0 ? length & 2047 : length);
        frame.position(Math.min(frame.capacity(), 12 + (type == 0 ? length & 2047 : 0)));
        return frame.flip();
    }
}

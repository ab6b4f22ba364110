package io.beemesh.machine.registry.link;

import io.beemesh.libp2p.Host;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** One stream to one peer, opened when there is something to send; what it cannot take is lost. */
final class Link {
    /** Bytes that wait for the peer. */
    private static final int QUEUE_BYTES_MAX = 12 << 20;
    /** A peer that cannot be reached is not tried again sooner. */
    private static final Duration RETRY = Duration.ofMillis(200);

    /** A stream is not given up sooner. */
    private static final Duration RENEW = Duration.ofSeconds(2);

    private final Host host;
    private final PeerId peer;
    private final ProtocolId protocol;
    private final Consumer<PeerId> connected;
    private final ArrayDeque<ByteBuffer> queue = new ArrayDeque<>();
    private Optional<Stream> stream = Optional.empty();
    private long queueBytes;
    private boolean opening;
    private boolean failed;
    private boolean full;
    private long failedAt;
    private long openedAt;

    Link(Host host, PeerId peer, ProtocolId protocol, Consumer<PeerId> connected) {
        this.host = host;
        this.peer = peer;
        this.protocol = protocol;
        this.connected = connected;
    }

    void send(ByteBuffer frame) {
        if (queueBytes + frame.remaining() > QUEUE_BYTES_MAX || (stream.isEmpty() && failed
                && host.loop().nanoTime() - failedAt < RETRY.toNanos())) {
            return;
        }
        queue.add(frame);
        queueBytes += frame.remaining();
        if (stream.isPresent()) {
            drain();
        } else if (!opening) {
            open();
        }
    }

    private void open() {
        opening = true;
        host.newStream(peer, List.of(protocol)).whenComplete((opened, failure) -> {
            opening = false;
            if (failure == null) {
                begin(opened);
            } else {
                fail();
            }
        });
    }

    private void begin(Stream opened) {
        stream = Optional.of(opened);
        openedAt = host.loop().nanoTime();
        failed = false;
        full = false;
        opened.reader(new StreamReader() {
            @Override
            public void onData(ByteBuffer bytes) {
                opened.reset();
            }

            @Override
            public void onEnd() {
                end(opened);
            }

            @Override
            public void onReset(StreamResetException cause) {
                end(opened);
            }
        });
        opened.request(1);
        drain();
        connected.accept(peer);
    }

    /** Gives the stream up unless it is new; the next message opens another. */
    void renew() {
        if (stream.isPresent() && host.loop().nanoTime() - openedAt > RENEW.toNanos()) {
            end(stream.get());
        }
    }

    private void end(Stream ended) {
        if (stream.filter(ended::equals).isPresent()) {
            ended.reset();
            fail();
        }
    }

    private void fail() {
        stream = Optional.empty();
        failed = true;
        failedAt = host.loop().nanoTime();
        queue.clear();
        queueBytes = 0;
    }

    private void drain() {
        while (!full && !queue.isEmpty() && stream.isPresent()) {
            ByteBuffer frame = queue.remove();
            queueBytes -= frame.remaining();
            var written = stream.get().write(frame);
            if (!written.isDone()) {
                full = true;
                Stream waiting = stream.get();
                written.whenComplete((ok, failure) -> {
                    if (stream.filter(waiting::equals).isPresent()) {
                        full = false;
                        drain();
                    }
                });
            }
        }
    }
}

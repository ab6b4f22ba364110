package io.beemesh.libp2p.simulation;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamHandler;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One end of a stream. What is on its way is in the simulation's events; here is only what waits. */
final class SimulatedStream implements Stream {
    static final int WINDOW_BYTES = 256 * 1024;
    static final int BUFFER_BYTES_MAX = 8 * 1024 * 1024;

    /** In the queues: the end of writing; nothing else there is empty. */
    private static final ByteBuffer END = ByteBuffer.allocate(0);

    SimulatedStream peer = this;
    int index = -1;
    private final SimulatedConnection connection;
    private final SimulatedHost local;
    private final ProtocolId protocol;
    private final boolean inbound;
    private @Nullable StreamReader reader;
    private @Nullable ArrayDeque<ByteBuffer> unread;
    private @Nullable ArrayDeque<ByteBuffer> held;
    private @Nullable ArrayDeque<CompletableFuture<Void>> waiters;
    private long credit;
    private long arrival;
    private long undelivered;
    private boolean writeEnded;
    private boolean readEnded;
    private boolean reset;
    private boolean draining;

    SimulatedStream(SimulatedConnection connection, SimulatedHost local, ProtocolId protocol,
            boolean inbound) {
        this.connection = connection;
        this.local = local;
        this.protocol = protocol;
        this.inbound = inbound;
    }

    @Override
    public PeerId remotePeer() {
        return peer.local.peerId();
    }

    @Override
    public Multiaddr remoteAddress() {
        return peer.local.listenAddresses().getFirst();
    }

    @Override
    public ProtocolId protocol() {
        return protocol;
    }

    @Override
    public boolean isInbound() {
        return inbound;
    }

    @Override
    public void reader(StreamReader newReader) {
        if (reader != null) {
            throw new IllegalStateException("reader is set already");
        }
        reader = newReader;
    }

    @Override
    public void request(long bytes) {
        long sum = credit + bytes;
        credit = sum < 0 ? Long.MAX_VALUE : sum;
        if (unread != null && !draining) {
            local.loop().execute(this::drain);
        }
    }

    @Override
    public CompletableFuture<Void> write(ByteBuffer bytes) {
        if (reset || writeEnded) {
            return CompletableFuture.failedFuture(new StreamResetException("stream is closed"));
        }
        undelivered += bytes.remaining();
        if (undelivered > BUFFER_BYTES_MAX) {
            reset();
            return CompletableFuture
                    .failedFuture(new StreamResetException("wrote too much without waiting"));
        }
        NetworkCounters counters = connection.network().counters();
        counters.writes++;
        counters.bytes += bytes.remaining();
        if (bytes.hasRemaining()) {
            ByteBuffer copy = ByteBuffer.allocate(bytes.remaining());
            copy.put(bytes).flip();
            send(copy);
        }
        if (undelivered <= WINDOW_BYTES) {
            return CompletableFuture.completedFuture(null);
        }
        if (waiters == null) {
            waiters = new ArrayDeque<>();
        }
        CompletableFuture<Void> room = new CompletableFuture<>();
        waiters.add(room);
        return room;
    }

    @Override
    public void closeWrite() {
        if (!reset && !writeEnded) {
            writeEnded = true;
            send(END);
        }
    }

    private void send(ByteBuffer bytes) {
        SimulatedNetwork network = connection.network();
        if (held != null) {
            held.add(bytes);
        } else if (network.isBlocked(local, peer.local)) {
            held = new ArrayDeque<>();
            held.add(bytes);
            network.stall(this);
        } else {
            transmit(bytes);
        }
    }

    /** After a partition: what was held up goes out. */
    void resume() {
        ArrayDeque<ByteBuffer> waiting = held;
        held = null;
        if (waiting != null && !reset) {
            waiting.forEach(this::send);
        }
    }

    void transmitOpen() {
        SimulatedStream to = peer;
        schedule(to::accept);
    }

    private void transmit(ByteBuffer bytes) {
        SimulatedNetwork network = connection.network();
        if (bytes.hasRemaining() && network.breaks()) {
            network.simulation().schedule(network.latency(local, peer.local), () -> {
                peer.lost("write was lost");
                lost("write was lost");
            });
            return;
        }
        SimulatedStream to = peer;
        schedule(() -> to.arrive(bytes));
    }

    private void schedule(Runnable atPeer) {
        SimulatedNetwork network = connection.network();
        long now = network.simulation().nanoTime();
        SimulatedStream to = peer;
        to.arrival = Math.max(to.arrival, now + network.latencyWithLoss(local, to.local));
        countOrder(to.arrival);
        network.simulation().schedule(to.arrival - now, () -> to.local.loop().run(atPeer));
    }

    private void countOrder(long at) {
        boolean toListener = local == connection.dialer;
        long latest = toListener
                ? connection.listenerLatestArrival
                : connection.dialerLatestArrival;
        if (at < latest) {
            connection.network().counters().reordered++;
        } else if (toListener) {
            connection.listenerLatestArrival = at;
        } else {
            connection.dialerLatestArrival = at;
        }
    }

    private void accept() {
        if (!reset) {
            StreamHandler handler = local.handler(protocol);
            if (handler == null) {
                reset();
            } else {
                handler.onStream(this);
            }
        }
    }

    private void arrive(ByteBuffer bytes) {
        if (!reset) {
            if (unread == null) {
                unread = new ArrayDeque<>(1);
            }
            unread.add(bytes);
            drain();
        }
    }

    private void drain() {
        if (draining || reader == null) {
            return;
        }
        draining = true;
        while (unread != null && !reset) {
            ByteBuffer next = unread.element();
            if (!next.hasRemaining()) {
                unread = null;
                readEnded = true;
                reader.onEnd();
                closeIfDone();
            } else if (credit > 0) {
                int length = (int) Math.min(credit, next.remaining());
                credit -= credit == Long.MAX_VALUE ? 0 : length;
                ByteBuffer slice = next.slice(next.position(), length);
                next.position(next.position() + length);
                if (!next.hasRemaining()) {
                    unread.remove();
                    unread = unread.isEmpty() ? null : unread;
                }
                peer.delivered(length);
                reader.onData(slice);
            } else {
                break;
            }
        }
        draining = false;
    }

    private void delivered(int bytes) {
        undelivered -= bytes;
        if (waiters != null && undelivered <= WINDOW_BYTES) {
            ArrayDeque<CompletableFuture<Void>> done = waiters;
            waiters = null;
            local.loop().execute(() -> done.forEach(waiter -> waiter.complete(null)));
        }
    }

    private void closeIfDone() {
        if (readEnded && writeEnded) {
            connection.remove(this);
        }
        if (peer.readEnded && peer.writeEnded) {
            connection.remove(peer);
        }
    }

    @Override
    public void reset() {
        if (!reset && isOpen()) {
            SimulatedNetwork network = connection.network();
            network.simulation().schedule(network.latency(local, peer.local),
                    () -> peer.lost("reset by peer"));
            lost("reset");
        }
    }

    /** The end of this end, however it came. */
    void lost(String why) {
        if (reset) {
            return;
        }
        boolean wasOpen = isOpen();
        reset = true;
        unread = null;
        connection.remove(this);
        StreamResetException cause = new StreamResetException(why);
        if (waiters != null) {
            ArrayDeque<CompletableFuture<Void>> failed = waiters;
            waiters = null;
            local.loop()
                    .execute(() -> failed.forEach(waiter -> waiter.completeExceptionally(cause)));
        }
        StreamReader told = reader;
        if (told != null && wasOpen) {
            local.loop().execute(() -> told.onReset(cause));
        }
    }

    @Override
    public boolean isOpen() {
        return !reset && !(readEnded && writeEnded);
    }
}

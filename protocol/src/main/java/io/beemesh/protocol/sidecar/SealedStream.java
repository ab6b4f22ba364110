package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.FrameBudget;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.noise.ChaChaPoly;
import io.beemesh.libp2p.noise.NoiseCipher;
import io.beemesh.libp2p.noise.NoiseException;
import io.beemesh.libp2p.noise.NoiseHandshake;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A stream inside another one, sealed by Noise between its two ends: who carries it sees no byte, can change
 * none, and cannot cut it short unnoticed, as its end is a sealed message too (an empty one).
 *
 * <p>What it brings waits until its gates are open. It holds at most {@value #WINDOW_BYTES} bytes for its
 * reader. On the loop only.
 */
final class SealedStream implements Stream, StreamReader, Gate.Waiting {
    /** Of the outer stream: two of the longest messages and more. */
    private static final int WINDOW_BYTES = 160 * 1024;
    /** A reader gets bytes once their whole message is there. */
    private static final int CHUNK_BYTES = 16 * 1024;
    private static final int TAG_BYTES = ChaChaPoly.TAG_BYTES;

    private final Stream outer;
    private final NoiseHandshake handshake;
    private final PeerId peer;
    private final List<Gate> gates;
    private final FrameBudget budget;
    private final CompletableFuture<SealedStream> ready = new CompletableFuture<>();
    private final Queue<Opened> held = new ArrayDeque<>(2);
    private NoiseHandshake.@Nullable Result result;
    private @Nullable StreamReader reader;
    private int lengthBytes;
    private int length;
    private byte @Nullable [] message;
    private int filled;
    private long credit;
    private boolean begun;
    private boolean draining;
    private boolean endSeen;
    private boolean endTold;
    private boolean endSent;
    private boolean over;

    /**
     * A message whose bytes the reader has not all taken.
     *
     * @param cost what it was of the window
     * @param counted what it is of the budget: nothing if no other was held when it came
     */
    private record Opened(ByteBuffer plain, int cost, int counted) {}

    /**
     * What holds its bytes back.
     *
     * @param gates for what it brings
     * @param budget for what readers do not take, shared with other streams
     */
    record Limits(List<Gate> gates, FrameBudget budget) {}

    /** @param peer who must be at the other end */
    SealedStream(Stream outer, NoiseHandshake handshake, PeerId peer, Limits limits) {
        this.outer = outer;
        this.handshake = handshake;
        this.peer = peer;
        this.gates = List.copyOf(limits.gates);
        this.budget = limits.budget;
    }

    /** Begins the handshake; this must be made the outer stream's reader, which has {@code credit} left. */
    CompletableFuture<SealedStream> start(long outerCredit) {
        gates.forEach(gate -> gate.add(this));
        outer.request(WINDOW_BYTES - outerCredit);
        send();
        return ready;
    }

    /** The reader is set and has asked for what it wants: bytes may flow. */
    void begin() {
        begun = true;
        drain();
    }

    private void send() {
        handshake.takeOutput().forEach(bytes -> outer.write(ByteBuffer.wrap(bytes)));
    }

    @Override
    public void onData(ByteBuffer bytes) {
        try {
            if (result == null) {
                int before = bytes.remaining();
                handshake.feed(bytes);
                send();
                outer.request(before - bytes.remaining());
                handshake.result().ifPresent(this::finish);
            }
            while (bytes.hasRemaining() && !over) {
                NoiseHandshake.Result keys = result;
                if (keys == null || endSeen) {
                    fail("bytes outside of the sealed stream");
                    return;
                }
                take(bytes, keys);
            }
            drain();
        } catch (NoiseException e) {
            fail(String.valueOf(e.getMessage()));
        }
    }

    private void finish(NoiseHandshake.Result done) {
        if (!PeerId.of(done.remoteKey()).equals(peer)) {
            fail("peer is " + PeerId.of(done.remoteKey()) + ", expected " + peer);
            return;
        }
        result = done;
        ready.complete(this);
    }

    private void take(ByteBuffer in, NoiseHandshake.Result keys) throws NoiseException {
        byte[] body = message;
        if (body == null) {
            length = (length << 8) | (in.get() & 0xff);
            if (++lengthBytes == NoiseCipher.LENGTH_BYTES) {
                message = new byte[length];
                filled = 0;
            }
            return;
        }
        int count = Math.min(in.remaining(), body.length - filled);
        in.get(body, filled, count);
        filled += count;
        if (filled < body.length) {
            return;
        }
        ByteBuffer plain = ByteBuffer.allocate(Math.max(0, body.length - TAG_BYTES));
        keys.receiving().open(ByteBuffer.wrap(body), plain);
        int cost = NoiseCipher.LENGTH_BYTES + body.length;
        message = null;
        length = 0;
        lengthBytes = 0;
        if (plain.position() == 0) {
            endSeen = true;
            return;
        }
        int counted = held.isEmpty() ? 0 : body.length;
        if (!budget.take(counted)) {
            fail("too many bytes wait for their readers");
            return;
        }
        held.add(new Opened(plain.flip(), cost, counted));
    }

    private void drain() {
        StreamReader to = reader;
        if (to == null || !begun || draining) {
            return;
        }
        draining = true;
        while (credit > 0 && !over && !held.isEmpty() && mayPass()) {
            Opened next = held.element();
            int count = (int) Math.min(credit, next.plain.remaining());
            ByteBuffer part = next.plain.slice(next.plain.position(), count);
            next.plain.position(next.plain.position() + count);
            credit -= credit == Long.MAX_VALUE ? 0 : count;
            if (!next.plain.hasRemaining()) {
                held.remove();
                budget.give(next.counted);
                outer.request(next.cost);
            }
            to.onData(part);
        }
        if (endSeen && held.isEmpty() && !over && !endTold && mayPass()) {
            endTold = true;
            to.onEnd();
            leaveIfDone();
        }
        draining = false;
    }

    /** Asks at each message, as a gate may close meanwhile. */
    private boolean mayPass() {
        boolean open = true;
        for (Gate gate : gates) {
            open &= gate.isOpen();
        }
        return open;
    }

    @Override
    public void onOpen() {
        drain();
    }

    @Override
    public void onLost() {
        fail("another pod has the ordinal of " + peer + " or of this one");
    }

    private void leaveIfDone() {
        if (over || (endTold && endSent)) {
            gates.forEach(gate -> gate.remove(this));
        }
    }

    @Override
    public void onEnd() {
        if (!endSeen) {
            fail("stream was cut short");
        }
    }

    @Override
    public void onReset(StreamResetException cause) {
        if (over) {
            return;
        }
        over = true;
        dropHeld();
        leaveIfDone();
        if (!ready.completeExceptionally(cause) && reader != null) {
            reader.onReset(cause);
        }
    }

    private void dropHeld() {
        held.forEach(message -> budget.give(message.counted));
        held.clear();
    }

    /** Ends it for what the other side did, or did not do in time. */
    void fail(String reason) {
        outer.reset();
        onReset(new StreamResetException(reason));
    }

    @Override
    public PeerId remotePeer() {
        return peer;
    }

    @Override
    public ProtocolId protocol() {
        return outer.protocol();
    }

    @Override
    public Multiaddr remoteAddress() {
        return outer.remoteAddress();
    }

    @Override
    public boolean isInbound() {
        return outer.isInbound();
    }

    @Override
    public void reader(StreamReader newReader) {
        reader = newReader;
    }

    @Override
    public void request(long bytes) {
        credit = bytes > Long.MAX_VALUE - credit ? Long.MAX_VALUE : credit + bytes;
        drain();
    }

    @Override
    public CompletableFuture<Void> write(ByteBuffer bytes) {
        NoiseHandshake.Result keys = result;
        if (keys == null || over || endSent) {
            return CompletableFuture
                    .failedFuture(new StreamResetException("sealed stream is over"));
        }
        if (!bytes.hasRemaining()) {
            return CompletableFuture.completedFuture(null);
        }
        int total = bytes.remaining();
        int messages = (total + CHUNK_BYTES - 1) / CHUNK_BYTES;
        ByteBuffer sealed = ByteBuffer
                .allocate(total + messages * (NoiseCipher.LENGTH_BYTES + TAG_BYTES));
        while (bytes.hasRemaining()) {
            int count = Math.min(bytes.remaining(), CHUNK_BYTES);
            keys.sending().seal(bytes.slice(bytes.position(), count), sealed);
            bytes.position(bytes.position() + count);
        }
        return outer.write(sealed.flip());
    }

    @Override
    public void closeWrite() {
        NoiseHandshake.Result keys = result;
        if (keys == null || endSent) {
            return;
        }
        endSent = true;
        ByteBuffer end = ByteBuffer.allocate(NoiseCipher.LENGTH_BYTES + TAG_BYTES);
        keys.sending().seal(ByteBuffer.allocate(0), end);
        outer.write(end.flip());
        outer.closeWrite();
        leaveIfDone();
    }

    @Override
    public void reset() {
        dropHeld();
        // Which tells the reader, through this.
        outer.reset();
    }

    @Override
    public boolean isOpen() {
        return !over && outer.isOpen();
    }
}

package io.beemesh.libp2p.simulation;

import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import io.beemesh.libp2p.peer.PrivateKey;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A stream without another side: a test says what comes in, for readers that are to be fuzzed. */
public final class FedStream implements Stream {
    private static final PeerId PEER = PrivateKey.fromSeed(new byte[PrivateKey.SEED_BYTES])
            .peerId();

    private Optional<StreamReader> reader = Optional.empty();
    private long credit;
    private boolean reset;

    /** Delivers in pieces of {@code cut}, then the end, as far as there is credit; true if that was all. */
    public boolean feed(byte[] bytes, int cut) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        while (in.hasRemaining() && credit > 0 && !reset) {
            int count = (int) Math.min(Math.min(cut, credit), in.remaining());
            ByteBuffer piece = in.slice(in.position(), count);
            in.position(in.position() + count);
            credit -= count;
            reader.orElseThrow().onData(piece);
        }
        if (in.hasRemaining() || reset) {
            return false;
        }
        reader.orElseThrow().onEnd();
        return true;
    }

    /** True if this side gave it up. */
    public boolean isReset() {
        return reset;
    }

    @Override
    public PeerId remotePeer() {
        return PEER;
    }

    @Override
    public ProtocolId protocol() {
        return new ProtocolId("/fed/1");
    }

    @Override
    public Multiaddr remoteAddress() {
        return LinkNetwork.parse("/ip4/5.0.0.1/tcp/4001");
    }

    @Override
    public boolean isInbound() {
        return true;
    }

    @Override
    public void reader(StreamReader newReader) {
        reader = Optional.of(newReader);
    }

    @Override
    public void request(long bytes) {
        credit += bytes;
    }

    @Override
    public CompletableFuture<Void> write(ByteBuffer bytes) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void closeWrite() {
        // Nobody is there to hear of it.
    }

    @Override
    public void reset() {
        reset = true;
    }

    @Override
    public boolean isOpen() {
        return !reset;
    }
}

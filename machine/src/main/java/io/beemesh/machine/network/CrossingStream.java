package io.beemesh.machine.network;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.ProtocolId;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.multiformats.Multiaddr;
import io.beemesh.libp2p.peer.PeerId;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A stream of one loop that is used on another: calls go there and callbacks come here as tasks, in order.
 * What is on its way between the two is bounded by what was asked for.
 */
final class CrossingStream implements Stream {
    private final Stream inner;
    private final Loop there;
    private final Loop here;
    private final Runnable whenOver;
    private @Nullable StreamReader reader;
    private boolean readEnded;
    private boolean writeEnded;
    /** Only there. */
    private boolean told;
    private boolean innerReadEnded;
    private boolean innerWriteEnded;

    /**
     * Called there, which makes this the reader of {@code inner}.
     *
     * @param whenOver called there, once
     */
    CrossingStream(Stream inner, Loop there, Loop here, Runnable whenOver) {
        this.inner = inner;
        this.there = there;
        this.here = here;
        this.whenOver = whenOver;
        inner.reader(new Crossing());
    }

    private void overIf(boolean over) {
        if (over && !told) {
            told = true;
            whenOver.run();
        }
    }

    /** There. */
    private final class Crossing implements StreamReader {
        @Override
        public void onData(ByteBuffer bytes) {
            ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
            here.execute(() -> {
                if (reader != null) {
                    reader.onData(copy);
                }
            });
        }

        @Override
        public void onEnd() {
            innerReadEnded = true;
            overIf(innerWriteEnded);
            here.execute(() -> {
                readEnded = true;
                if (reader != null) {
                    reader.onEnd();
                }
            });
        }

        @Override
        public void onReset(StreamResetException cause) {
            overIf(true);
            here.execute(() -> {
                readEnded = true;
                writeEnded = true;
                if (reader != null) {
                    reader.onReset(cause);
                }
            });
        }
    }

    @Override
    public PeerId remotePeer() {
        return inner.remotePeer();
    }

    @Override
    public ProtocolId protocol() {
        return inner.protocol();
    }

    @Override
    public Multiaddr remoteAddress() {
        return inner.remoteAddress();
    }

    @Override
    public boolean isInbound() {
        return inner.isInbound();
    }

    @Override
    public void reader(StreamReader newReader) {
        reader = newReader;
    }

    @Override
    public void request(long bytes) {
        there.execute(() -> inner.request(bytes));
    }

    @Override
    public CompletableFuture<Void> write(ByteBuffer bytes) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        there.execute(() -> inner.write(bytes).whenComplete((done, failure) -> here.execute(() -> {
            if (failure == null) {
                result.complete(null);
            } else {
                result.completeExceptionally(failure);
            }
        })));
        return result;
    }

    @Override
    public void closeWrite() {
        writeEnded = true;
        there.execute(() -> {
            innerWriteEnded = true;
            inner.closeWrite();
            overIf(innerReadEnded);
        });
    }

    @Override
    public void reset() {
        readEnded = true;
        writeEnded = true;
        there.execute(() -> {
            inner.reset();
            overIf(true);
        });
    }

    @Override
    public boolean isOpen() {
        return !readEnded || !writeEnded;
    }
}

package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Libp2pException;
import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.Stream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Asks a relay one thing on a stream of its own. */
final class HopExchange implements FrameReader.Receiver {
    /** The relay's answer, and the reader, paused, with what may have come after it. */
    record Answer(HopMessage message, Stream stream, FrameReader reader) {}

    private final Stream stream;
    private final FrameReader reader;
    private final Loop.Timer deadline;
    private final CompletableFuture<Answer> result = new CompletableFuture<>();

    private HopExchange(Loop loop, Stream stream, Duration timeout) {
        this.stream = stream;
        this.deadline = loop.schedule(timeout, () -> fail("relay did not answer in " + timeout));
        this.reader = FrameReader.start(stream, RelayCodec.BYTES_MAX, this);
    }

    static CompletableFuture<Answer> ask(Loop loop, Stream stream, HopMessage question,
            Duration timeout) {
        HopExchange exchange = new HopExchange(loop, stream, timeout);
        stream.write(FrameReader.frame(RelayCodec.encode(question)));
        return exchange.result;
    }

    private void fail(String why) {
        deadline.cancel();
        stream.reset();
        result.completeExceptionally(new Libp2pException(why));
    }

    @Override
    public void onFrame(ByteBuffer frame) {
        deadline.cancel();
        reader.pause();
        try {
            HopMessage answer = RelayCodec.decodeHop(frame);
            if (answer instanceof HopMessage.Status refusal
                    && refusal.status() != RelayStatus.OK) {
                stream.reset();
                result.completeExceptionally(new RelayException(refusal.status(),
                        "relay " + stream.remotePeer() + " refused: " + refusal.status()));
            } else {
                result.complete(new Answer(answer, stream, reader));
            }
        } catch (RelayException e) {
            stream.reset();
            result.completeExceptionally(e);
        }
    }

    @Override
    public void onEnd() {
        fail("relay ended the stream without an answer");
    }

    @Override
    public void onFailure(Libp2pException cause) {
        deadline.cancel();
        result.completeExceptionally(cause);
    }
}

package io.beemesh.protocol.sidecar;

import io.beemesh.libp2p.FrameReader;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * A stream that carries one connection, once its first frames were read: nothing is delivered before {@link
 * #bytes} or {@link #datagrams} says to whom. On the loop only.
 */
public final class Carrier {
    /** What the stream may bring at the hand-over, without a further request. */
    public static final int CREDIT_BYTES = ConnectRequest.BYTES_MAX;

    private final Stream stream;
    private final FrameReader reader;
    private final byte[] credential;
    private Consumer<ByteBuffer> onDatagram = datagram -> {
    };
    private Runnable onOver = () -> {
    };
    private boolean over;

    Carrier(Stream stream, FrameReader reader, byte[] credential) {
        this.stream = stream;
        this.reader = reader;
        this.credential = credential;
    }

    public Stream stream() {
        return stream;
    }

    /** For TCP: all that comes goes to {@code next}. */
    public void bytes(StreamReader next) {
        reader.handOver(next);
    }

    /**
     * For UDP: each datagram goes to {@code next}, valid during the call.
     *
     * @param whenOver called once, when no more can come
     */
    public void datagrams(Consumer<ByteBuffer> next, Runnable whenOver) {
        onDatagram = next;
        onOver = whenOver;
        reader.raiseLimit(ConnectRequest.DATAGRAM_BYTES_MAX);
        if (over) {
            whenOver.run();
        } else {
            reader.resume();
        }
    }

    /** Of who answered, an encoded {@link Credential}: what follows is to be sealed; empty if it is plain. */
    public byte[] credential() {
        return credential.clone();
    }

    /** Says yes, and who is there; what follows is sealed. */
    public void accept(byte[] of) {
        stream.write(FrameReader.frame(new ConnectAnswer(ConnectStatus.OK, of).toBytes()));
    }

    /** Answers a request; all but OK ends the stream. */
    public void answer(ConnectStatus status) {
        stream.write(FrameReader.frame(status.toBytes()));
        if (status != ConnectStatus.OK) {
            stream.closeWrite();
            reader.resume();
        }
    }

    void onFrame(ByteBuffer frame) {
        onDatagram.accept(frame);
    }

    void onOver() {
        if (!over) {
            over = true;
            onOver.run();
        }
    }
}

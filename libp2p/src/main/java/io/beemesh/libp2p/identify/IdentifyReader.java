package io.beemesh.libp2p.identify;

import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.multiformats.FormatException;
import io.beemesh.libp2p.multiformats.Varint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Reads the message on one stream to its end. */
public final class IdentifyReader implements StreamReader {
    /** The most that one message may have, in all its parts, in bytes. */
    public static final int BYTES_MAX = 16 * 1024;

    private static final int PARTS_MAX = 10;

    private final Stream stream;
    private final Consumer<IdentifyMessage> onMessage;
    private final Runnable onFailure;
    private ByteBuffer received = ByteBuffer.allocate(512);
    private boolean over;

    /** Calls one of the two once. */
    public IdentifyReader(Stream stream, Consumer<IdentifyMessage> onMessage, Runnable onFailure) {
        this.stream = stream;
        this.onMessage = onMessage;
        this.onFailure = onFailure;
    }

    /** Begins to read. */
    public void start() {
        stream.reader(this);
        stream.request(BYTES_MAX + 1);
    }

    @Override
    public void onData(ByteBuffer bytes) {
        int size = received.position() + bytes.remaining();
        if (over || size > BYTES_MAX) {
            stream.reset();
            return;
        }
        if (size > received.capacity()) {
            ByteBuffer larger = ByteBuffer.allocate(Math.max(size, 2 * received.capacity()));
            received = larger.put(received.flip());
        }
        received.put(bytes);
    }

    @Override
    public void onEnd() {
        if (over) {
            return;
        }
        over = true;
        stream.closeWrite();
        try {
            onMessage.accept(IdentifyMessage.fromBytes(parts(received.flip())));
        } catch (FormatException e) {
            onFailure.run();
        }
    }

    private static List<byte[]> parts(ByteBuffer in) throws FormatException {
        List<byte[]> parts = new ArrayList<>(1);
        while (in.hasRemaining()) {
            long length = Varint.read(in);
            if (length > in.remaining() || parts.size() == PARTS_MAX) {
                throw new FormatException(
                        "identify message of more than " + PARTS_MAX + " parts or cut off");
            }
            byte[] part = new byte[(int) length];
            in.get(part);
            parts.add(part);
        }
        return parts;
    }

    @Override
    public void onReset(StreamResetException cause) {
        if (!over) {
            over = true;
            onFailure.run();
        }
    }
}

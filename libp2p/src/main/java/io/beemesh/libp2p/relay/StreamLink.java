package io.beemesh.libp2p.relay;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.Stream;
import io.beemesh.libp2p.StreamReader;
import io.beemesh.libp2p.StreamResetException;
import io.beemesh.libp2p.upgrade.ConnectionUpgrade;
import io.beemesh.libp2p.upgrade.RawLink;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A stream through a relay as the pipe under a connection. */
final class StreamLink implements RawLink, StreamReader {
    private static final int UNSENT_BYTES_MAX = 128 * 1024;
    private static final Duration LINGER = Duration.ofSeconds(5);

    private final Loop loop;
    private final Stream stream;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private @Nullable ConnectionUpgrade upgrade;
    private int unsentBytes;
    private boolean full;
    private boolean closed;

    StreamLink(Loop loop, Stream stream) {
        this.loop = loop;
        this.stream = stream;
    }

    void upgrade(ConnectionUpgrade newUpgrade) {
        upgrade = newUpgrade;
    }

    @Override
    public boolean isWritable() {
        full = unsentBytes + pending.size() >= UNSENT_BYTES_MAX;
        return !full;
    }

    @Override
    public void write(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        pending.writeBytes(copy);
    }

    @Override
    public void flush() {
        if (pending.size() == 0 || closed) {
            return;
        }
        byte[] bytes = pending.toByteArray();
        pending.reset();
        unsentBytes += bytes.length;
        stream.write(ByteBuffer.wrap(bytes)).thenRun(() -> {
            unsentBytes -= bytes.length;
            if (full && unsentBytes < UNSENT_BYTES_MAX) {
                full = false;
                loop.execute(this::onWritable);
            }
        });
    }

    private void onWritable() {
        if (upgrade != null) {
            upgrade.onWritable();
        }
    }

    @Override
    public void close() {
        if (!closed) {
            flush();
            closed = true;
            stream.closeWrite();
            // What the relay does not end, this side does.
            loop.schedule(LINGER, () -> {
                if (stream.isOpen()) {
                    stream.reset();
                }
            });
        }
    }

    @Override
    public void onData(ByteBuffer bytes) {
        int count = bytes.remaining();
        if (upgrade != null && !closed) {
            upgrade.onBytes(bytes);
        }
        stream.request(count);
    }

    @Override
    public void onEnd() {
        end("relayed connection ended");
    }

    @Override
    public void onReset(StreamResetException cause) {
        end("relayed connection was reset: " + cause.getMessage());
    }

    private void end(String reason) {
        if (upgrade != null) {
            upgrade.end(reason);
        }
    }
}

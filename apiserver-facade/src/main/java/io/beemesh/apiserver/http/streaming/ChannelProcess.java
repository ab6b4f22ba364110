package io.beemesh.apiserver.http.streaming;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/** The channels of an exec or attach on a WebSocket: 0 stdin, 1 stdout, 2 stderr, 3 error, 4 resize. */
final class ChannelProcess implements ProcessChannels, ChannelSocket.Receiver {
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int ERROR = 3;
    private static final int RESIZE = 4;

    private final ChannelSocket socket;
    private final Wanted wanted;
    private final Runnable onClosed;
    private final InboundPipe stdin;
    private final Gone gone = new Gone();
    private volatile Optional<SizeListener> sizes = Optional.empty();
    private volatile Optional<byte[]> earlySize = Optional.empty();

    /** Takes over {@code webSocket}, and tells the client that it is there. On the event loop. */
    ChannelProcess(Context context, ServerWebSocket webSocket, ChannelProtocol protocol,
            Wanted wanted, Runnable onClosed) {
        this.wanted = wanted;
        this.onClosed = onClosed;
        this.socket = new ChannelSocket(context, webSocket, protocol, this, this::gone);
        this.stdin = new InboundPipe(socket.throttle());
        int first = wanted.stdout() ? STDOUT : wanted.stderr() ? STDERR : ERROR;
        socket.write(first, Buffer.buffer());
    }

    /** Which streams the client asked for. */
    record Wanted(boolean stdin, boolean stdout, boolean stderr) {}

    @Override
    public void receive(int channel, byte[] bytes) {
        if (channel == STDIN && wanted.stdin()) {
            stdin.offer(bytes);
        } else if (channel == RESIZE) {
            earlySize = Optional.of(bytes);
            sizes.ifPresent(listener -> ProcessChannels.readSize(bytes, listener));
        }
    }

    @Override
    public void ended(int channel) {
        if (channel == STDIN) {
            stdin.end();
        }
    }

    private void gone() {
        stdin.fail("client is gone");
        gone.now();
        onClosed.run();
    }

    @Override
    public Optional<InputStream> stdin() {
        return wanted.stdin() ? Optional.of(stdin) : Optional.empty();
    }

    @Override
    public Optional<OutputStream> stdout() {
        return wanted.stdout() ? Optional.of(socket.output(STDOUT)) : Optional.empty();
    }

    @Override
    public Optional<OutputStream> stderr() {
        return wanted.stderr() ? Optional.of(socket.output(STDERR)) : Optional.empty();
    }

    @Override
    public void onGone(Runnable listener) {
        gone.tell(listener);
    }

    @Override
    public void onResize(SizeListener listener) {
        sizes = Optional.of(listener);
        earlySize.ifPresent(size -> ProcessChannels.readSize(size, listener));
    }

    @Override
    public void finish(ExitStatus status) throws IOException {
        byte[] last = socket.protocol().hasStatus() ? status.status() : status.text();
        try (BlockingStream error = new BlockingStream(socket.context(),
                bytes -> socket.write(ERROR, bytes), () -> {
                    socket.close();
                    return Future.succeededFuture();
                })) {
            if (last.length > 0) {
                error.write(last);
            }
        } finally {
            stdin.fail("session ended");
        }
    }
}

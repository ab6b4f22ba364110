package io.beemesh.apiserver.http.streaming;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** A WebSocket whose messages belong to numbered channels. On the event loop. */
final class ChannelSocket {
    private static final int CLOSE = 255;

    private final Context context;
    private final ServerWebSocket socket;
    private final ChannelProtocol protocol;
    private final Receiver receiver;
    private final Throttle throttle;
    /** Of a message in several frames; below zero where there is none. */
    private int channel = -1;

    /** Takes over {@code socket}; {@code gone} is called once it is closed. */
    ChannelSocket(Context context, ServerWebSocket socket, ChannelProtocol protocol,
            Receiver receiver, Runnable gone) {
        this.context = context;
        this.socket = socket;
        this.protocol = protocol;
        this.receiver = receiver;
        this.throttle = Throttle.of(context, socket);
        socket.closeHandler(v -> gone.run());
        socket.exceptionHandler(e -> socket.close());
        socket.frameHandler(this::frame);
    }

    /** Takes what the client sends. */
    interface Receiver {
        void receive(int channel, byte[] bytes);

        /** The client sends no more on this channel. */
        void ended(int channel);
    }

    Context context() {
        return context;
    }

    ChannelProtocol protocol() {
        return protocol;
    }

    /** Tell it of pipes that are full. */
    Throttle throttle() {
        return throttle;
    }

    /** Sends one message. */
    Future<Void> write(int to, Buffer bytes) {
        if (socket.isClosed()) {
            return Future.failedFuture("connection is closed");
        }
        if (protocol.isBase64()) {
            return socket.writeFinalTextFrame(
                    (char) ('0' + to) + Base64.getEncoder().encodeToString(bytes.getBytes()));
        }
        return socket.writeFinalBinaryFrame(
                Buffer.buffer(bytes.length() + 1).appendByte((byte) to).appendBuffer(bytes));
    }

    /** A blocking stream whose end is no message: channels end with the connection. */
    BlockingStream output(int to) {
        return new BlockingStream(context, bytes -> write(to, bytes), Future::succeededFuture);
    }

    /** Ends the connection after what was written. */
    Future<Void> close() {
        return socket.isClosed()
                ? Future.succeededFuture()
                : socket.close((short) 1000);
    }

    private void frame(WebSocketFrame frame) {
        if (!frame.isText() && !frame.isBinary() && !frame.isContinuation()) {
            return;
        }
        byte[] bytes = frame.binaryData().getBytes();
        int from = 0;
        if (!frame.isContinuation()) {
            if (bytes.length == 0) {
                return;
            }
            channel = protocol.isBase64() ? bytes[0] - '0' : bytes[0] & 0xff;
            from = 1;
        }
        byte[] content = new byte[bytes.length - from];
        System.arraycopy(bytes, from, content, 0, content.length);
        if (channel == CLOSE && protocol == ChannelProtocol.V5) {
            if (content.length > 0) {
                receiver.ended(content[0] & 0xff);
            }
        } else if (channel >= 0) {
            deliver(content);
        }
    }

    private void deliver(byte[] content) {
        if (!protocol.isBase64()) {
            receiver.receive(channel, content);
            return;
        }
        try {
            receiver.receive(channel, Base64.getDecoder()
                    .decode(new String(content, StandardCharsets.ISO_8859_1)));
        } catch (IllegalArgumentException e) {
            socket.close((short) 1003, "not base64");
        }
    }
}

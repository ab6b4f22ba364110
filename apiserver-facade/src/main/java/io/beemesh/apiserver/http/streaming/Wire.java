package io.beemesh.apiserver.http.streaming;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.core.net.NetSocket;

/** One ordered byte channel: an upgraded socket, or a WebSocket that tunnels one. On the event loop. */
sealed interface Wire {
    Context context();

    /** Calls the handlers from now on. */
    void receive(Handler<Buffer> bytes, Runnable gone);

    /** A new throttle of this connection. */
    Throttle throttle();

    Future<Void> write(Buffer bytes);

    Future<Void> close();

    /** A socket that was HTTP. */
    record Socket(Context context, NetSocket socket) implements Wire {
        @Override
        public void receive(Handler<Buffer> bytes, Runnable gone) {
            socket.handler(bytes);
            socket.closeHandler(v -> gone.run());
            socket.exceptionHandler(e -> socket.close());
        }

        @Override
        public Throttle throttle() {
            return Throttle.of(context, socket);
        }

        @Override
        public Future<Void> write(Buffer bytes) {
            return socket.write(bytes);
        }

        @Override
        public Future<Void> close() {
            return socket.close();
        }
    }

    /** The bytes are those of binary messages, whose borders mean nothing. */
    record Tunnel(Context context, ServerWebSocket socket) implements Wire {
        @Override
        public void receive(Handler<Buffer> bytes, Runnable gone) {
            socket.frameHandler(frame -> frame(frame, bytes));
            socket.closeHandler(v -> gone.run());
            socket.exceptionHandler(e -> socket.close());
        }

        private static void frame(WebSocketFrame frame, Handler<Buffer> bytes) {
            if (frame.isBinary() || frame.isContinuation()) {
                bytes.handle(frame.binaryData());
            }
        }

        @Override
        public Throttle throttle() {
            return Throttle.of(context, socket);
        }

        @Override
        public Future<Void> write(Buffer bytes) {
            return socket.isClosed()
                    ? Future.failedFuture("connection is closed")
                    : socket.writeFinalBinaryFrame(bytes);
        }

        @Override
        public Future<Void> close() {
            return socket.isClosed()
                    ? Future.succeededFuture()
                    : socket.close((short) 1000);
        }
    }
}

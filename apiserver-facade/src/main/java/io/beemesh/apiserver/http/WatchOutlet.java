package io.beemesh.apiserver.http;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Where the frames of a watch go. On the event loop. */
sealed interface WatchOutlet {
    /** True while the connection takes no more. */
    boolean isFull();

    /** Calls {@code ready} each time when the connection takes more again. */
    void onReady(Runnable ready);

    /** Calls {@code gone} once the client is gone. */
    void onGone(Runnable gone);

    void write(List<byte[]> frame);

    /** Sends what was written; frames may wait for it. */
    void flush();

    /** Ends cleanly after what was written; done when the connection took it. */
    Future<Void> end();

    /** Ends at once. */
    void abort();

    /** One frame after another in the body of an HTTP response, written together if there are many. */
    final class Body implements WatchOutlet {
        private final HttpServerResponse response;
        private final HttpConnection connection;
        private Buffer pending = Buffer.buffer();

        Body(HttpServerResponse response, HttpConnection connection) {
            this.response = response;
            this.connection = connection;
        }

        @Override
        public boolean isFull() {
            return response.writeQueueFull();
        }

        @Override
        public void onReady(Runnable ready) {
            response.drainHandler(v -> ready.run());
        }

        @Override
        public void onGone(Runnable gone) {
            response.closeHandler(v -> gone.run());
            response.exceptionHandler(e -> gone.run());
        }

        @Override
        public void write(List<byte[]> frame) {
            frame.forEach(pending::appendBytes);
            if (pending.length() >= Chunks.BYTES_MAX) {
                flush();
            }
        }

        @Override
        public void flush() {
            if (pending.length() > 0 && !response.closed()) {
                response.write(pending);
                pending = Buffer.buffer();
            }
        }

        @Override
        public Future<Void> end() {
            flush();
            return response.ended() || response.closed()
                    ? Future.succeededFuture()
                    : response.end();
        }

        @Override
        public void abort() {
            response.reset().onFailure(e -> connection.close());
        }
    }

    /** One message for each frame: text, or binary where frames are not text. */
    final class Messages implements WatchOutlet {
        private final ServerWebSocket socket;
        private final boolean text;

        Messages(ServerWebSocket socket, boolean text) {
            this.socket = socket;
            this.text = text;
        }

        @Override
        public boolean isFull() {
            return !socket.isClosed() && socket.writeQueueFull();
        }

        @Override
        public void onReady(Runnable ready) {
            socket.drainHandler(v -> ready.run());
        }

        @Override
        public void onGone(Runnable gone) {
            socket.closeHandler(v -> gone.run());
            socket.exceptionHandler(e -> gone.run());
            socket.endHandler(v -> gone.run());
        }

        @Override
        public void write(List<byte[]> frame) {
            if (socket.isClosed()) {
                return;
            }
            Buffer message = Buffer.buffer();
            frame.forEach(message::appendBytes);
            if (text) {
                socket.writeFinalTextFrame(message.toString(StandardCharsets.UTF_8));
            } else {
                socket.writeFinalBinaryFrame(message);
            }
        }

        @Override
        public void flush() {}

        @Override
        public Future<Void> end() {
            return socket.isClosed() ? Future.succeededFuture() : socket.close();
        }

        @Override
        public void abort() {
            end();
        }
    }
}

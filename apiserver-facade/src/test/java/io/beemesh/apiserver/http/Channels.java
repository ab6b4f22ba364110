package io.beemesh.apiserver.http;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A WebSocket client that sorts messages by their channel. */
final class Channels implements WebSocket.Listener, AutoCloseable {
    final CompletableFuture<Integer> closed = new CompletableFuture<>();
    final WebSocket socket;
    private final Map<Integer, ByteArrayOutputStream> received = new ConcurrentHashMap<>();
    /** The channel of a message that came in part. */
    private int continued = -1;
    private final boolean greedy;
    private final HttpClient client;

    /** Opens {@code path}; unless {@code greedy} nothing is read before {@link #read}. */
    Channels(TestEdge edge, String path, boolean greedy, String protocol, String... others) {
        this.greedy = greedy;
        this.client = edge.client(true, HttpClient.Version.HTTP_1_1);
        WebSocket.Builder builder = client.newWebSocketBuilder();
        if (!protocol.isEmpty()) {
            builder.subprotocols(protocol, others);
        }
        this.socket = builder.buildAsync(URI.create(edge.url(path).replace("https:", "wss:")), this)
                .orTimeout(10, TimeUnit.SECONDS).join();
    }

    @Override
    public void onOpen(WebSocket opened) {
        if (greedy) {
            opened.request(Long.MAX_VALUE);
        }
    }

    void read() {
        socket.request(Long.MAX_VALUE);
    }

    String text(int channel) {
        return received.getOrDefault(channel, new ByteArrayOutputStream())
                .toString(StandardCharsets.UTF_8);
    }

    int size(int channel) {
        return received.getOrDefault(channel, new ByteArrayOutputStream()).size();
    }

    boolean has(int channel) {
        return received.containsKey(channel);
    }

    CompletableFuture<WebSocket> send(int channel, byte[] bytes) {
        return socket.sendBinary(ByteBuffer.allocate(bytes.length + 1).put((byte) channel)
                .put(bytes).flip(), true);
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        if (continued >= 0) {
            add(continued, bytes, 0);
        } else {
            add(bytes[0], bytes, 1);
        }
        continued = last ? -1 : continued >= 0 ? continued : bytes[0];
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        add(data.charAt(0) - '0', java.util.Base64.getDecoder()
                .decode(data.subSequence(1, data.length()).toString()), 0);
        return CompletableFuture.completedFuture(null);
    }

    private void add(int channel, byte[] bytes, int from) {
        received.computeIfAbsent(channel, c -> new ByteArrayOutputStream()).write(bytes, from,
                bytes.length - from);
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        closed.complete(code);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        closed.completeExceptionally(error);
    }

    @Override
    public void close() {
        socket.abort();
        client.shutdownNow();
        client.close();
    }
}

package io.beemesh.apiserver.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdySettingsFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdyWindowUpdateFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySettingsFrame;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLSocket;

/** SPDY/3.1 as a client, on a socket or through whatever carries its bytes. */
final class SpdyClient implements Closeable {
    final Set<Integer> replied = new ConcurrentSkipListSet<>();
    final Set<Integer> ended = new ConcurrentSkipListSet<>();
    final Set<Integer> reset = new ConcurrentSkipListSet<>();
    final AtomicInteger pongs = new AtomicInteger();
    String head = "";
    private final Map<Integer, ByteArrayOutputStream> received = new ConcurrentHashMap<>();
    private final EmbeddedChannel encoder = new EmbeddedChannel(
            new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
    private final EmbeddedChannel decoder = new EmbeddedChannel(
            new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
    private final Consumer<byte[]> out;
    private final Closeable connection;
    private int nextStream = 1;

    SpdyClient(Consumer<byte[]> out, Closeable connection) {
        this.out = out;
        this.connection = connection;
    }

    /** Upgrades a socket as kubectl does; {@link #head} is the answer. */
    static SpdyClient upgrade(TestEdge edge, String path, String... versions) throws Exception {
        SSLSocket socket = (SSLSocket) edge.tls(true).getSocketFactory().createSocket("127.0.0.1",
                edge.apiPort());
        StringBuilder request = new StringBuilder("POST " + path
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: Upgrade\r\n"
                + "Upgrade: SPDY/3.1\r\n");
        for (String version : versions) {
            request.append("X-Stream-Protocol-Version: ").append(version).append("\r\n");
        }
        SpdyClient client = new SpdyClient(bytes -> {
            try {
                socket.getOutputStream().write(bytes);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }, socket);
        client.out.accept((request + "\r\n").getBytes(StandardCharsets.US_ASCII));
        InputStream in = socket.getInputStream();
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
            head.write(in.read());
        }
        client.head = head.toString(StandardCharsets.US_ASCII);
        Thread.ofVirtual().start(() -> {
            byte[] block = new byte[16384];
            try {
                for (int n = in.read(block); n >= 0; n = in.read(block)) {
                    client.feed(java.util.Arrays.copyOf(block, n));
                }
            } catch (IOException e) {
                // The connection is over.
            }
        });
        return client;
    }

    synchronized int open(String... headers) {
        DefaultSpdySynStreamFrame frame = new DefaultSpdySynStreamFrame(nextStream, 0, (byte) 0);
        for (int i = 0; i < headers.length; i += 2) {
            frame.headers().add(headers[i], headers[i + 1]);
        }
        send(frame);
        nextStream += 2;
        return nextStream - 2;
    }

    void send(int stream, byte[] bytes, boolean last) {
        DefaultSpdyDataFrame frame = new DefaultSpdyDataFrame(stream,
                Unpooled.wrappedBuffer(bytes));
        frame.setLast(last);
        send(frame);
    }

    void ping() {
        send(new DefaultSpdyPingFrame(1));
    }

    /** Announces that this client keeps windows. */
    void announceWindow(int bytes) {
        send(new DefaultSpdySettingsFrame()
                .setValue(SpdySettingsFrame.SETTINGS_INITIAL_WINDOW_SIZE, bytes));
    }

    void widen(int stream, int bytes) {
        send(new DefaultSpdyWindowUpdateFrame(stream, bytes));
    }

    String text(int stream) {
        return received.getOrDefault(stream, new ByteArrayOutputStream())
                .toString(StandardCharsets.UTF_8);
    }

    int size(int stream) {
        return received.getOrDefault(stream, new ByteArrayOutputStream()).size();
    }

    private synchronized void send(SpdyFrame frame) {
        encoder.writeOutbound(frame);
        for (ByteBuf part = encoder.readOutbound(); part != null; part = encoder.readOutbound()) {
            out.accept(ByteBufUtil.getBytes(part));
        }
    }

    /** Takes bytes of the server; from one thread. */
    void feed(byte[] bytes) {
        decoder.writeInbound(Unpooled.wrappedBuffer(bytes));
        for (Object frame = decoder.readInbound(); frame != null; frame = decoder.readInbound()) {
            switch (frame) {
                case SpdySynReplyFrame reply -> replied.add(reply.streamId());
                case SpdyDataFrame data -> {
                    received.computeIfAbsent(data.streamId(), s -> new ByteArrayOutputStream())
                            .writeBytes(ByteBufUtil.getBytes(data.content()));
                    if (data.isLast()) {
                        ended.add(data.streamId());
                    }
                }
                case SpdyRstStreamFrame rst -> reset.add(rst.streamId());
                case SpdyPingFrame ping -> pongs.addAndGet(ping.id());
                default -> {
                    // Window updates.
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}

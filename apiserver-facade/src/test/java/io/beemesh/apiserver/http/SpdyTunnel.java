package io.beemesh.apiserver.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLSocket;

/**
 * SPDY through WebSocket messages, as kubectl's port-forward does. By hand, for the JDK's client does
 * not take the slash in the subprotocol.
 */
final class SpdyTunnel implements Closeable {
    final SpdyClient client;

    SpdyTunnel(TestEdge edge, String path) throws IOException {
        SSLSocket socket = (SSLSocket) edge.tls(true).getSocketFactory().createSocket("127.0.0.1",
                edge.apiPort());
        socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n"
                + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                + "Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        DataInputStream in = new DataInputStream(socket.getInputStream());
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
            head.write(in.readByte());
        }
        assertThat(head.toString(StandardCharsets.US_ASCII)).startsWith("HTTP/1.1 101 ")
                .containsIgnoringCase("sec-websocket-protocol: SPDY/3.1+portforward.k8s.io");
        client = new SpdyClient(bytes -> write(socket, bytes), socket);
        Thread.ofVirtual().start(() -> read(in));
    }

    /** One binary frame, masked with zeros. */
    private static void write(SSLSocket socket, byte[] bytes) {
        try {
            ByteBuffer frame = ByteBuffer.allocate(bytes.length + 8).put((byte) 0x82);
            if (bytes.length < 126) {
                frame.put((byte) (0x80 | bytes.length));
            } else {
                frame.put((byte) (0x80 | 126)).putShort((short) bytes.length);
            }
            frame.putInt(0).put(bytes).flip();
            socket.getOutputStream().write(frame.array(), 0, frame.limit());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(DataInputStream in) {
        try {
            while (true) {
                boolean binary = (in.readByte() & 0x0f) == 2;
                int length = in.readByte() & 0x7f;
                byte[] payload = new byte[length == 126 ? in.readUnsignedShort() : length];
                in.readFully(payload);
                if (binary) {
                    client.feed(payload);
                }
            }
        } catch (IOException e) {
            // The connection is over.
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}

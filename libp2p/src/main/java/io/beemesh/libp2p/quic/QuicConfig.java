package io.beemesh.libp2p.quic;

import java.time.Duration;

/**
 * Bounds of QUIC connections.
 *
 * @param inboundStreamsMax streams of the remote side at a time
 * @param streamWindowBytes what the remote side may send on a stream ahead of its reader; grows while the
 *     reader keeps up
 * @param connectionWindowBytes the same for all streams of a connection
 * @param writeBytesMax bytes that may wait on one stream before a further write resets it
 * @param idleTimeout a connection without a sign of life ends after this; kept alive at a third of it
 * @param handshakeTimeout from the first packet to a proven peer
 */
public record QuicConfig(
        int inboundStreamsMax,
        int streamWindowBytes,
        int connectionWindowBytes,
        int writeBytesMax,
        Duration idleTimeout,
        Duration handshakeTimeout) {
    public QuicConfig {
        check("inboundStreamsMax", inboundStreamsMax, 1, 65_536);
        check("streamWindowBytes", streamWindowBytes, 16_384, 16 << 20);
        check("connectionWindowBytes", connectionWindowBytes, streamWindowBytes, 64 << 20);
        check("writeBytesMax", writeBytesMax, 4096, 256 << 20);
        check("idleTimeout in ms", idleTimeout.toMillis(), 1000, 600_000);
        check("handshakeTimeout in ms", handshakeTimeout.toMillis(), 100, 600_000);
    }

    /** 256 streams, windows of 512 KiB and 1 MiB, writes to 8 MiB, 30 s of silence, 10 s to shake hands. */
    public static QuicConfig defaults() {
        return new QuicConfig(256, 512 << 10, 1 << 20, 8 << 20, Duration.ofSeconds(30),
                Duration.ofSeconds(10));
    }

    public QuicConfig withIdleTimeout(Duration value) {
        return new QuicConfig(inboundStreamsMax, streamWindowBytes, connectionWindowBytes,
                writeBytesMax, value, handshakeTimeout);
    }

    public QuicConfig withInboundStreamsMax(int value) {
        return new QuicConfig(value, streamWindowBytes, connectionWindowBytes, writeBytesMax,
                idleTimeout, handshakeTimeout);
    }

    private static void check(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    name + " is " + value + ", not " + min + " to " + max);
        }
    }
}

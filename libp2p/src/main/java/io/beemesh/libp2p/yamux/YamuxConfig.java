package io.beemesh.libp2p.yamux;

import java.time.Duration;

/**
 * Bounds of a session.
 *
 * @param inboundStreamsMax streams of the remote side at a time; more are refused (rust ends the
 *     connection at 512)
 * @param outboundStreamsMax streams of this side at a time
 * @param unacknowledgedMax streams of this side that the remote side has not taken yet; 256 by the
 *     specification
 * @param windowBytesMax up to this a stream's receive window grows from 256 KiB while its reader
 *     keeps up
 * @param writeBytesMax bytes that may wait on one stream before a further write resets it
 * @param pingInterval how often the link is measured and proven alive; an unanswered ping ends the
 *     connection at the next one
 */
public record YamuxConfig(
        int inboundStreamsMax,
        int outboundStreamsMax,
        int unacknowledgedMax,
        int windowBytesMax,
        int writeBytesMax,
        Duration pingInterval) {
    /** The window of every new stream, in bytes. */
    public static final int INITIAL_WINDOW_BYTES = 256 * 1024;

    public YamuxConfig {
        check("inboundStreamsMax", inboundStreamsMax, 1, 65536);
        check("outboundStreamsMax", outboundStreamsMax, 1, 65536);
        check("unacknowledgedMax", unacknowledgedMax, 1, 256);
        check("windowBytesMax", windowBytesMax, INITIAL_WINDOW_BYTES, 64 << 20);
        check("writeBytesMax", writeBytesMax, 4096, 256 << 20);
        check("pingInterval in ms", pingInterval.toMillis(), 100, 600_000);
    }

    /** 256 inbound and 500 outbound streams, windows to 4 MiB, writes to 8 MiB, a ping every 30 s. */
    public static YamuxConfig defaults() {
        return new YamuxConfig(256, 500, 256, 4 << 20, 8 << 20, Duration.ofSeconds(30));
    }

    public YamuxConfig withInboundStreamsMax(int value) {
        return new YamuxConfig(
                value, outboundStreamsMax, unacknowledgedMax, windowBytesMax, writeBytesMax,
                pingInterval);
    }

    /** Of each side at a time. */
    public YamuxConfig withStreamsMax(int value) {
        return new YamuxConfig(
                value, value, unacknowledgedMax, windowBytesMax, writeBytesMax, pingInterval);
    }

    public YamuxConfig withWindowBytesMax(int value) {
        return new YamuxConfig(
                inboundStreamsMax, outboundStreamsMax, unacknowledgedMax, value, writeBytesMax,
                pingInterval);
    }

    public YamuxConfig withWriteBytesMax(int value) {
        return new YamuxConfig(
                inboundStreamsMax, outboundStreamsMax, unacknowledgedMax, windowBytesMax, value,
                pingInterval);
    }

    private static void check(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(
                    name + " is " + value + ", not " + min + " to " + max);
        }
    }
}

package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.swarm.ConnectionGater;
import io.beemesh.libp2p.swarm.SwarmConfig;
import io.beemesh.libp2p.yamux.YamuxConfig;
import java.time.Duration;

/**
 * How a host is made.
 *
 * @param key who it is
 * @param swarm bounds of connections
 * @param yamux bounds of the streams of one connection
 * @param receiveBytesMax received bytes that all streams together may hold for their readers
 * @param handshakeTimeout from accepted or connected to upgraded
 * @param gater with whom to talk
 */
public record NettyHostConfig(
        PrivateKey key,
        SwarmConfig swarm,
        YamuxConfig yamux,
        long receiveBytesMax,
        Duration handshakeTimeout,
        ConnectionGater gater) {
    public NettyHostConfig {
        if (receiveBytesMax < YamuxConfig.INITIAL_WINDOW_BYTES) {
            throw new IllegalArgumentException(
                    "receiveBytesMax is " + receiveBytesMax + ", less than one window");
        }
        if (handshakeTimeout.isNegative() || handshakeTimeout.isZero()) {
            throw new IllegalArgumentException(
                    "handshakeTimeout must be positive: " + handshakeTimeout);
        }
    }

    /** The usual bounds, 64 MiB of received bytes, 10 s for a handshake, and everybody let in. */
    public static NettyHostConfig defaults(PrivateKey key) {
        return new NettyHostConfig(
                key,
                SwarmConfig.defaults(),
                YamuxConfig.defaults(),
                64L << 20,
                Duration.ofSeconds(10),
                ConnectionGater.open());
    }

    public NettyHostConfig withSwarm(SwarmConfig value) {
        return new NettyHostConfig(key, value, yamux, receiveBytesMax, handshakeTimeout, gater);
    }

    public NettyHostConfig withYamux(YamuxConfig value) {
        return new NettyHostConfig(key, swarm, value, receiveBytesMax, handshakeTimeout, gater);
    }

    public NettyHostConfig withReceiveBytesMax(long value) {
        return new NettyHostConfig(key, swarm, yamux, value, handshakeTimeout, gater);
    }

    public NettyHostConfig withHandshakeTimeout(Duration value) {
        return new NettyHostConfig(key, swarm, yamux, receiveBytesMax, value, gater);
    }

    public NettyHostConfig withGater(ConnectionGater value) {
        return new NettyHostConfig(key, swarm, yamux, receiveBytesMax, handshakeTimeout, value);
    }
}

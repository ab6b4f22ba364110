package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.peer.PrivateKey;
import io.beemesh.libp2p.quic.QuicConfig;
import io.beemesh.libp2p.swarm.ConnectionGater;
import io.beemesh.libp2p.swarm.SwarmConfig;
import io.beemesh.libp2p.yamux.YamuxConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a host is made.
 *
 * @param key who it is
 * @param swarm bounds of connections
 * @param yamux bounds of the streams of one connection
 * @param receiveBytesMax received bytes that all streams together may hold for their readers; those of one
 *     connection never more than is left, so half at most. Those of QUIC have the windows of {@link QuicConfig} instead
 * @param handshakeTimeout from accepted or connected to upgraded
 * @param gater with whom to talk
 * @param securities how links are secured, the preferred one first
 * @param quic the bounds of QUIC connections; empty: this host neither dials nor listens by QUIC, which
 *     needs {@code netty-codec-native-quic} on the class path
 */
public record NettyHostConfig(
        PrivateKey key,
        SwarmConfig swarm,
        YamuxConfig yamux,
        long receiveBytesMax,
        Duration handshakeTimeout,
        ConnectionGater gater,
        List<Security> securities,
        Optional<QuicConfig> quic) {
    /** The ways to secure a connection. */
    public enum Security {
        /** {@code /noise}, which every implementation has. */
        NOISE,
        /** {@code /tls/1.0.0}; needs {@code netty-tcnative-boringssl-static} on the class path. */
        TLS,
        /**
         * {@code /noise-local/1.0.0}, on unix sockets alone: both sides prove who they are as by {@code /noise},
         * and nothing is sealed after it, as what a unix socket carries never leaves the kernel.
         */
        NOISE_LOCAL
    }

    public NettyHostConfig {
        securities = List.copyOf(securities);
        if (securities.stream().allMatch(Security.NOISE_LOCAL::equals)
                || securities.stream().distinct().count() != securities.size()) {
            throw new IllegalArgumentException(
                    "securities must be different, and one of them for all links: " + securities);
        }
        if (receiveBytesMax < 2 * YamuxConfig.INITIAL_WINDOW_BYTES) {
            throw new IllegalArgumentException(
                    "receiveBytesMax is " + receiveBytesMax + ", less than two windows");
        }
        if (handshakeTimeout.isNegative() || handshakeTimeout.isZero()) {
            throw new IllegalArgumentException(
                    "handshakeTimeout must be positive: " + handshakeTimeout);
        }
    }

    /** The usual bounds, 64 MiB of received bytes, 10 s for a handshake, Noise, and everybody let in. */
    public static NettyHostConfig defaults(PrivateKey key) {
        return new NettyHostConfig(
                key,
                SwarmConfig.defaults(),
                YamuxConfig.defaults(),
                64L << 20,
                Duration.ofSeconds(10),
                ConnectionGater.open(),
                List.of(Security.NOISE),
                Optional.empty());
    }

    public NettyHostConfig withSwarm(SwarmConfig value) {
        return new NettyHostConfig(key, value, yamux, receiveBytesMax, handshakeTimeout, gater,
                securities, quic);
    }

    public NettyHostConfig withYamux(YamuxConfig value) {
        return new NettyHostConfig(key, swarm, value, receiveBytesMax, handshakeTimeout, gater,
                securities, quic);
    }

    public NettyHostConfig withReceiveBytesMax(long value) {
        return new NettyHostConfig(key, swarm, yamux, value, handshakeTimeout, gater,
                securities, quic);
    }

    public NettyHostConfig withHandshakeTimeout(Duration value) {
        return new NettyHostConfig(key, swarm, yamux, receiveBytesMax, value, gater,
                securities, quic);
    }

    public NettyHostConfig withGater(ConnectionGater value) {
        return new NettyHostConfig(key, swarm, yamux, receiveBytesMax, handshakeTimeout, value,
                securities, quic);
    }

    public NettyHostConfig withSecurities(Security... values) {
        return new NettyHostConfig(key, swarm, yamux, receiveBytesMax, handshakeTimeout, gater,
                List.of(values), quic);
    }

    public NettyHostConfig withQuic(QuicConfig value) {
        return new NettyHostConfig(key, swarm, yamux, receiveBytesMax, handshakeTimeout, gater,
                securities, Optional.of(value));
    }
}

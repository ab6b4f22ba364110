package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.netty.NettyHostConfig.Security;
import io.beemesh.libp2p.quic.QuicConfig;

/** How two hosts are connected. */
public enum Wire {
    /** TCP, Noise, Yamux. */
    NOISE,
    /** TCP, TLS 1.3, Yamux. */
    TLS,
    /** QUIC v1, on Linux' own sockets where they are there. */
    QUIC;

    /** A host on loopback that speaks only this. */
    public TestHost start() {
        return start("/ip4/127.0.0.1");
    }

    /** The same at an address such as {@code /ip6/::1}. */
    public TestHost start(String ip) {
        return TestHost.start(this == QUIC ? NettySockets.fastest() : NettySockets.nio(),
                this::only, listen(ip));
    }

    /** Any port at an address such as {@code /ip6/::1}. */
    public String listen(String ip) {
        return ip + (this == QUIC ? "/udp/0/quic-v1" : "/tcp/0");
    }

    NettyHostConfig only(NettyHostConfig config) {
        return switch (this) {
            case NOISE -> config;
            case TLS -> config.withSecurities(Security.TLS);
            case QUIC -> config.withQuic(QuicConfig.defaults());
        };
    }
}

package io.beemesh.libp2p.netty;

import io.beemesh.libp2p.netty.NettyHostConfig.Security;
import io.beemesh.libp2p.quic.QuicConfig;

/** How two hosts are connected. */
public enum Wire {
    /** TCP, Noise, Yamux. */
    NOISE,
    /** TCP, TLS 1.3, Yamux. */
    TLS,
    /** QUIC v1. */
    QUIC;

    /** A host on loopback that speaks only this. */
    public TestHost start() {
        return switch (this) {
            case NOISE -> TestHost.start();
            case TLS -> TestHost.start(config -> config.withSecurities(Security.TLS),
                    "/ip4/127.0.0.1/tcp/0");
            case QUIC -> TestHost.start(config -> config.withQuic(QuicConfig.defaults()),
                    "/ip4/127.0.0.1/udp/0/quic-v1");
        };
    }
}

package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.noise.NoiseIdentity;
import io.beemesh.libp2p.yamux.ReceiveBudget;
import io.beemesh.libp2p.yamux.YamuxConfig;
import java.time.Duration;

/**
 * What all connections of a host share.
 *
 * @param loop where they live
 * @param identity proves who this host is
 * @param buffers scratch space
 * @param yamux bounds of each connection's streams
 * @param budget bounds of all streams together
 * @param handshakeTimeout from the first byte to an upgraded connection
 */
public record UpgradeContext(
        Loop loop,
        NoiseIdentity identity,
        UpgradeBuffers buffers,
        YamuxConfig yamux,
        ReceiveBudget budget,
        Duration handshakeTimeout) {}

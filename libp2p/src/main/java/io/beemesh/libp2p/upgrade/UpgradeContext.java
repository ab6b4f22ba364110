package io.beemesh.libp2p.upgrade;

import io.beemesh.libp2p.Loop;
import io.beemesh.libp2p.yamux.ReceiveBudget;
import io.beemesh.libp2p.yamux.YamuxConfig;
import java.time.Duration;
import java.util.List;

/**
 * What all connections of a host share.
 *
 * @param loop where they live
 * @param securities the ways to prove who this host is, in order of preference
 * @param buffers scratch space
 * @param yamux bounds of each connection's streams
 * @param budget bounds of all streams together
 * @param handshakeTimeout from the first byte to an upgraded connection
 */
public record UpgradeContext(
        Loop loop,
        List<SecurityProtocol> securities,
        UpgradeBuffers buffers,
        YamuxConfig yamux,
        ReceiveBudget budget,
        Duration handshakeTimeout) {
    public UpgradeContext {
        securities = List.copyOf(securities);
    }

    /** The same for links that others can reach. */
    public UpgradeContext sealing() {
        return new UpgradeContext(loop,
                securities.stream().filter(SecurityProtocol::seals).toList(), buffers, yamux,
                budget, handshakeTimeout);
    }

    /** The same for links within links. */
    public UpgradeContext nested() {
        return new UpgradeContext(loop, securities, buffers.nested(), yamux, budget,
                handshakeTimeout);
    }
}

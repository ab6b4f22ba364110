package io.beemesh.libp2p.swarm;

import java.time.Duration;

/**
 * Bounds and times of a swarm.
 *
 * @param agentVersion what identify says this is
 * @param connectionsHigh above this, idle connections are closed
 * @param connectionsLow until this many are left
 * @param connectionsMax inbound connections beyond this are refused at once
 * @param connectionsPerPeerMax more of one peer are refused
 * @param dialsMax peers dialed at a time; others wait
 * @param negotiationTimeout to agree on the protocol of a stream
 * @param portReuse dial from the port that listens, so that the address others see can be dialed; for
 *     hosts behind a NAT
 * @param grace connections younger than this are not trimmed
 */
public record SwarmConfig(
        String agentVersion,
        int connectionsHigh,
        int connectionsLow,
        int connectionsMax,
        int connectionsPerPeerMax,
        int dialsMax,
        Duration negotiationTimeout,
        Duration grace,
        boolean portReuse) {
    public SwarmConfig {
        if (connectionsLow < 1 || connectionsLow > connectionsHigh
                || connectionsHigh > connectionsMax) {
            throw new IllegalArgumentException(
                    "need 1 <= connectionsLow <= connectionsHigh <= connectionsMax, got "
                            + connectionsLow + ", " + connectionsHigh + ", " + connectionsMax);
        }
        if (connectionsPerPeerMax < 1 || dialsMax < 1) {
            throw new IllegalArgumentException(
                    "connectionsPerPeerMax and dialsMax must be positive");
        }
        if (negotiationTimeout.isNegative() || negotiationTimeout.isZero() || grace.isNegative()) {
            throw new IllegalArgumentException(
                    "negotiationTimeout must be positive, grace not negative");
        }
    }

    /** Trims to 160 beyond 192, refuses beyond 256, 8 a peer, 32 dials, 10 s to negotiate, 20 s of grace. */
    public static SwarmConfig defaults() {
        return new SwarmConfig(
                "beemesh-libp2p/0.1.0", 192, 160, 256, 8, 32, Duration.ofSeconds(10),
                Duration.ofSeconds(20), false);
    }

    public SwarmConfig withAgentVersion(String value) {
        return new SwarmConfig(
                value, connectionsHigh, connectionsLow, connectionsMax, connectionsPerPeerMax,
                dialsMax,
                negotiationTimeout, grace, portReuse);
    }

    public SwarmConfig withConnections(int low, int high, int max) {
        return new SwarmConfig(
                agentVersion, high, low, max, connectionsPerPeerMax, dialsMax, negotiationTimeout,
                grace, portReuse);
    }

    public SwarmConfig withTimes(Duration negotiation, Duration trimGrace) {
        return new SwarmConfig(
                agentVersion, connectionsHigh, connectionsLow, connectionsMax,
                connectionsPerPeerMax, dialsMax,
                negotiation, trimGrace, portReuse);
    }

    public SwarmConfig withPortReuse(boolean value) {
        return new SwarmConfig(
                agentVersion, connectionsHigh, connectionsLow, connectionsMax,
                connectionsPerPeerMax, dialsMax, negotiationTimeout, grace, value);
    }
}

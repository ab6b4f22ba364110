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
 * @param addressShare the share of {@code connectionsMax} that inbound connections of one IPv4 address or one IPv6
 *     network (/56) may take, loopback excepted; at least {@code connectionsPerPeerMax}. 1 where all peers are
 *     behind one address
 * @param dialsMax peers dialed at a time; others wait
 * @param dialBackOffMax how long a peer that could not be dialed is left alone at most; doubles from 1 s
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
        double addressShare,
        int dialsMax,
        Duration dialBackOffMax,
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
        if (!(addressShare >= 0 && addressShare <= 1)) {
            throw new IllegalArgumentException("addressShare must be 0 to 1: " + addressShare);
        }
        if (dialBackOffMax.compareTo(Dialer.BACK_OFF_FIRST) < 0) {
            throw new IllegalArgumentException(
                    "dialBackOffMax must be at least 1 s: " + dialBackOffMax);
        }
        if (negotiationTimeout.isNegative() || negotiationTimeout.isZero() || grace.isNegative()) {
            throw new IllegalArgumentException(
                    "negotiationTimeout must be positive, grace not negative");
        }
    }

    /** Trims to 160 beyond 192, refuses beyond 256, 8 a peer, 64 an address, 32 dials, a minute of back-off at most, 10 s to negotiate, 20 s of grace. */
    public static SwarmConfig defaults() {
        return new SwarmConfig(
                "beemesh-libp2p/0.1.0", 192, 160, 256, 8, 0.25, 32, Duration.ofMinutes(1),
                Duration.ofSeconds(10),
                Duration.ofSeconds(20), false);
    }

    /** Inbound connections of one address beyond this are refused. */
    int connectionsPerAddressMax() {
        return Math.max(connectionsPerPeerMax, (int) (addressShare * connectionsMax));
    }

    public SwarmConfig withAgentVersion(String value) {
        return new SwarmConfig(
                value, connectionsHigh, connectionsLow, connectionsMax, connectionsPerPeerMax,
                addressShare, dialsMax, dialBackOffMax,
                negotiationTimeout, grace, portReuse);
    }

    public SwarmConfig withConnections(int low, int high, int max) {
        return new SwarmConfig(
                agentVersion, high, low, max, connectionsPerPeerMax, addressShare, dialsMax,
                dialBackOffMax,
                negotiationTimeout,
                grace, portReuse);
    }

    public SwarmConfig withAddressShare(double value) {
        return new SwarmConfig(
                agentVersion, connectionsHigh, connectionsLow, connectionsMax,
                connectionsPerPeerMax, value, dialsMax, dialBackOffMax, negotiationTimeout, grace,
                portReuse);
    }

    public SwarmConfig withTimes(Duration negotiation, Duration trimGrace) {
        return new SwarmConfig(
                agentVersion, connectionsHigh, connectionsLow, connectionsMax,
                connectionsPerPeerMax, addressShare, dialsMax, dialBackOffMax,
                negotiation, trimGrace, portReuse);
    }

    public SwarmConfig withPortReuse(boolean value) {
        return new SwarmConfig(
                agentVersion, connectionsHigh, connectionsLow, connectionsMax,
                connectionsPerPeerMax, addressShare, dialsMax, dialBackOffMax, negotiationTimeout,
                grace, value);
    }

    public SwarmConfig withDialBackOffMax(Duration value) {
        return new SwarmConfig(
                agentVersion, connectionsHigh, connectionsLow, connectionsMax,
                connectionsPerPeerMax, addressShare, dialsMax, value, negotiationTimeout, grace,
                portReuse);
    }
}
